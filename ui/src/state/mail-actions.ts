// What is done to messages, from the list as from the reader: shown at once, told to the core, taken back by Ctrl Z.
import { ask, type Flag, type Row } from "../backend";
import { text } from "../text";
import { mailbox } from "./mailbox.svelte";
import { notices } from "./notices.svelte";
import { session } from "./session.svelte";

const ids = (rows: readonly Row[]): number[] => rows.map(({ id }) => id);

/** Done as it is shown, or said why not and shown as it was; whether it was done. */
export async function told(run: () => Promise<unknown>): Promise<boolean> {
  const done = await notices.attempt(async () => {
    await run();
    return true;
  });
  if (!done) mailbox.refresh();
  return done === true;
}

/** Marks as read or not read. */
export async function setSeen(rows: readonly Row[], on: boolean): Promise<void> {
  const concerned = rows.filter(({ seen }) => seen !== on);
  if (concerned.length === 0) return;
  mailbox.amend(ids(concerned), { seen: on });
  await told(() => ask("message_flag", { messages: ids(concerned), flag: "seen" satisfies Flag, on }));
}

/** Follows, or no longer. */
export async function setFlagged(rows: readonly Row[], on: boolean): Promise<void> {
  const concerned = rows.filter(({ flagged }) => flagged !== on);
  if (concerned.length === 0) return;
  mailbox.amend(ids(concerned), { flagged: on });
  await told(() => ask("message_flag", { messages: ids(concerned), flag: "flagged" satisfies Flag, on }));
}

function backWhereTheyWere(rows: readonly Row[]): () => Promise<void> {
  const byFolder = new Map<number, number[]>();
  for (const row of rows) byFolder.set(row.folder, [...(byFolder.get(row.folder) ?? []), row.id]);
  return async () => {
    for (const [folder, messages] of byFolder) await ask("message_move", { messages, folder });
    mailbox.refresh();
  };
}

/** Moves to a folder of the same BAL. */
export async function moveTo(rows: readonly Row[], folder: number): Promise<void> {
  const concerned = rows.filter((row) => row.folder !== folder);
  if (concerned.length === 0) return;
  const undo = backWhereTheyWere(concerned);
  mailbox.remove(ids(concerned));
  if (await told(() => ask("message_move", { messages: ids(concerned), folder }))) {
    const name = session.folder(folder)?.name ?? "";
    notices.say(text.list.moved(concerned.length, name), { undo });
  }
}

/** Whether deleting these would be for good: some lie in the bin already. */
export function forGood(rows: readonly Row[]): boolean {
  return rows.some((row) => session.folder(row.folder)?.role === "trash");
}

/** Moves to the bin; from the bin, deletes for good (the caller has asked first). */
export async function remove(rows: readonly Row[]): Promise<void> {
  if (rows.length === 0) return;
  const lasting = !forGood(rows);
  const undo = backWhereTheyWere(rows);
  mailbox.remove(ids(rows));
  if (await told(() => ask("message_delete", { messages: ids(rows) }))) {
    notices.say(lasting ? text.list.binned(rows.length) : text.list.deleted(rows.length), lasting ? { undo } : {});
  }
}

/** The folders where all of these may go: those of their BAL, when it is one. */
export function destinations(rows: readonly Row[]): number | null {
  const account = rows[0]?.account;
  return account !== undefined && rows.every((row) => row.account === account) ? account : null;
}
