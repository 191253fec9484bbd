// Beginning to write: a draft is stored first, then shown.
import { ask, type DraftFrom } from "../backend";
import { mailbox } from "./mailbox.svelte";
import { notices } from "./notices.svelte";
import { route } from "./route.svelte";

function accountOfScope(): number | null {
  if (mailbox.scope.of === "account") return mailbox.scope.account;
  return null;
}

/** Begins a message, blank or about another. */
export async function write(from: DraftFrom = "blank", about: number | null = null): Promise<void> {
  const account = about === null ? accountOfScope() : null;
  const draft = await notices.attempt(() => ask("draft_new", { account, from, about }));
  if (draft) route.write(draft.id);
}
