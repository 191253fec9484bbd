// What a script answers about who takes charge of what: by several people of one box, each at their own workstation.
import type { Commands, Event, Fact, Handling, HandlingMark, HandlingState, Person, Row, ToHandle } from "../backend";
import { NATIONAL_ID } from "./entry";

/** How the story begins. */
export interface HandledStart {
  /** The secretary has sorted for four doctors; or a doctor alone kept something for later; or nothing is to be dealt with. */
  readonly sorted?: "several" | "alone" | "nothing";
  readonly carried?: Handling["carried"];
}

type Names = "handling_get" | "handling_set" | "handling_people" | "handling_support";
type Handlers = { [N in Names]: (argument: Commands[N]["argument"]) => Commands[N]["answer"] };

export const ELISE: Person = { id: NATIONAL_ID, name: "Dr Élise Martin" };
export const NORA: Person = { id: "899700000018", name: "Nora Renaud" };
const DENIS: Person = { id: "899700000026", name: "Dr Denis Faure" };
const CLAIRE: Person = { id: "899700000034", name: "Dr Claire Roux" };
const HUGO: Person = { id: "899700000042", name: "Dr Hugo Lemoine" };
const NOTHING: Handling = { state: "none", by: null, for: null, at: null, note: null, facts: [], conflict: false, carried: "server" };

/** What nobody deals with any more: the bin, and unwanted mail. */
const APART = [6, 7];

export class Handled {
  private known = new Map<number, Handling>();

  constructor(
    private readonly start: HandledStart,
    private readonly me: () => Person,
    private readonly emit: (event: Event) => void,
    private readonly asked: unknown[],
  ) {
    if (start.sorted === "several") {
      // Sorted at half past eight: three for one doctor, the others for three more, one for whoever comes first.
      const sorted: readonly [number, Person | null][] = [[1022, ELISE], [1029, null], [1036, DENIS], [1043, ELISE], [1050, CLAIRE], [1057, HUGO], [1064, ELISE]];
      for (const [message, whom] of sorted) this.say(message, NORA, { state: "todo", ...(whom && { whom: whom.name }) }, "2026-11-17T08:30:00+01:00");
    } else if (start.sorted === "alone") {
      this.say(1002, ELISE, { state: "todo" });
      this.say(1004, ELISE, { state: "taken" });
    }
  }

  /** The message as those who share the box see it: some were taken before the story begins. */
  of(message: number): Handling {
    const known = this.known.get(message);
    if (known) return known;
    const carried = this.start.carried ?? "server";
    if (this.start.sorted === "alone" || this.start.sorted === "nothing") return { ...NOTHING, carried };
    const fact = (by: Person, state: HandlingState, at: string): Fact => ({ by, what: { is: "state", state }, at });
    // The second row: taken; the fourth: for somebody; the ninth: by two; the sixteenth: done.
    if (message === 1001) {
      const at = "2026-11-17T08:55:00+01:00";
      return { ...NOTHING, carried, state: "taken", by: NORA, at, note: "Rappeler la famille mardi matin", facts: [fact(NORA, "taken", at), { by: NORA, what: { is: "note", note: "Rappeler la famille mardi matin" }, at }] };
    }
    if (message === 1003) {
      return { ...NOTHING, carried, state: "todo", for: DENIS, at: "2026-11-17T08:30:00+01:00", facts: [fact(NORA, "todo", "2026-11-17T08:30:00+01:00"), { by: NORA, what: { is: "for", name: DENIS.name }, at: "2026-11-17T08:30:00+01:00" }] };
    }
    if (message === 1008) {
      return { ...NOTHING, carried, state: "taken", by: DENIS, at: "2026-11-17T08:44:00+01:00", conflict: true, facts: [fact(NORA, "taken", "2026-11-17T08:43:50+01:00"), fact(DENIS, "taken", "2026-11-17T08:44:00+01:00")] };
    }
    if (message === 1015) return { ...NOTHING, carried, state: "done", by: ELISE, at: "2026-11-17T08:20:00+01:00", facts: [fact(ELISE, "done", "2026-11-17T08:20:00+01:00")] };
    return { ...NOTHING, carried };
  }

