// What is known of the life of each BAL: what warns of a full one, what its operator is about to do, what answers for it.
import { SvelteMap } from "svelte/reactivity";
import { ask, type Account, type AnswerNotice, type BoxColor, type BoxLife, type Event, type QuotaWarning } from "../backend";
import { notices } from "./notices.svelte";
import { offered } from "./offered";
import { session } from "./session.svelte";

/** The colours of boxes, in the order in which they are given to those that have none. */
export const COLORS: readonly BoxColor[] = ["ink", "teal", "ochre", "plum", "green", "brick", "olive", "slate"];

/** A BAL's colour. */
export function colorOf(account: Account): BoxColor {
  return (account as { color?: BoxColor | null }).color ?? COLORS[(account.id - 1) % COLORS.length] ?? "ink";
}

class Boxes {
  warnings = $state.raw<readonly QuotaWarning[]>([]);
  lives = new SvelteMap<number, BoxLife>();
  answers = new SvelteMap<number, AnswerNotice>();
  private epoch = 0;

  private async fresh<T>(run: () => Promise<T>): Promise<T | undefined> {
    const epoch = this.epoch;
    const answer = await notices.attempt(run);
    return epoch === this.epoch ? answer : undefined;
  }

  async readWarnings(): Promise<void> {
    if (!session.open || !offered("quota_warnings")) return;
    const warnings = await this.fresh(() => ask("quota_warnings", {}));
    if (warnings) this.warnings = warnings;
  }

  async readLife(account: number): Promise<void> {
    if (!session.open || !offered("box_life")) return;
    const life = await this.fresh(() => ask("box_life", { account }));
    if (life) this.lives.set(account, life);
  }

  async readAnswer(account: number): Promise<void> {
    if (!session.open || !offered("answer_active")) return;
    const answer = await this.fresh(() => ask("answer_active", { account }));
    if (answer) this.answers.set(account, answer);
    else if (answer === null) this.answers.delete(account);
  }

  /** Everything, for these BALs. */
  async read(accounts: readonly number[]): Promise<void> {
    for (const known of this.lives.keys()) if (!accounts.includes(known)) this.lives.delete(known);
    for (const known of this.answers.keys()) if (!accounts.includes(known)) this.answers.delete(known);
    await Promise.all([this.readWarnings(), ...accounts.flatMap((each) => [this.readLife(each), this.readAnswer(each)])]);
  }

  hear(event: Event): void {
    if (event.event === "quota") {
      void this.readWarnings();
      void session.readAccounts();
    } else if (event.event === "boxLife") void this.readLife(event.account);
    else if (event.event === "rules") void this.readAnswer(event.account);
  }

  forget(): void {
    this.epoch += 1;
    this.warnings = [];
    this.lives.clear();
    this.answers.clear();
  }
}

export const boxes = new Boxes();
