// One purge on screen: what is asked for, its plan, how far it is, and what it left.
import {
  ask,
  failureOf,
  type Event,
  type Failure,
  type Kept,
  type Purge,
  type PurgeScope,
  type QuotaView,
} from "../../backend";
import { Latest } from "../../state/latest";
import { notices } from "../../state/notices.svelte";

/** What a purge of sent items or of the bin is asked with. */
export interface Choice {
  days: number;
  keepFlagged: boolean;
  keepUnknownFate: boolean;
  keepUnfiled: boolean;
  keepLocal: boolean;
}

/** What was asked for: which messages, of which box. */
export type About =
  | { readonly of: "sent" }
  | { readonly of: "trash" }
  | { readonly of: "chosen"; readonly messages: readonly number[] };

export function scopeOf(about: About, choice: Choice): PurgeScope {
  if (about.of === "chosen") return { of: "chosen", messages: [...about.messages] };
  if (about.of === "trash") return { of: "trash", olderThanDays: choice.days };
  const { days: olderThanDays, keepFlagged, keepUnknownFate, keepUnfiled } = choice;
  return { of: "sent", olderThanDays, keepFlagged, keepUnknownFate, keepUnfiled };
}

/** How many messages these lines are about. */
export function sum(lines: readonly Kept[]): number {
  return lines.reduce((all, { count }) => all + count, 0);
}

/** Minutes that remain at the pace so far; `null`: too early to say. */
export function minutesLeft(startedAt: string | null, now: Date, done: number, total: number): number | null {
  if (!startedAt || done < 20 || done >= total) return null;
  const spent = now.getTime() - Date.parse(startedAt);
  return spent < 2000 ? null : Math.max(1, Math.round((spent * (total - done)) / done / 60_000));
}

export class Work {
  plan = $state.raw<Purge | null>(null);
  quota = $state.raw<QuotaView | null>(null);
  failure = $state.raw<Failure | null>(null);
  planning = $state(false);
  busy = $state(false);
  /** What is asked for; `null`: a purge that is known already and has begun. */
  about = $state.raw<About | null>(null);
  /** One that was suspended, and may be taken up again instead. */
  suspended = $state.raw<Purge | null>(null);
  choice = $state<Choice>({ days: 30, keepFlagged: true, keepUnknownFate: true, keepUnfiled: true, keepLocal: true });
  private readonly plans = new Latest();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly account: number,
    about: About | null,
  ) {
    this.about = about;
    if (about?.of === "trash") this.choice.days = 0;
    if (about?.of !== "sent") this.choice.keepLocal = false;
  }

  async readQuota(): Promise<void> {
    const quota = await notices.attempt(() => ask("quota_get", { account: this.account }));
    if (quota) this.quota = quota;
  }

  /** Shows one that is under way on this box, else makes a plan. */
  async begin(known: number | null): Promise<void> {
    void this.readQuota();
    if (known !== null) {
      await this.read(known);
      if (this.plan?.state === "planned") this.takeAsAsked(this.plan);
      return;
    }
    const all = await notices.attempt(() => ask("purge_list", { account: this.account }));
    const going = all?.find(({ state }) => state === "running");
    if (going) {
      this.plan = going;
      return;
    }
    this.suspended = all?.find(({ state, left }) => state === "stopped" && left > 0) ?? null;
    await this.replan();
  }

  /** A plan that something else made, as a schedule does, is shown as if it had been asked for here. */
  private takeAsAsked({ scope, keepLocal }: Purge): void {
    this.about = scope.of === "chosen" ? { of: "chosen", messages: [] } : { of: scope.of };
    this.choice.keepLocal = keepLocal;
    if (scope.of !== "chosen") this.choice.days = scope.olderThanDays;
    if (scope.of === "sent") {
      const { keepFlagged, keepUnknownFate, keepUnfiled } = scope;
      Object.assign(this.choice, { keepFlagged, keepUnknownFate, keepUnfiled });
    }
  }

  /** Takes the suspended one up again. */
  async takeUp(): Promise<void> {
    if (!this.suspended) return;
    this.plan = this.suspended;
    this.suspended = null;
    await this.start();
  }

  async replan(): Promise<void> {
    if (!this.about) return;
    const scope = scopeOf(this.about, this.choice);
    const { keepLocal } = this.choice;
    this.planning = true;
    this.failure = null;
    try {
      const plan = await this.plans.of(() => ask("purge_plan", { account: this.account, scope, keepLocal }));
      if (!plan) return;
      this.plan = plan;
    } catch (thrown) {
      this.plan = null;
      this.failure = failureOf(thrown);
    }
    this.planning = false;
  }

  async read(purge: number): Promise<void> {
    const plan = await notices.attempt(() => ask("purge_get", { purge }));
    if (plan) this.plan = plan;
  }

  private async run(step: "purge_start" | "purge_stop"): Promise<void> {
    const { plan } = this;
    if (!plan || this.busy) return;
    this.busy = true;
    this.failure = null;
    try {
      this.plan = await ask(step, { purge: plan.id });
    } catch (thrown) {
      this.failure = failureOf(thrown);
      await this.read(plan.id);
    } finally {
      this.busy = false;
    }
  }

  start(): Promise<void> {
    return this.run("purge_start");
  }

  stop(): Promise<void> {
    return this.run("purge_stop");
  }

  hear(event: Event): void {
    if (event.event === "quota" && event.account === this.account) void this.readQuota();
    if (event.event !== "purge" || event.purge !== this.plan?.id) return;
    const { plan } = this;
    // How far it is shows at once; the rest is asked for a little later.
    this.plan = { ...plan, done: Math.max(plan.done, Math.min(event.done, event.total)) };
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      void this.read(plan.id);
    }, 300);
  }

  close(): void {
    clearTimeout(this.timer);
    this.plans.forget();
  }
}
