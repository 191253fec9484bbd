// The traces on screen: which filter, which are known, which is open.
import { ask, type JournalFilter, type Trace, type Verification } from "../../backend";
import { CHUNK, Layout } from "../../state/layout";
import { notices } from "../../state/notices.svelte";
import { daysBefore, writtenDay } from "../../text/dates";

const HEIGHTS = { row: 36, heading: 29 };

export const NO_FILTER: JournalFilter = {
  since: null,
  until: null,
  bal: null,
  author: null,
  action: null,
  failures: false,
  messageId: null,
};

/** The first instant of a period of whole days that ends today; `null`: since ever. */
export function sinceDays(days: number, now: Date): string | null {
  if (days === 0) return null;
  const first = daysBefore(now, days - 1);
  return new Date(first.getFullYear(), first.getMonth(), first.getDate()).toISOString();
}

export class Book {
  filter = $state<JournalFilter>(NO_FILTER);
  traces = $state.raw<readonly (Trace | undefined)[]>([]);
  total = $state(0);
  authors = $state.raw<readonly (readonly [string, string])[]>([]);
  current = $state.raw<Trace | null>(null);
  currentIndex = $state(-1);
  ready = $state(false);
  verification = $state.raw<Verification | null>(null);
  verifying = $state(false);
  private asked = new Set<number>();
  private generation = 0;
  /** A trace asked for before it is known. */
  private wanted = -1;

  readonly layout = $derived.by(() => {
    const traces = this.traces;
    return new Layout(
      this.total,
      (index) => {
        const trace = traces[index];
        return trace && writtenDay(trace.at);
      },
      HEIGHTS,
    );
  });

  async show(filter: JournalFilter): Promise<void> {
    this.filter = filter;
    this.generation += 1;
    this.asked.clear();
    this.wanted = -1;
    await this.ask(0, true);
    if (this.total === 0) {
      this.current = null;
      this.currentIndex = -1;
    } else if (!this.current || !this.traces.some((trace) => trace?.sequence === this.current?.sequence)) this.choose(0);
    else this.currentIndex = this.traces.findIndex((trace) => trace?.sequence === this.current?.sequence);
  }

  private async ask(chunk: number, anew: boolean): Promise<void> {
    const generation = this.generation;
    this.asked.add(chunk);
    const page = await notices.attempt(() =>
      ask("journal_list", { filter: $state.snapshot(this.filter), offset: chunk * CHUNK, limit: CHUNK }),
    );
    if (generation !== this.generation) return;
    this.asked.delete(chunk);
    if (!page) return;
    const traces: (Trace | undefined)[] =
      anew || page.total !== this.total ? new Array<Trace | undefined>(page.total).fill(undefined) : [...this.traces];
    page.traces.forEach((trace, place) => (traces[chunk * CHUNK + place] = trace));
    this.traces = traces;
    this.total = page.total;
    this.authors = page.authors;
    if (traces[this.wanted]) this.choose(this.wanted);
    this.ready = true;
  }

  need(from: number, to: number): void {
    for (let chunk = Math.floor(from / CHUNK); chunk <= Math.floor(to / CHUNK); chunk++) {
      if (chunk * CHUNK >= this.total || this.traces[chunk * CHUNK] || this.asked.has(chunk)) continue;
      void this.ask(chunk, false);
    }
  }

  choose(index: number): void {
    const trace = this.traces[index];
    this.wanted = trace ? -1 : index;
    if (!trace) return this.need(index, index);
    this.current = trace;
    this.currentIndex = index;
  }

  move(by: number): void {
    if (this.total > 0) this.choose(Math.min(this.total - 1, Math.max(0, this.currentIndex + by)));
  }

  async verify(): Promise<void> {
    if (this.verifying) return;
    this.verifying = true;
    const found = await notices.attempt(() => ask("journal_verify", {}));
    this.verifying = false;
    if (found) this.verification = found;
  }
}
