// What is known of the journal's soundness and of how long it is kept: shown by the journal and by the settings.
import { ask, type JournalSettings, type Verification } from "../backend";
import { notices } from "./notices.svelte";
import { session } from "./session.svelte";

class Proof {
  /** What the last verification found. */
  verification = $state.raw<Verification | null>(null);
  settings = $state.raw<JournalSettings | null>(null);
  verifying = $state(false);
  /** How far the verification under way has come. */
  progress = $state.raw<{ readonly done: number; readonly total: number } | null>(null);
  /** Grows when everything is forgotten: an answer to an older question is dropped. */
  private epoch = 0;

  constructor() {
    session.on((event) => {
      if (event.event === "journalProgress" && this.verifying) this.progress = { done: event.done, total: event.total };
    });
    session.onForget(() => this.forget());
  }

  /** Verifies the whole journal; what was found before stays until then. */
  async verify(): Promise<void> {
    if (this.verifying) return;
    this.verifying = true;
    this.progress = null;
    const epoch = this.epoch;
    const found = await notices.attempt(() => ask("journal_verify", {}));
    if (epoch !== this.epoch) return;
    this.verifying = false;
    this.progress = null;
    if (found) this.verification = found;
  }

  async readSettings(): Promise<void> {
    const epoch = this.epoch;
    const settings = await notices.attempt(() => ask("journal_settings", {}));
    if (settings && epoch === this.epoch) this.settings = settings;
  }

  forget(): void {
    this.epoch += 1;
    this.verification = null;
    this.settings = null;
    this.verifying = false;
    this.progress = null;
  }
}

export const proof = new Proof();
