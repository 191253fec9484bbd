// The traces on screen: which filter, which are known, which is chosen. It lives as long as the profile is open, so that
// one comes back to the journal as one left it.
import { ask, type JournalFilter, type JournalKnown, type Trace } from "../../backend";
import { DayLayout, fitDays, type DayCount } from "../../state/days";
import { CHUNK } from "../../state/layout";
import { notices } from "../../state/notices.svelte";
import { session } from "../../state/session.svelte";
import { FIRST_CHOICE, filterOf, inverted, sameFilter, type Chosen } from "./chosen";

/** Pixels of a row and of a day's heading. */
export const HEIGHTS = { row: 36, heading: 29 };
/** So many chunks are kept; those far from what is seen go first. */
const KEPT = 40;

/** What the aside shows: a trace, or the life of the message it is about. */
export type View =
  | { readonly is: "trace"; readonly trace: Trace }
  | { readonly is: "life"; readonly of: Trace; readonly steps: readonly Trace[] };

const NOBODY: JournalKnown = { authors: [], bals: [], actions: [], since: null, until: null };

/** Just after an instant: what was written later is not in the list that is being read. */
function justAfter(at: string): string {
  return new Date(Date.parse(at) + 1).toISOString();
}

export class Book {
  chosen = $state.raw<Chosen>(FIRST_CHOICE);
  /** The filters that are put away are shown. */
  more = $state(false);
  days = $state.raw<readonly DayCount[]>([]);
  known = $state.raw<JournalKnown>(NOBODY);
  /** What is chosen in the list. */
  index = $state(-1);
  trace = $state.raw<Trace | null>(null);
  /** What was opened from there, the last on top. */
  trail = $state.raw<readonly View[]>([]);
  /** Traces written since the list was read. */
  fresh = $state(0);
  ready = $state(false);
  /** How far the list is scrolled; written by the table. */
  top = 0;
  /** Grows when the list is read anew from its top. */
  turn = $state(0);
  private chunks = $state.raw<ReadonlyMap<number, readonly Trace[]>>(new Map());
  private filter: JournalFilter | null = null;
  /** The same, without what came later: the rows under the eye do not move. */
  private frozen: JournalFilter | null = null;
  private asked = new Set<number>();
  private generation = 0;
  /** A trace chosen before it is known. */
  private wanted = -1;
  /** The person moved, chose or scrolled since the list was read. */
  private touched = false;

  readonly layout = $derived(new DayLayout(this.days, HEIGHTS));
  readonly total = $derived(this.layout.total);
  /** What the aside shows. */
  readonly view = $derived<View | null>(this.trail.at(-1) ?? (this.trace && { is: "trace", trace: this.trace }));

  /** The trace of a row, when it is known. */
  at(index: number): Trace | undefined {
    return this.chunks.get(Math.floor(index / CHUNK))?.[index % CHUNK];
  }

  /** Whether this is another list than the one shown. */
  differs(now: Date): boolean {
    return this.filter === null || !sameFilter(this.filter, filterOf(this.chosen, now));
  }

  /** Changes what is chosen, and shows it. */
  async choose(change: Partial<Chosen>, now: Date): Promise<void> {
    this.chosen = { ...this.chosen, ...change };
    if (!inverted(this.chosen) && this.differs(now)) await this.show(now);
  }

  /** Forgets every filter, and shows the list. */
  async clear(now: Date): Promise<void> {
    this.more = false;
    await this.choose(FIRST_CHOICE, now);
  }

  /** Reads the list anew, from its top. */
  async show(now: Date): Promise<void> {
    const generation = ++this.generation;
    const filter = filterOf(this.chosen, now);
    const read = await notices.attempt(async () => {
      const page = await ask("journal_list", { filter, offset: 0, limit: CHUNK });
      const newest = page.traces[0];
      const frozen = newest ? { ...filter, until: justAfter(newest.at) } : filter;
      return { page, frozen, days: page.total === 0 ? [] : await ask("journal_days", { filter: frozen }) };
    });
    if (!read || generation !== this.generation) return;
    this.filter = filter;
    this.frozen = read.frozen;
    this.asked.clear();
    this.wanted = -1;
    this.touched = false;
    this.fresh = 0;
    this.chunks = new Map([[0, read.page.traces]]);
    this.days = fitDays(read.days, read.page.total);
    this.known = read.page.known;
    this.ready = true;
    this.top = 0;
    this.turn += 1;
    const same = read.page.traces.findIndex(({ sequence }) => sequence === this.trace?.sequence);
    this.take(same === -1 ? 0 : same);
  }

