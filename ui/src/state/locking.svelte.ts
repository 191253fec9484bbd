// Locking, unlocking, changing of profile: what leaves the window, in which order.
import { ask, type Status } from "../backend";
import { mailbox } from "./mailbox.svelte";
import { notices } from "./notices.svelte";
import { route } from "./route.svelte";
import { session } from "./session.svelte";
import { storeAll } from "./unsaved";

/** How often, at most, the core is told that the person acts. */
const REST = 10_000;

/** What the person does that counts as being there. Never what is typed or pointed at: only that it happened. */
const SIGNS = ["pointerdown", "pointermove", "wheel", "keydown", "touchstart"] as const;

/** Wires forgetting together; called once, before anything is shown. */
export function startLocking(): void {
  notices.onLocked = () => {
    if (session.open) void session.readStatus();
  };
  session.onForget((forGood) => {
    mailbox.drop(!forGood);
    if (forGood) route.reset();
    else {
      route.sheet = null;
      route.certificate = null;
    }
    // What was selected may lie in a frame or a field that is about to go.
    getSelection()?.removeAllRanges();
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  });
}

/** Locks: the screen is covered at once, what is unsaved is stored, then the core drops its keys. */
export async function lockNow(): Promise<void> {
  if (!session.open || session.hidden) return;
  // A recipient half typed is taken as typed when its field is left. What is unsaved is asked to be stored before what shows it
  // goes: the answer needs no screen.
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  const stored = storeAll();
  session.hidden = true;
  await stored;
  const done = await notices.attempt(async () => {
    await ask("lock_now", {});
    return true;
  });
  await session.readStatus();
  if (!done) session.hidden = false;
}

/** Opens by the PIN or the passphrase. Throws what the core refuses. */
export async function unlock(secret: string): Promise<void> {
  await session.take(await ask("unlock", { secret }));
}

/** Shows another profile: the one shown is stored and locked, and nothing of it stays. Throws what the core refuses. */
export async function switchProfile(profile: string): Promise<void> {
  await storeAll();
  const status: Status = await ask("profile_switch", { profile });
  await session.take(status);
}

/** Tells the core that the person acts, at most every ten seconds, while there is something to lock. */
export function watchActivity(): () => void {
  let resting = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const acted = (): void => {
    if (resting || !session.open) return;
    resting = true;
    timer = setTimeout(() => (resting = false), REST);
    // An activity that could not be told is told by the next.
    ask("activity", {}).catch(() => undefined);
  };
  for (const sign of SIGNS) window.addEventListener(sign, acted, { capture: true, passive: true });
  return () => {
    clearTimeout(timer);
    for (const sign of SIGNS) window.removeEventListener(sign, acted, { capture: true });
  };
}
