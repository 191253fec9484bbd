// Whether Pro Santé Connect answers, and by which ways: said at the foot of the screens before the inbox.
import { ask, failedBy, type ProviderCheck } from "../backend";

class ProviderState {
  check = $state.raw<ProviderCheck | null>(null);
  /** No way to Pro Santé Connect is set. */
  unset = $state(false);
  private asking: Promise<void> | null = null;

  /** Whether the two digits may be offered: until the answer has come, they may. */
  get phone(): boolean {
    return this.check === null || !this.check.available || this.check.ciba;
  }

  /** Asks; several at once make one question. */
  look(): Promise<void> {
    this.asking ??= this.run().finally(() => (this.asking = null));
    return this.asking;
  }

  private async run(): Promise<void> {
    try {
      this.check = await ask("provider_check", {});
      this.unset = false;
    } catch (thrown) {
      this.unset = failedBy(thrown, "loginNotConfigured");
      this.check = { available: false, ciba: false };
    }
  }
}

export const provider = new ProviderState();
