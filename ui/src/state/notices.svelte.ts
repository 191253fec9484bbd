// What the window says in passing: done things that can be undone, and failures.
import { failureOf, type Failure } from "../backend";

/** One line at the bottom right. */
export interface Toast {
  readonly id: number;
  readonly text: string;
  /** What Ctrl Z would do while it is shown. */
  readonly undo?: () => Promise<void>;
  /** Until when it can be undone, for a countdown. */
  readonly until?: string;
}

class Notices {
  toasts = $state<Toast[]>([]);
  failure = $state<Failure | null>(null);
  private next = 1;
  private timers = new Map<number, ReturnType<typeof setTimeout>>();

  /** Says something for a while. */
  say(text: string, more: { undo?: () => Promise<void>; until?: string; seconds?: number } = {}): number {
    const id = this.next++;
    const toast: Toast = { id, text, ...(more.undo && { undo: more.undo }), ...(more.until && { until: more.until }) };
    // One undo at a time: the last action is the one that Ctrl Z takes back.
    this.toasts = [...this.toasts.filter((other) => !(toast.undo && other.undo && !other.until)), toast].slice(-3);
    const left = more.until ? Math.max(0, Date.parse(more.until) - Date.now()) : (more.seconds ?? 8) * 1000;
    this.timers.set(id, setTimeout(() => this.drop(id), left));
    return id;
  }

  drop(id: number): void {
    clearTimeout(this.timers.get(id));
    this.timers.delete(id);
    this.toasts = this.toasts.filter((toast) => toast.id !== id);
  }

  /** Takes the last action back. */
  async undo(id?: number): Promise<void> {
    const toast = id === undefined ? this.toasts.findLast((each) => each.undo) : this.toasts.find((each) => each.id === id);
    if (!toast?.undo) return;
    this.drop(toast.id);
    await this.attempt(toast.undo);
  }

  /** Shows a failure until it is closed. That the profile is locked is shown by its screen alone. */
  fail(thrown: unknown): void {
    const failure = failureOf(thrown);
    if (failure.code === "locked" || failure.code === "vaultLocked") return this.onLocked();
    this.failure = failure;
  }

  /** What to do when something was asked of a locked profile. */
  onLocked: () => void = () => undefined;

  /** Drops all that was said, and what Ctrl Z would do. */
  forget(): void {
    // What waits to be dropped remembers what it is about.
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    this.toasts = [];
    this.failure = null;
  }

  /** Runs something and shows its failure; `undefined` when it failed. */
  async attempt<T>(run: () => Promise<T>): Promise<T | undefined> {
    try {
      return await run();
    } catch (thrown) {
      this.fail(thrown);
      return undefined;
    }
  }
}

export const notices = new Notices();