  /** Counts what was written since; shows it at once only where nobody reads yet. */
  async look(now: Date): Promise<void> {
    const generation = this.generation;
    const filter = this.filter;
    if (!filter || !this.ready) return;
    const page = await notices.attempt(() => ask("journal_list", { filter, offset: 0, limit: 1 }));
    if (!page || generation !== this.generation) return;
    if (page.total === this.total) return;
    if (page.total < this.total || this.total === 0 || (!this.touched && this.top < HEIGHTS.row && this.trail.length === 0)) await this.show(now);
    else this.fresh = page.total - this.total;
  }

  /** Says what is seen, so that it is read. */
  need(from: number, to: number): void {
    const last = Math.min(this.total - 1, to);
    for (let chunk = Math.floor(Math.max(0, from) / CHUNK); chunk * CHUNK <= last; chunk++) {
      if (!this.chunks.has(chunk) && !this.asked.has(chunk)) void this.read(chunk);
    }
  }

  private async read(chunk: number): Promise<void> {
    const filter = this.frozen;
    if (!filter) return;
    const generation = this.generation;
    this.asked.add(chunk);
    const page = await notices.attempt(() => ask("journal_list", { filter, offset: chunk * CHUNK, limit: CHUNK }));
    if (generation !== this.generation) return;
    this.asked.delete(chunk);
    if (!page) return;
    const near = [...this.chunks].sort(([one], [other]) => Math.abs(one - chunk) - Math.abs(other - chunk)).slice(0, KEPT - 1);
    this.chunks = new Map([...near, [chunk, page.traces]]);
    if (this.wanted >= 0 && this.at(this.wanted)) this.take(this.wanted);
  }

  private take(index: number): void {
    const trace = this.at(index);
    this.index = this.total === 0 ? -1 : index;
    this.wanted = trace || this.total === 0 ? -1 : index;
    this.trail = [];
    if (trace || this.total === 0) this.trace = trace ?? null;
    else this.need(index, index);
  }

  /** The person chooses a row. */
  pick(index: number): void {
    if (this.total === 0) return;
    this.touched = true;
    this.take(Math.min(this.total - 1, Math.max(0, index)));
  }

  /** The person scrolled. */
  scrolled(top: number): void {
    this.top = top;
    if (top > 0) this.touched = true;
  }

  /** Opens one trace in the aside, wherever it is in the list. */
  async open(sequence: number): Promise<void> {
    const trace = await notices.attempt(() => ask("journal_get", { sequence }));
    if (trace) this.push({ is: "trace", trace });
  }

  /** Opens the whole life of the message a trace is about. */
  async live(of: Trace): Promise<void> {
    const steps = await notices.attempt(() => ask("journal_life", { sequence: of.sequence }));
    if (steps) this.push({ is: "life", of, steps });
  }

  push(view: View): void {
    this.touched = true;
    this.trail = [...this.trail, view].slice(-20);
  }

  /** Back to what the aside showed before; whether there was anything. */
  back(): boolean {
    const any = this.trail.length > 0;
    this.trail = this.trail.slice(0, -1);
    return any;
  }

  /** Drops everything, and what was chosen too: a name may be in it. */
  forget(): void {
    this.generation += 1;
    this.chosen = FIRST_CHOICE;
    this.more = false;
    this.days = [];
    this.known = NOBODY;
    this.index = -1;
    this.trace = null;
    this.trail = [];
    this.fresh = 0;
    this.ready = false;
    this.top = 0;
    this.chunks = new Map();
    this.filter = null;
    this.frozen = null;
    this.asked.clear();
    this.wanted = -1;
    this.touched = false;
    // What is derived keeps its last value until it is read again.
    void [this.layout, this.total, this.view];
  }
}

export const book = new Book();
session.onForget(() => book.forget());
