// The list on screen: its scope, the rows known of it, what is current, what is picked, what is searched.
import { SvelteMap } from "svelte/reactivity";
import { ask, type Filter, type Page, type Row, type Scope } from "../backend";
import { dayOf } from "../text/dates";
import { Latest } from "./latest";
import { CHUNK, Layout } from "./layout";
import { notices } from "./notices.svelte";
import { sameScope } from "./route.svelte";

/** The most messages one command takes. */
const MOST = 10_000;
/** How long a person's typing rests before a search. */
export const SEARCH_REST = 80;
/** The most results of a search. */
const RESULTS = 200;

const HEIGHTS = { row: 72, heading: 28 };
const days = new WeakMap<Row, string>();

function dayOfRow(row: Row): string {
  let day = days.get(row);
  if (day === undefined) {
    day = dayOf(row.date);
    days.set(row, day);
  }
  return day;
}

class Mailbox {
  scope = $state<Scope>({ of: "all" });
  filter = $state<Filter>("all");
  rows = $state.raw<readonly (Row | undefined)[]>([]);
  total = $state(0);
  unread = $state(0);
  /** Whether the first answer for this scope has come. */
  ready = $state(false);

  current = $state.raw<Row | null>(null);
  currentIndex = $state(-1);
  picked = new SvelteMap<number, Row>();
  private anchor = -1;
  /** Where the message that is open stood, when the list does not hold it any more: one goes on from there. */
  private left = -1;
  /** A row asked for before it is known. */
  private wanted = -1;
  private revealed: Row | null = null;
  /** The message that was open when everything was dropped: its number and place, nothing of what it says. */
  private back: { readonly id: number; readonly index: number } | null = null;

  searchText = $state("");
  /** Whether the rows are a search's. */
  searching = $state(false);

  /** Whether the list shows only what is still to be dealt with: what is done leaves it. */
  readonly todo = $derived(!this.searching && (this.filter === "mine" || this.filter === "open"));

  readonly layout = $derived.by(() => {
    const rows = this.rows;
    return new Layout(
      this.total,
      (index) => {
        const row = rows[index];
        return row && dayOfRow(row);
      },
      HEIGHTS,
    );
  });

  /** Rows that the view shows now; kept fresh. */
  private seen: [number, number] = [0, 20];
  private asked = new Set<number>();
  private generation = 0;
  private readonly search = new Latest();
  private searchTimer: ReturnType<typeof setTimeout> | undefined;
  private refreshTimer: ReturnType<typeof setTimeout> | undefined;

  /** Shows a list from its top. */
  show(scope: Scope, filter: Filter = "all"): void {
    const same = sameScope(scope, this.scope) && filter === this.filter && this.ready && !this.searching;
    this.scope = scope;
    this.filter = filter;
    this.leaveSearch();
    const revealed = this.revealed;
    this.revealed = null;
    if (!same) {
      this.forget();
      void this.load();
    }
    if (revealed) {
      this.current = revealed;
      this.findAgain(revealed.id);
    }
  }

  /** The next list shown opens on this message. */
  reveal(row: Row): void {
    this.revealed = row;
  }

  /** Drops all content. With `keep`, the numbers by which the same person comes back to the same message stay. */
  drop(keep: boolean): void {
    const open = this.current;
    const index = this.currentIndex;
    this.leaveSearch();
    clearTimeout(this.refreshTimer);
    this.refreshTimer = undefined;
    this.revealed = null;
    this.forget();
    this.unread = 0;
    this.anchor = -1;
    this.back = keep && open && index >= 0 ? { id: open.id, index } : null;
    // What is derived keeps its last value until it is read again.
    void this.layout;
    if (!keep) {
      this.scope = { of: "all" };
      this.filter = "all";
    }
  }

  /** Comes back to the message that was open, where it still is; a list that changed meanwhile is left at its top. */
  private comeBack(): void {
    const back = this.back;
    if (!back) return;
    this.back = null;
    const index = this.rows.findIndex((row) => row?.id === back.id);
    if (index >= 0) this.choose(index);
    else if (back.index < this.total && !this.rows[back.index]) this.choose(back.index);
  }

  /** Forgets every row; the next load starts from nothing. */
  private forget(): void {
    this.generation += 1;
    this.ready = false;
    this.rows = [];
    this.total = 0;
    this.current = null;
    this.currentIndex = -1;
    this.left = -1;
    this.picked.clear();
    this.asked.clear();
    this.wanted = -1;
    this.seen = [0, 20];
  }

