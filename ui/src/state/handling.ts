// Who takes charge of a message: shown at once, told to the core, taken back by Ctrl Z.
import { ask, type HandlingMark, type HandlingState, type Row } from "../backend";
import { text } from "../text";
import { mailbox } from "./mailbox.svelte";
import { notices } from "./notices.svelte";
import { session } from "./session.svelte";

/** What is known of a row: who does what. */
export function markOf(row: Row): HandlingMark | null {
  return row.handling;
}

export function stateOf(row: Row): HandlingState {
  return markOf(row)?.state ?? "none";
}

/** Whether several people may read this box. */
export function isShared(account: number): boolean {
  const kind = session.account(account)?.kind;
  return kind === "CAB" || kind === "ORG";
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

/** Sets what becomes of messages. */
export async function setHandling(rows: readonly Row[], state: HandlingState): Promise<void> {
  // What somebody else has taken may be taken too: both facts stay.
  const others = (row: Row): boolean => state === "taken" && markOf(row)?.byName !== session.identity?.name;
  const concerned = rows.filter((row) => stateOf(row) !== state || markOf(row)?.conflict || others(row));
  if (concerned.length === 0) return;
  for (const row of concerned) mailbox.amend([row.id], { handling: marked(row, state) });
  const done = await notices.attempt(() => ask("handling_set", { messages: concerned.map(({ id }) => id), state, for: null, note: null }));
  if (!done) return mailbox.refresh();
  notices.say(text.handling.told[state], {
    undo: async () => {
      const before = new Map<HandlingState, number[]>();
      for (const row of concerned) before.set(stateOf(row), [...(before.get(stateOf(row)) ?? []), row.id]);
      for (const [was, messages] of before) await ask("handling_set", { messages, state: was, for: null, note: null });
      mailbox.refresh();
    },
  });
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

const TITLES = /^(dr|pr|me|mme|m\.|mlle)$/i;

/** A name that fits in a row: « Dr Faure », « N. Renaud ». */
export function shortPerson(name: string): string {
  const words = name.trim().split(/\s+/);
  const last = words.at(-1) ?? "";
  const first = words[0] ?? "";
  if (words.length < 2) return last;
  return TITLES.test(first) ? `${first} ${last}` : `${first.charAt(0).toUpperCase()}. ${last}`;
}
