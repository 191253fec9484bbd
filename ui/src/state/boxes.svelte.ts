// What is known of the life of each BAL: what warns of a full one, what its operator is about to do, what answers for it.
import { SvelteMap } from "svelte/reactivity";
import { ask, type Account, type AnswerNotice, type BoxAnnouncement, type BoxColor, type BoxLife, type Event, type QuotaWarning } from "../backend";
import { notices } from "./notices.svelte";
import { session } from "./session.svelte";

/** The colours of boxes, in the order in which they are shown. */
export const COLORS: readonly BoxColor[] = ["ink", "teal", "ochre", "plum", "green", "brick", "olive", "slate"];

/** A BAL's colour. */
export function colorOf(account: Account): BoxColor {
  return account.color;
}

class Boxes {
  warnings = $state.raw<readonly QuotaWarning[]>([]);
  /** What an operator is about to do. */
  announced = $state.raw<readonly BoxAnnouncement[]>([]);
  lives = new SvelteMap<number, BoxLife>();
  answers = new SvelteMap<number, AnswerNotice>();
  private epoch = 0;

  private async fresh<T>(run: () => Promise<T>): Promise<T | undefined> {
    const epoch = this.epoch;
    const answer = await notices.attempt(run);
    return epoch === this.epoch ? answer : undefined;
  }

  async readWarnings(): Promise<void> {
    if (!session.open) return;
    const warnings = await this.fresh(() => ask("quota_warnings", {}));
    if (warnings) this.warnings = warnings;
  }

  async readAnnounced(): Promise<void> {
    if (!session.open) return;
    const announced = await this.fresh(() => ask("box_notices", {}));
    if (announced) this.announced = announced;
  }

  async readLife(account: number): Promise<void> {
    if (!session.open) return;
    const life = await this.fresh(() => ask("box_life", { account }));
    if (life) this.lives.set(account, life);
  }

  async readAnswer(account: number): Promise<void> {
    if (!session.open) return;
    const answer = await this.fresh(() => ask("rules_answering", { account }));
    if (answer) this.answers.set(account, answer);
    else if (answer === null) this.answers.delete(account);
  }

  /** Everything, for these BALs. */
  async read(accounts: readonly number[]): Promise<void> {
    for (const known of this.lives.keys()) if (!accounts.includes(known)) this.lives.delete(known);
    for (const known of this.answers.keys()) if (!accounts.includes(known)) this.answers.delete(known);
    await Promise.all([this.readWarnings(), this.readAnnounced(), ...accounts.map((each) => this.readAnswer(each))]);
  }

  hear(event: Event): void {
    if (event.event === "quota") {
      void this.readWarnings();
      void session.readAccounts();
    } else if (event.event === "boxLife") {
      void this.readAnnounced();
      if (this.lives.has(event.account)) void this.readLife(event.account);
    } else if (event.event === "rules") void this.readAnswer(event.account);
  }

  forget(): void {
    this.epoch += 1;
    this.warnings = [];
    this.announced = [];
    this.lives.clear();
    this.answers.clear();
  }
}

export const boxes = new Boxes();