  private async ask(chunk: number): Promise<Page> {
    return ask("message_list", { scope: this.scope, filter: this.filter, offset: chunk * CHUNK, limit: CHUNK });
  }

  private async load(): Promise<void> {
    const generation = this.generation;
    const page = await notices.attempt(() => this.ask(0));
    if (!page || generation !== this.generation) return;
    this.take(new Map([[0, page]]), false);
    this.ready = true;
    this.comeBack();
  }

  /** Puts pages in place; with `keep`, rows of other chunks stay where they are. */
  private take(pages: ReadonlyMap<number, Page>, keep: boolean): void {
    const last = [...pages.values()].at(-1);
    if (!last) return;
    // Never an array with holes: filter and findIndex pass over holes, not over what is undefined.
    const rows: (Row | undefined)[] =
      keep && last.total === this.total ? [...this.rows] : new Array<Row | undefined>(last.total).fill(undefined);
    for (const [chunk, page] of pages) page.rows.forEach((row, place) => (rows[chunk * CHUNK + place] = row));
    this.rows = rows;
    this.total = last.total;
    this.unread = last.unread;
    if (this.current) this.findAgain(this.current.id);
    if (this.rows[this.wanted]) this.choose(this.wanted);
    for (const [id] of this.picked) {
      const row = rows.find((each) => each?.id === id);
      if (row) this.picked.set(id, row);
    }
  }

  private findAgain(id: number): void {
    const index = this.rows.findIndex((row) => row?.id === id);
    if (index >= 0) this.left = -1;
    else if (this.currentIndex >= 0) this.left = this.currentIndex;
    this.currentIndex = index;
    const row = this.rows[index];
    if (row) this.current = row;
  }

  /** The view shows these rows: those not known are asked for. */
  need(from: number, to: number): void {
    this.seen = [from, to];
    if (this.searching) return;
    const generation = this.generation;
    for (let chunk = Math.floor(from / CHUNK); chunk <= Math.floor(to / CHUNK); chunk++) {
      const start = Math.max(from, chunk * CHUNK);
      const end = Math.min(to + 1, this.total, (chunk + 1) * CHUNK);
      if (start >= end || this.asked.has(chunk) || !this.rows.slice(start, end).includes(undefined)) continue;
      this.asked.add(chunk);
      void notices.attempt(() => this.ask(chunk)).then((page) => {
        if (generation !== this.generation) return;
        this.asked.delete(chunk);
        if (page) this.take(new Map([[chunk, page]]), true);
      });
    }
  }

  /** Something changed behind the list: asks again for what is shown, and leaves it on screen until the answer. */
  refresh(): void {
    if (this.refreshTimer !== undefined) return;
    this.refreshTimer = setTimeout(() => {
      this.refreshTimer = undefined;
      void this.refreshNow();
    }, 150);
  }

  async refreshNow(): Promise<void> {
    if (this.searching) return this.runSearch();
    const generation = this.generation;
    const chunks = new Set([Math.floor(this.seen[0] / CHUNK), Math.floor(this.seen[1] / CHUNK)]);
    if (this.currentIndex >= 0) chunks.add(Math.floor(this.currentIndex / CHUNK));
    const pages = new Map<number, Page>();
    for (const chunk of [...chunks].sort((a, b) => a - b)) {
      const page = await notices.attempt(() => this.ask(chunk));
      if (generation !== this.generation || !page) return;
      pages.set(chunk, page);
    }
    this.take(pages, false);
    this.ready = true;
  }

  /** Makes a row the current one. */
  choose(index: number): void {
    const row = this.rows[index];
    this.wanted = row ? -1 : index;
    if (!row) return this.need(index, index);
    this.left = -1;
    this.current = row;
    this.currentIndex = index;
    this.anchor = index;
  }

  /** Moves by rows, never out of the list. */
  move(by: number): void {
    if (this.total === 0) return;
    // What took the place of a message that left is the next one.
    const outside = this.left < 0 ? (by > 0 ? -1 : this.total) : by > 0 ? this.left - 1 : this.left;
    const from = this.currentIndex < 0 ? outside : this.currentIndex;
    this.choose(Math.min(this.total - 1, Math.max(0, from + by)));
  }

  /** Picks or drops a row. */
  toggle(index: number): void {
    const row = this.rows[index];
    if (!row) return;
    if (this.picked.has(row.id)) this.picked.delete(row.id);
    else this.picked.set(row.id, row);
    this.anchor = index;
    this.currentIndex = index;
    this.current = row;
  }