  /** A row with its mark. */
  row(row: Row): Row {
    const { state, by, for: whom, conflict, note } = this.of(row.id);
    const mark: HandlingMark | null =
      state === "none" && !note ? null : { state, byName: by?.name ?? null, forName: whom?.name ?? null, conflict, note: note !== null };
    return { ...row, handling: mark };
  }

  /** Whether somebody still has to deal with it; with `mine`, whether the person here has. */
  waits({ id, folder }: Row, which: "open" | "mine"): boolean {
    const { state, by, for: whom, conflict } = this.of(id);
    if (APART.includes(folder % 100) || (state !== "todo" && state !== "taken" && !conflict)) return false;
    const me = this.me();
    const mine = state === "taken" ? by?.id === me.id : whom === null || whom.name === me.name;
    return which === "open" || mine;
  }

  count(rows: readonly Row[]): ToHandle {
    return { open: rows.filter((row) => this.waits(row, "open")).length, mine: rows.filter((row) => this.waits(row, "mine")).length };
  }

  /** Somebody says something of a message, here or elsewhere. */
  private say(message: number, by: Person, { state, whom, note }: { state?: HandlingState; whom?: string; note?: string }, at = "2026-11-17T09:11:00+01:00"): void {
    const before = this.of(message);
    const facts: Fact[] = [...before.facts];
    if (state !== undefined) facts.push({ by, what: { is: "state", state }, at });
    if (whom !== undefined) facts.push({ by, what: { is: "for", name: whom || null }, at });
    if (note !== undefined) facts.push({ by, what: { is: "note", note }, at });
    // Who takes their own word back leaves it to whom else has taken it.
    const others = facts.filter((fact) => fact.by.id !== by.id && fact.what.is === "state").at(-1);
    const theirs = state === "none" && others?.what.is === "state" && others.what.state === "taken" ? others : null;
    this.known.set(message, {
      ...before,
      facts,
      conflict: false,
      ...(state !== undefined && { state, by: state === "none" ? null : by, at }),
      ...(theirs && { state: "taken" as const, by: theirs.by, at: theirs.at }),
      ...(whom !== undefined && { for: whom ? { id: null, name: whom } : null }),
      ...(note !== undefined && { note: note || null }),
    });
  }

  /** Somebody else takes a message, elsewhere. */
  somebodyTakes(message: number): void {
    const before = this.of(message);
    const other = before.state === "taken" && before.by?.id !== NORA.id;
    this.say(message, NORA, { state: "taken" }, "2026-11-17T09:10:30+01:00");
    if (other) this.known.set(message, { ...this.of(message), conflict: true });
    this.emit({ event: "handling", account: 2 });
  }

  /** The secretary entrusts a message, elsewhere. */
  somebodyEntrusts(message: number, name: string): void {
    this.say(message, NORA, { state: "todo", whom: name }, "2026-11-17T09:10:40+01:00");
    this.emit({ event: "handling", account: 2 });
  }

  handlers(): Handlers {
    return {
      handling_get: ({ message }) => this.of(message),
      handling_set: ({ messages, state, for: whom, note }) => {
        this.asked.push({ messages, state, for: whom, note });
        for (const message of messages)
          this.say(message, this.me(), { ...(state !== null && { state }), ...(whom !== null && { whom }), ...(note !== null && { note }) });
        this.emit({ event: "handling", account: 2 });
        return {};
      },
      handling_people: () => (this.start.sorted === "several" ? [NORA, DENIS, ELISE, CLAIRE, HUGO] : [NORA, DENIS, ELISE]),
      handling_support: () => this.start.carried ?? "server",
    };
  }
}
