// Who takes charge of a message: shown at once, told to the core, taken back by Ctrl Z.
import { ask, type Handling, type HandlingMark, type HandlingState, type Row, type Scope } from "../backend";
import { text } from "../text";
import { told } from "./mail-actions";
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

/** Under which name the person here says something: who is logged in, else whose profile it is. */
function me(): string | null {
  return session.identity?.name ?? session.status?.profile.person ?? null;
}

function marked(row: Row, state: HandlingState): HandlingMark {
  const before = markOf(row);
  return {
    state,
    byName: state === "none" ? null : me(),
    forName: before?.forName ?? null,
    conflict: false,
    note: before?.note ?? false,
  };
}

/** What undoes what was said of a row. What somebody else has taken is theirs again once one's own word is taken back. */
function before(row: Row): HandlingState {
  const mark = markOf(row);
  const others = mark?.state === "taken" && !mark.conflict && mark.byName !== null && mark.byName !== me();
  return others ? "none" : stateOf(row);
}

/** Whether a row is dealt with once this is said of it: not while somebody else has it too. */
function settles(row: Row, state: HandlingState): boolean {
  const mark = markOf(row);
  if (state !== "done" && state !== "none") return false;
  return !mark?.conflict && (mark?.state !== "taken" || mark.byName === me());
}

/** The most messages that one command takes. */
const MOST = 500;
const HANDLING_STATES: readonly HandlingState[] = ["none", "todo", "taken", "done"];

/** Says it of all of these, however many they are. */
async function say(rows: readonly Row[], state: HandlingState | null, whom: string | null = null): Promise<void> {
  for (let from = 0; from < rows.length; from += MOST) {
    const messages = rows.slice(from, from + MOST).map(({ id }) => id);
    await ask("handling_set", { messages, state, for: whom, note: null });
  }
}

/** Sets what becomes of messages. Where only what is left is shown, what is dealt with leaves. */
export async function setHandling(rows: readonly Row[], state: HandlingState): Promise<void> {
  // What somebody else has taken may be taken too: both facts stay.
  const others = (row: Row): boolean => state === "taken" && markOf(row)?.byName !== me();
  const concerned = rows.filter((row) => stateOf(row) !== state || markOf(row)?.conflict || others(row));
  if (concerned.length === 0) return;
  for (const row of concerned) mailbox.amend([row.id], { handling: marked(row, state) });
  const leave = mailbox.todo ? concerned.filter((row) => settles(row, state)).map(({ id }) => id) : [];
  if (leave.length > 0) mailbox.remove(leave);
  const list = mailbox.todo ? mailbox.scope : null;
  if (!(await told(() => say(concerned, state)))) return;
  const left = new Set(leave);
  notices.say(text.handling.told[state], {
    undo: async () => {
      for (const was of HANDLING_STATES) await say(concerned.filter((row) => before(row) === was), was);
      await back(concerned.find(({ id }) => left.has(id)));
    },
  });
  if (list && leave.length < concerned.length) for (const id of await gone(concerned, list)) left.add(id);
}

/** What has left what is shown by what was just said of it; where it was open, the next one opens. */
async function gone(rows: readonly Row[], list: Scope): Promise<number[]> {
  await mailbox.refreshNow();
  if (!mailbox.todo || list !== mailbox.scope) return [];
  return mailbox.goOn(rows.map(({ id }) => id));
}

/** What had left is where it was, and open as it was, unless one is elsewhere meanwhile. */
async function back(row: Row | undefined): Promise<void> {
  await mailbox.refreshNow();
  if (row && mailbox.todo) mailbox.reopen(row.id);
}

/** Entrusts to somebody by name; to nobody in particular any more when it is empty. */
export async function entrust(rows: readonly Row[], name: string): Promise<void> {
  if (rows.length === 0) return;
  const list = mailbox.todo ? mailbox.scope : null;
  const fresh = (row: Row): boolean => stateOf(row) === "none";
  const done = await told(async () => {
    // Somebody is to treat it: it is to be treated.
    await say(rows.filter(fresh), name === "" ? null : "todo", name);
    await say(rows.filter((row) => !fresh(row)), null, name);
  });
  if (!done) return;
  const left = new Set<number>();
  notices.say(text.handling.entrusted(rows.length, name), {
    undo: async () => {
      for (const row of rows) await say([row], fresh(row) ? "none" : null, markOf(row)?.forName ?? "");
      await back(rows.find(({ id }) => left.has(id)));
    },
  });
  // What is somebody else's from now on leaves what is for me.
  if (!list) return mailbox.refresh();
  for (const id of await gone(rows, list)) left.add(id);
}

/** Takes charge; those one has taken already are let go. */
export function toggleTaken(rows: readonly Row[]): Promise<void> {
  const name = me();
  const mine = rows.every((row) => stateOf(row) === "taken" && markOf(row)?.byName === name && !markOf(row)?.conflict);
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
