// What weighs in a box: the groups, the messages of one of them, and what is chosen to go. Nothing is chosen beforehand.
import { SvelteMap } from "svelte/reactivity";
import {
  ask,
  type DocumentKind,
  type QuotaView,
  type Space,
  type SpaceBy,
  type SpaceFilter,
  type SpaceGroup,
  type SpaceRow,
} from "../../backend";
import { Latest } from "../../state/latest";
import { notices } from "../../state/notices.svelte";

/** So many rows are asked for at once. */
const PAGE = 100;
export const EVERYTHING: SpaceFilter = {
  folder: null,
  olderThanDays: null,
  largerThan: null,
  kind: null,
  correspondent: null,
  filedOnly: false,
};

/** The groups of age, oldest first, and the days from which a message is in one. */
const AGES: readonly (readonly [key: string, days: number])[] = [
  ["two_years", 730],
  ["year", 365],
  ["half_year", 180],
  ["quarter", 90],
  ["month", 30],
];
/** The groups of size, largest first, and the octets from which a message is in one. */
const SIZES: readonly (readonly [key: string, octets: number])[] = [
  ["huge", 10 << 20],
  ["large", 5 << 20],
  ["medium", 1 << 20],
  ["small", 100 << 10],
];

/**
 * The groups as they are shown: those of age and of size hold what is older, or larger, so that each is what its filter
 * gives.
 */
export function shownGroups(by: SpaceBy, groups: readonly SpaceGroup[]): SpaceGroup[] {
  if (by !== "age" && by !== "size") return [...groups];
  const shown: SpaceGroup[] = [];
  let before: SpaceGroup | null = null;
  for (const [key] of by === "age" ? AGES : SIZES) {
    const group = groups.find((each) => each.key === key);
    if (!group) continue;
    const sum: SpaceGroup = before
      ? {
          ...group,
          count: before.count + group.count,
          octets: before.octets + group.octets,
          oldest: before.oldest < group.oldest ? before.oldest : group.oldest,
          newest: before.newest > group.newest ? before.newest : group.newest,
          filed: before.filed + group.filed,
        }
      : group;
    before = sum;
    shown.push(sum);
  }
  return shown;
}

/** The filter that shows a group's messages. */
export function filterOf(by: SpaceBy, group: SpaceGroup | null, filedOnly: boolean): SpaceFilter {
  const base = { ...EVERYTHING, filedOnly };
  if (!group) return base;
  switch (by) {
    case "age":
      return { ...base, olderThanDays: AGES.find(([key]) => key === group.key)?.[1] ?? null };
    case "size":
      return { ...base, largerThan: SIZES.find(([key]) => key === group.key)?.[1] ?? null };
    case "kind":
      return { ...base, kind: group.key as DocumentKind };
    case "correspondent":
      return { ...base, correspondent: group.key };
    case "folder":
      return { ...base, folder: Number(group.key) };
  }
}

/** How many of those chosen would be missed: unread, followed or not filed. */
export function risky(chosen: Iterable<SpaceRow>): number {
  return [...chosen].filter(({ keep }) => keep.length > 0).length;
}

export class Sight {
  by = $state<SpaceBy>("age");
  space = $state.raw<Space | null>(null);
  group = $state.raw<SpaceGroup | null>(null);
  filedOnly = $state(false);
  rows = $state.raw<readonly SpaceRow[]>([]);
  total = $state(0);
  ready = $state(false);
  chosen = new SvelteMap<number, SpaceRow>();
  quota = $state.raw<QuotaView | null>(null);
  private readonly groups = new Latest();
  private readonly pages = new Latest();

  readonly shown = $derived(shownGroups(this.by, this.space?.groups ?? []));
  readonly octets = $derived([...this.chosen.values()].reduce((all, { octets }) => all + octets, 0));
  readonly risky = $derived(risky(this.chosen.values()));
  /** What is left once the selection is gone. */
  readonly after = $derived(
    this.chosen.size > 0 && this.quota?.storage ? Math.max(0, this.quota.storage.used - this.octets) : null,
  );

  constructor(readonly account: number) {}

  async begin(): Promise<void> {
    await Promise.all([this.readQuota(), this.regroup(this.by)]);
  }

  async readQuota(): Promise<void> {
    const quota = await notices.attempt(() => ask("quota_get", { account: this.account }));
    if (quota) this.quota = quota;
  }

  async regroup(by: SpaceBy): Promise<void> {
    this.by = by;
    const space = await notices.attempt(() => this.groups.of(() => ask("space_get", { account: this.account, by })));
    if (space) this.space = space;
    await this.open(null);
  }

  async open(group: SpaceGroup | null): Promise<void> {
    this.group = group;
    await this.load(0);
  }

  async onlyFiled(on: boolean): Promise<void> {
    this.filedOnly = on;
    await this.load(0);
  }

  more(): Promise<void> {
    return this.load(this.rows.length);
  }

  private async load(offset: number): Promise<void> {
    const filter = filterOf(this.by, this.group, this.filedOnly);
    const page = await notices.attempt(() =>
      this.pages.of(() => ask("space_messages", { account: this.account, filter, offset, limit: PAGE })),
    );
    if (!page) return;
    this.rows = offset === 0 ? page.rows : [...this.rows, ...page.rows];
    this.total = page.total;
    this.ready = true;
  }

  toggle(row: SpaceRow): void {
    if (this.chosen.has(row.row.id)) this.chosen.delete(row.row.id);
    else this.chosen.set(row.row.id, row);
  }

  /** Chooses what may go without being missed, enough to come back below 80 %; tells how many. */
  async propose(): Promise<number> {
    const storage = this.quota?.storage;
    const wanted = storage?.limit ? Math.max(storage.used - 0.7 * storage.limit, 0.1 * storage.limit) : (this.space?.octets ?? 0) / 4;
    const ids = await notices.attempt(() => ask("space_suggest", { account: this.account, octets: Math.ceil(wanted) }));
    if (!ids) return 0;
    const missing = new Set(ids);
    // What each weighs is told by the list, filed first: as many pages as it takes.
    for (let offset = 0; missing.size > 0 && offset < 20_000; offset += 500) {
      const page = await notices.attempt(() =>
        ask("space_messages", { account: this.account, filter: { ...EVERYTHING, filedOnly: true }, offset, limit: 500 }),
      );
      if (!page || page.rows.length === 0) break;
      for (const row of page.rows) if (missing.delete(row.row.id) && row.keep.length === 0) this.chosen.set(row.row.id, row);
    }
    return ids.length - missing.size;
  }

  clear(): void {
    this.chosen.clear();
  }

  close(): void {
    this.groups.forget();
    this.pages.forget();
  }
}
