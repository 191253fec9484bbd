// Who takes charge of a message: shown at once, told to the core, taken back by Ctrl Z.
import { ask, type Handling, type HandlingMark, type HandlingState, type Row } from "../backend";
import { text } from "../text";
import { mailbox } from "./mailbox.svelte";
import { notices } from "./notices.svelte";
import { session } from "./session.svelte";

/** What is known of a row: who does what. */
export function markOf(row: Row): HandlingMark | null {
  return row.handling;
}

/** What a row would show of what is known of it. */
export function markIn({ state, by, for: whom, conflict, note }: Handling): HandlingMark | null {
  const shows = state !== "none" || whom !== null || conflict || note !== null;
  return shows ? { state, byName: by?.name ?? null, forName: whom?.name ?? null, conflict, note: note !== null } : null;
}

/** Whether two rows show the same. */
export function sameMark(one: HandlingMark | null, other: HandlingMark | null): boolean {
  if (!one || !other) return one === other;
  const { state, byName, forName, conflict, note } = one;
  return state === other.state && byName === other.byName && forName === other.forName && conflict === other.conflict && note === other.note;
}

export function stateOf(row: Row): HandlingState {
  return markOf(row)?.state ?? "none";
}

function marked(row: Row, state: HandlingState): HandlingMark {
  const before = markOf(row);
  return {
    state,
    byName: state === "none" ? null : (session.identity?.name ?? null),
    forName: before?.forName ?? null,
    conflict: false,
    note: before?.note ?? false,
  };
}

/** What undoes what was said of a row. What somebody else has taken is theirs again once one's own word is taken back. */
function before(row: Row): HandlingState {
  const mark = markOf(row);
  const others = mark?.state === "taken" && !mark.conflict && mark.byName !== null && mark.byName !== session.identity?.name;
  return others ? "none" : stateOf(row);
}

/** Whether a row is dealt with once this is said of it: not while somebody else has it too. */
function settles(row: Row, state: HandlingState): boolean {
  const mark = markOf(row);
  if (state !== "done" && state !== "none") return false;
  return !mark?.conflict && (mark?.state !== "taken" || mark.byName === (session.identity?.name ?? null));
}

/** Sets what becomes of messages. Where only what is left is shown, what is dealt with leaves. */
export async function setHandling(rows: readonly Row[], state: HandlingState): Promise<void> {
  // What somebody else has taken may be taken too: both facts stay.
  const others = (row: Row): boolean => state === "taken" && markOf(row)?.byName !== session.identity?.name;
  const concerned = rows.filter((row) => stateOf(row) !== state || markOf(row)?.conflict || others(row));
  if (concerned.length === 0) return;
  for (const row of concerned) mailbox.amend([row.id], { handling: marked(row, state) });
  const leave = mailbox.todo ? concerned.filter((row) => settles(row, state)).map(({ id }) => id) : [];
  if (leave.length > 0) mailbox.remove(leave);
  const done = await notices.attempt(() => ask("handling_set", { messages: concerned.map(({ id }) => id), state, for: null, note: null }));
  if (!done) return mailbox.refresh();
  notices.say(text.handling.told[state], {
    undo: async () => {
      const again = new Map<HandlingState, number[]>();
      for (const row of concerned) again.set(before(row), [...(again.get(before(row)) ?? []), row.id]);
      for (const [state, messages] of again) await ask("handling_set", { messages, state, for: null, note: null });
      await mailbox.refreshNow();
      // Back where it was, and open as it was.
      if (leave[0] !== undefined && mailbox.todo) mailbox.reopen(leave[0]);
    },
  });
}

/** Entrusts to somebody by name; to nobody in particular any more when it is empty. */
export async function entrust(rows: readonly Row[], name: string): Promise<void> {
  if (rows.length === 0) return;
  const say = (some: readonly Row[], state: HandlingState | null, whom: string): Promise<unknown> =>
    ask("handling_set", { messages: some.map(({ id }) => id), state, for: whom, note: null });
  const [unsaid, said] = [rows.filter((row) => stateOf(row) === "none"), rows.filter((row) => stateOf(row) !== "none")];
  const done = await notices.attempt(async () => {
    // Somebody is to treat it: it is to be treated.
    if (unsaid.length > 0) await say(unsaid, name === "" ? null : "todo", name);
    if (said.length > 0) await say(said, null, name);
    return true;
  });
  if (!done) return mailbox.refresh();
  notices.say(text.handling.entrusted(rows.length, name), {
    undo: async () => {
      for (const row of rows) await say([row], stateOf(row) === "none" ? "none" : null, markOf(row)?.forName ?? "");
      await mailbox.refreshNow();
      if (rows[0] && mailbox.todo) mailbox.reopen(rows[0].id);
    },
  });
  await mailbox.refreshNow();
  // What is somebody else's from now on has left what is for me.
  if (mailbox.todo) mailbox.goOn(rows.map(({ id }) => id));
}

/** Takes charge; those one has taken already are let go. */
export function toggleTaken(rows: readonly Row[]): Promise<void> {
  const me = session.identity?.name ?? null;
  const mine = rows.every((row) => stateOf(row) === "taken" && markOf(row)?.byName === me && !markOf(row)?.conflict);
  return setHandling(rows, mine ? "none" : "taken");
}

/** Done; those that are done already are not any more. */
export function toggleDone(rows: readonly Row[]): Promise<void> {
  return setHandling(rows, rows.every((row) => stateOf(row) === "done") ? "none" : "done");
}

/** To be dealt with later; those that are already so are not any more. */
export function toggleTodo(rows: readonly Row[]): Promise<void> {
  return setHandling(rows, rows.every((row) => stateOf(row) === "todo") ? "none" : "todo");
}

const TITLES = /^(dr|pr|me|mme|m\.|mlle)$/i;

/** A name that fits in a row: « Dr Faure », « N. Renaud ». */
export function shortPerson(name: string): string {
  const words = name.trim().split(/\s+/);
  const last = words.at(-1) ?? "";
  const first = words[0] ?? "";
  if (words.length < 2) return last;
  return TITLES.test(first) ? `${first} ${last}` : `${first.charAt(0).toUpperCase()}. ${last}`;
}
