// One login by Pro Santé Connect, from the question to the session: which way, how far, what went wrong, what comes next.
import { ask, failureOf, type Channel, type Code, type Failure, type LoginHint, type LoginState, type LoginWay } from "../../backend";
import { provider } from "../../state/provider.svelte";
import { session } from "../../state/session.svelte";
import { readNationalId } from "./national-id";

export type Phase = "form" | "asking" | "phone" | "browser" | "failed";

/** What the person may do after a failure, the most useful first. */
export type Gesture = "retry" | "other" | "correct" | "profile" | "provider";

const AFTER: Partial<Record<Code, readonly Gesture[]>> = {
  unknownPerson: ["correct", "other"],
  pscUnavailable: ["other", "retry"],
  portTaken: ["other", "retry"],
  phoneUnavailable: ["other"],
  otherPerson: ["profile", "retry"],
  loginNotConfigured: ["provider"],
};

/** The gestures after this failure; a login that is only late or given up is begun again the same way. */
export function gesturesAfter(code: Code): readonly Gesture[] {
  return AFTER[code] ?? ["retry", "other"];
}

/** The seconds left at which a screen reader is told; not each second. */
const TOLD = [60, 30, 10] as const;

/** Which of them stands between two looks at the countdown. */
export function toldBetween(before: number, after: number): number | null {
  return TOLD.find((mark) => before > mark && after <= mark) ?? null;
}

export class Flow {
  phase = $state<Phase>("form");
  way = $state<LoginWay>("phone");
  login = $state.raw<LoginState | null>(null);
  failure = $state.raw<Failure | null>(null);
  hint = $state.raw<LoginHint | null>(null);
  typed = $state("");
  channel = $state<Channel>("mobile");
  /** Seconds before another try is worth it, counted from {@link failedAt}. */
  readonly wait = $derived(this.failure?.code === "tooManyAttempts" ? Number(this.failure.about ?? 0) || 0 : 0);
  readonly id = $derived(readNationalId(this.typed));
  /** What came while the answer to the question was still under way. */
  private early: LoginState[] = [];
  private over = false;
  private turn = 0;

  constructor(
    private readonly ondone: (name: string) => void,
    private readonly account: number | null = null,
  ) {}

  /** Hears of this login until the function it gives back is called. */
  listen(): () => void {
    return session.on((event) => {
      if (event.event === "login") this.hear(event.login);
    });
  }

  /** Reads what is remembered; then begins at once when told which way (`last`: as the last time) and nothing is missing. */
  async open(begin: LoginWay | "last" | null): Promise<void> {
    try {
      const hint = await ask("login_hint", {});
      this.hint = hint;
      this.channel = hint.channel;
      if (this.typed === "") this.typed = hint.nationalId ?? "";
    } catch {
      // Nothing remembered: it is asked for.
    }
    if (this.over) return;
    // Nobody has logged in yet: there is no last way.
    const way = begin === "last" ? (this.hint?.nationalId || this.hint?.person ? this.hint.way : null) : begin;
    if (way === "browser") await this.browser();
    else if (way === "phone" && this.ready) await this.phone();
  }

  /** Whether the two digits can be asked for. */
  get ready(): boolean {
    return this.id.is === "good" || this.id.is === "other";
  }

  phone(): Promise<void> {
    if (!this.ready) {
      this.correct();
      return Promise.resolve();
    }
    return this.begin("phone");
  }

  browser(): Promise<void> {
    return this.begin("browser");
  }

  /** The same way again. */
  retry(): Promise<void> {
    return this.way === "phone" ? this.phone() : this.browser();
  }

  /** The other way. */
  other(): Promise<void> {
    return this.way === "phone" ? this.browser() : this.phone();
  }

  /** Back to the form, what is under way given up. */
  correct(): void {
    this.giveUp();
    this.failure = null;
    this.phase = "form";
  }

  private async begin(way: LoginWay): Promise<void> {
    if (this.over) return;
    this.giveUp();
    const turn = ++this.turn;
    this.way = way;
    this.failure = null;
    this.early = [];
    this.phase = "asking";
    const nationalId = this.id.is === "good" || this.id.is === "other" ? this.id.id : null;
    try {
      const answer = await ask("login_start", { way, nationalId, channel: this.channel, account: this.account });
      if (turn !== this.turn || this.over) {
        // Given up meanwhile.
        if (answer.state === "phone" || answer.state === "browser") void ask("login_cancel", { login: answer.login }).catch(() => undefined);
        return;
      }
      this.take(answer);
      for (const state of this.early) this.hear(state);
    } catch (thrown) {
      if (turn === this.turn) this.fail(failureOf(thrown));
    }
  }

  private take(state: LoginState): void {
    this.login = state;
    if (state.state === "phone" || state.state === "browser") this.phase = state.state;
    else if (state.state === "failed") this.fail(state.failure);
    else {
      this.over = true;
      this.ondone(state.name);
    }
  }

  private fail(failure: Failure): void {
    this.login = null;
    this.failure = failure;
    this.phase = "failed";
    if (failure.code === "phoneUnavailable" || failure.code === "pscUnavailable") void provider.look();
  }

  private hear(state: LoginState): void {
    if (this.over) return;
    if (this.phase === "asking") this.early.push(state);
    else if (this.login && state.login === this.login.login) this.take(state);
  }

  /** Tells the core that nobody waits for this login any more. */
  private giveUp(): void {
    const current = this.login;
    this.turn += 1;
    this.login = null;
    if (current?.state === "phone" || current?.state === "browser") {
      void ask("login_cancel", { login: current.login }).catch(() => undefined);
    }
  }

  /** Leaves: nothing more is heard. */
  leave(): void {
    if (this.over) return;
    this.over = true;
    this.giveUp();
  }
}