  /** Picks every row from where picking began to this one. */
  extend(index: number): void {
    const anchor = this.anchor < 0 ? index : this.anchor;
    for (let at = Math.min(anchor, index); at <= Math.max(anchor, index); at++) {
      const row = this.rows[at];
      if (row) this.picked.set(row.id, row);
    }
    const row = this.rows[index];
    if (row) {
      this.current = row;
      this.currentIndex = index;
    }
  }

  /** Picks the whole list, as many as one command takes. */
  async pickAll(): Promise<void> {
    const generation = this.generation;
    if (!this.searching) {
      for (let offset = 0; offset < Math.min(this.total, MOST); offset += 500) {
        const page = await notices.attempt(() =>
          ask("message_list", { scope: this.scope, filter: this.filter, offset, limit: 500 }),
        );
        if (!page || generation !== this.generation) return;
        for (const row of page.rows) this.picked.set(row.id, row);
      }
    } else for (const row of this.rows) if (row) this.picked.set(row.id, row);
  }

  dropPicks(): void {
    this.picked.clear();
  }

  /** What an action would be about: what is picked, else what is open. */
  get targets(): Row[] {
    if (this.picked.size > 0) return [...this.picked.values()];
    return this.current ? [this.current] : [];
  }

  /** Shows rows as they will be once the core has done it. */
  amend(ids: readonly number[], change: Partial<Row>): void {
    const set = new Set(ids);
    this.rows = this.rows.map((row) => (row && set.has(row.id) ? { ...row, ...change } : row));
    if (this.current && set.has(this.current.id)) this.current = { ...this.current, ...change };
    for (const id of ids) {
      const row = this.picked.get(id);
      if (row) this.picked.set(id, { ...row, ...change });
    }
  }

  /** Takes rows out at once; the next row becomes the current one. */
  remove(ids: readonly number[]): void {
    const set = new Set(ids);
    const gone = this.current !== null && set.has(this.current.id);
    const index = gone && this.currentIndex < 0 ? this.left : this.currentIndex;
    const before = this.rows.slice(0, Math.max(0, index)).filter((row) => row && set.has(row.id)).length;
    const rows = this.rows.filter((row) => !(row && set.has(row.id)));
    this.total -= this.rows.length - rows.length;
    this.rows = rows;
    for (const id of ids) this.picked.delete(id);
    if (!gone) this.currentIndex = index - before;
    else if (this.total > 0 && index >= 0) this.choose(Math.min(this.total - 1, index - before));
    if (gone && this.current && set.has(this.current.id)) {
      this.current = null;
      this.currentIndex = -1;
    }
  }

  /** Those of these that the list holds no more, by what was just said of them; where one was open, the next opens. */
  goOn(ids: readonly number[]): number[] {
    const { current, left } = this;
    const here = new Set(this.rows.map((row) => row?.id));
    const gone = ids.filter((id) => !here.has(id));
    for (const id of gone) this.picked.delete(id);
    if (!current || left < 0 || !gone.includes(current.id)) return gone;
    if (this.total > 0) this.choose(Math.min(this.total - 1, left));
    else {
      this.current = null;
      this.left = -1;
    }
    return gone;
  }

  /** Opens a message that is back in the list. */
  reopen(id: number): void {
    const index = this.rows.findIndex((row) => row?.id === id);
    if (index >= 0) this.choose(index);
  }

  /** The search field changed. */
  type(text: string): void {
    this.searchText = text;
    clearTimeout(this.searchTimer);
    if (text.trim() === "") {
      const wasSearching = this.searching;
      this.leaveSearch();
      if (wasSearching) {
        this.forget();
        void this.load();
      }
      return;
    }
    this.searchTimer = setTimeout(() => void this.runSearch(), SEARCH_REST);
  }

  private leaveSearch(): void {
    clearTimeout(this.searchTimer);
    this.search.forget();
    if (this.searching) this.ready = false;
    this.searching = false;
    this.searchText = "";
  }

  private async runSearch(): Promise<void> {
    const text = this.searchText.trim();
    const page = await notices.attempt(() => this.search.of(() => ask("search", { text, scope: null, limit: RESULTS })));
    if (!page || this.searchText === "") return;
    this.generation += 1;
    this.asked.clear();
    if (!this.searching) this.picked.clear();
    this.searching = true;
    this.ready = true;
    this.rows = page.rows;
    this.total = page.rows.length;
    if (this.current) this.findAgain(this.current.id);
  }
}

export const mailbox = new Mailbox();
