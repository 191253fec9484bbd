// What a script answers about the room of boxes: quotas and their warnings, what weighs, purges and their schedule.
import {
  CommandFailure,
  type Account,
  type Code,
  type Commands,
  type DocumentKind,
  type Event,
  type Purge,
  type PurgeGroup,
  type PurgePlan,
  type PurgeSchedule,
  type QuotaLevel,
  type QuotaView,
  type Row,
  type SpaceFilter,
  type SpaceRow,
} from "../backend";

/** How the story of the room begins. */
export interface RoomStart {
  /** Percents of the second box; `estimate`: its operator says nothing of it. */
  readonly room?: number | "estimate";
  /** Nobody says which folder holds what was sent. */
  readonly noSent?: boolean;
  /** What keeps a purge from being done. */
  readonly obstacle?: Code;
  readonly scheduleFixed?: boolean;
}

type Names =
  | "quota_get"
  | "quota_read"
  | "quota_warnings"
  | "quota_dismiss"
  | "space_get"
  | "space_messages"
  | "space_suggest"
  | "purge_plan"
  | "purge_start"
  | "purge_stop"
  | "purge_get"
  | "purge_list"
  | "purge_export"
  | "purge_schedule"
  | "purge_schedule_set"
  | "sent_folder"
  | "sent_folder_set";
type Handlers = { [N in Names]: (argument: Commands[N]["argument"]) => Commands[N]["answer"] };

const GO = 1_000_000_000;
const DAY = 86_400_000;
const TODAY = Date.parse("2026-11-17T00:00:00Z");
const dayBefore = (days: number): string => new Date(TODAY - days * DAY).toISOString().slice(0, 10);
const KINDS: readonly DocumentKind[] = ["document", "pdf", "image", "other", "none"];

function fail(code: Code): never {
  throw new CommandFailure({ code, about: null, server: null });
}

function level(percent: number): QuotaLevel {
  return percent >= 100 ? "full" : percent >= 90 ? "almostFull" : percent >= 80 ? "high" : "fine";
}

const GROUPS: readonly PurgeGroup[] = [
  { kind: "document", count: 698, octets: 1_900_000_000, oldest: "2026-01-05T09:00:00+01:00", newest: "2026-10-17T09:00:00+02:00" },
  { kind: "pdf", count: 218, octets: 640_000_000, oldest: "2026-01-02T09:00:00+01:00", newest: "2026-10-17T09:00:00+02:00" },
  { kind: "image", count: 186, octets: 318_000_000, oldest: "2026-01-12T09:00:00+01:00", newest: "2026-10-16T09:00:00+02:00" },
  { kind: "other", count: 121, octets: 142_000_000, oldest: "2026-01-08T09:00:00+01:00", newest: "2026-10-17T09:00:00+02:00" },
  { kind: "none", count: 61, octets: 94_000_000, oldest: "2026-01-02T09:00:00+01:00", newest: "2026-10-15T09:00:00+02:00" },
];

export class Room {
  private purges: Purge[] = [];
  private next = 1;
  private freed = 0;
  private dismissed = new Set<number>();
  private schedule: PurgeSchedule;
  private sent: number | null;
  /** What was asked of purges. */
  readonly asked: unknown[] = [];

  constructor(
    private readonly start: RoomStart,
    private readonly emit: (event: Event) => void,
    private readonly rows: () => Row[],
    private readonly drop: (messages: readonly number[]) => void,
  ) {
    this.sent = start.noSent ? null : 204;
    this.schedule = {
      enabled: false,
      every: "monthly",
      olderThanDays: 30,
      keepFlagged: true,
      keepUnknownFate: true,
      keepUnfiled: true,
      keepLocal: true,
      trashOlderThanDays: null,
      lastRun: null,
      nextRun: null,
      waits: null,
      fixed: start.scheduleFixed ?? false,
    };
  }

  private percent(account: number): number {
    const room = this.start.room;
    const first = account === 2 ? (typeof room === "number" ? room : 91) : account === 1 ? 62 : 34;
    return Math.max(0, first - (account === 2 ? this.freed / (GO / 10) : 0));
  }

  /** The account with what its operator says of its room. */
  account(account: Account): Account {
    if (account.id === 2 && this.start.room === "estimate") {
      return { ...account, quota: null, gauge: { source: "estimate", level: "fine", percent: null, used: 3_140_000_000, limit: null } };
    }
    const percent = Math.round(this.percent(account.id));
    const used = percent * (GO / 10);
    return {
      ...account,
      quota: account.quota && { used, limit: 10 * GO, percent },
      gauge: { source: "server", level: level(percent), percent, used, limit: 10 * GO },
    };
  }

  private view(account: number): QuotaView {
    if (account === 2 && this.start.room === "estimate") {
      return {
        account,
        source: "estimate",
        storage: { used: 3_140_000_000, limit: null, percent: null },
        messages: null,
        local: 3_140_000_000,
        readAt: null,
        level: "fine",
        forecast: null,
        history: [],
      };
    }
    const percent = this.percent(account);
    const used = percent * (GO / 10);
    const perDay = account === 2 ? 40_900_000 : 0;
    const days = perDay > 0 ? Math.max(0, Math.floor((10 * GO - used) / perDay)) : 0;
    return {
      account,
      source: "server",
      storage: { used, limit: 10 * GO, percent: Math.round(percent) },
      messages: { used: 14_120, limit: null, percent: null },
      local: used - 20_000_000,
      readAt: "2026-11-17T09:05:00+01:00",
      level: level(percent),
      forecast: perDay > 0 ? { fullOn: dayBefore(-days), perDay, overDays: 60 } : null,
      history: Array.from({ length: 61 }, (_, at) => ({
        on: dayBefore(60 - at),
        used: Math.round(Math.max(0, used + this.freed - (60 - at) * (perDay || 8_000_000) + (at % 9) * 12_000_000 * (at < 60 ? 1 : 0))),
        limit: 10 * GO,
      })),
    };
  }

  private weigh(row: Row): SpaceRow {
    const filed = row.id % 3 === 0;
    const keep: SpaceRow["keep"] = [];
    if (!row.seen) keep.push("unread");
    if (row.flagged) keep.push("flagged");
    if (!filed) keep.push("notFiled");
    const kind = row.document ? "document" : row.attachments > 0 ? (KINDS[1 + (row.id % 3)] ?? "pdf") : "none";
    return { row, kind, filed, keep, octets: 20_000 + row.attachments * 2_400_000 + (row.id % 17) * 310_000 };
  }

  private age({ row }: SpaceRow): number {
    return (TODAY - Date.parse(row.date)) / DAY;
  }

  private all(account: number, filter: SpaceFilter): SpaceRow[] {
    return this.rows()
      .filter((row) => row.account === account)
      .map((row) => this.weigh(row))
      .filter(
        (each) =>
          (filter.folder === null || each.row.folder === filter.folder) &&
          (filter.olderThanDays === null || this.age(each) >= filter.olderThanDays) &&
          (filter.largerThan === null || each.octets >= filter.largerThan) &&
          (filter.kind === null || each.kind === filter.kind) &&
          (filter.correspondent === null || each.row.who.address === filter.correspondent) &&
          (!filter.filedOnly || each.filed),
      )
      .sort((one, other) => Number(other.filed) - Number(one.filed) || other.octets - one.octets);
  }

  private keyOf(by: Commands["space_get"]["argument"]["by"], each: SpaceRow): string {
    const first = <K extends string>(value: number, steps: readonly (readonly [K, number])[], last: string): string =>
      steps.find(([, from]) => value >= from)?.[0] ?? last;
    switch (by) {
      case "age":
        return first(this.age(each), [["two_years", 730], ["year", 365], ["half_year", 180], ["quarter", 90], ["month", 30]], "recent");
      case "size":
        return first(each.octets, [["huge", 10 << 20], ["large", 5 << 20], ["medium", 1 << 20], ["small", 100 << 10]], "tiny");
      case "kind":
        return each.kind;
      case "correspondent":
        return each.row.who.address;
      case "folder":
        return String(each.row.folder);
    }
  }

  private plan({ account, scope, keepLocal }: PurgePlan): Purge {
    if (scope.of === "sent" && this.sent === null) fail("purgeNoSentFolder");
    const chosen = scope.of === "chosen" ? this.rows().filter(({ id }) => scope.messages.includes(id)).map((row) => this.weigh(row)) : [];
    const share = scope.of === "chosen" ? 0 : scope.olderThanDays <= 30 ? 1 : scope.olderThanDays <= 90 ? 0.5 : 0;
    const groups: PurgeGroup[] =
      scope.of === "chosen"
        ? KINDS.map((kind) => {
            const of = chosen.filter((each) => each.kind === kind);
            const dates = of.map(({ row }) => row.date).sort();
            return { kind, count: of.length, octets: of.reduce((all, { octets }) => all + octets, 0), oldest: dates[0] ?? null, newest: dates.at(-1) ?? null };
          })
        : GROUPS.map((each) => ({ ...each, count: Math.floor(each.count * share), octets: Math.floor(each.octets * share) }));
    const known = groups.filter(({ count }) => count > 0);
    const kept: Purge["kept"] = [];
    if (scope.of === "sent") {
      kept.push({ why: "tooRecent", count: 214 });
      if (scope.keepUnknownFate) kept.push({ why: "fateUnknown", count: 38 });
      if (scope.keepFlagged) kept.push({ why: "flagged", count: 12 });
      if (scope.keepUnfiled) kept.push({ why: "notFiled", count: 7 });
    }
    const { of } = scope;
    const purge: Purge = {
      id: this.next++,
      account,
      scope: of === "chosen" ? { of } : of === "trash" ? { of, olderThanDays: scope.olderThanDays } : scope,
      keepLocal,
      scheduled: false,
      state: "planned",
      plannedAt: "2026-11-17T09:20:00+01:00",
      startedAt: null,
      endedAt: null,
      folderName: of === "sent" ? "Sent" : of === "trash" ? "Trash" : null,
      count: known.reduce((all, { count }) => all + count, 0),
      octets: known.reduce((all, { octets }) => all + octets, 0),
      oldest: known.map(({ oldest }) => oldest).sort()[0] ?? null,
      newest: known.map(({ newest }) => newest).sort().at(-1) ?? null,
      groups: known,
      kept,
      obstacle: this.start.obstacle ?? null,
      done: 0,
      alreadyGone: 0,
      spared: [],
      left: known.reduce((all, { count }) => all + count, 0),
      quotaBefore: this.view(account).storage?.used ?? null,
      quotaAfter: null,
      problem: null,
    };
    this.purges = [purge, ...this.purges];
    if (scope.of === "chosen") this.chosen.set(purge.id, scope.messages);
    return purge;
  }
  private chosen = new Map<number, readonly number[]>();

  private get(id: number): Purge {
    return this.purges.find((each) => each.id === id) ?? fail("notFound");
  }

  private change(id: number, change: Partial<Purge>): Purge {
    this.purges = this.purges.map((each) => (each.id === id ? { ...each, ...change } : each));
    const purge = this.get(id);
    this.emit({ event: "purge", account: purge.account, purge: id, done: purge.done, total: purge.count });
    return purge;
  }

  /** So many are gone by now: what a test says from outside. */
  advance(done: number): void {
    const running = this.purges.find(({ state }) => state === "running");
    if (running) this.change(running.id, { done, left: running.count - done, startedAt: "2026-11-17T09:08:00+01:00" });
  }

  /** It ends: all but a few, which changed meanwhile. */
  finish(alreadyGone = 1, flaggedSince = 2): void {
    const running = this.purges.find(({ state }) => state === "running");
    if (!running) return;
    const done = running.count - alreadyGone - flaggedSince;
    this.freed += (running.octets * done) / running.count;
    const messages = this.chosen.get(running.id);
    if (messages) this.drop(messages);
    this.change(running.id, {
      state: "done",
      done,
      alreadyGone,
      spared: flaggedSince > 0 ? [{ why: "flaggedSince", count: flaggedSince }] : [],
      left: 0,
      endedAt: "2026-11-17T09:26:00+01:00",
      quotaAfter: this.view(running.account).storage?.used ?? null,
    });
    this.emit({ event: "quota", account: running.account });
  }

  handlers(): Handlers {
    return {
      quota_get: ({ account }) => this.view(account),
      quota_read: ({ account }) => this.view(account),
      quota_warnings: () => {
        const percent = Math.round(this.percent(2));
        if (typeof this.start.room !== "number" || percent < 80 || this.dismissed.has(2)) return [];
        return [{ account: 2, level: level(percent), percent, at: "2026-11-17T09:05:00+01:00" }];
      },
      quota_dismiss: ({ account }) => {
        this.dismissed.add(account);
        return {};
      },
      space_get: ({ account, by }) => {
        const all = this.all(account, { folder: null, olderThanDays: null, largerThan: null, kind: null, correspondent: null, filedOnly: false });
        const groups = new Map<string, SpaceRow[]>();
        for (const each of all) groups.set(this.keyOf(by, each), [...(groups.get(this.keyOf(by, each)) ?? []), each]);
        const total = (of: readonly SpaceRow[]): number => of.reduce((sum, { octets }) => sum + octets, 0);
        return {
          count: all.length,
          octets: total(all),
          groups: [...groups]
            .map(([key, of]) => ({
              key,
              label: by === "correspondent" ? (of[0]?.row.who.name ?? key) : key,
              count: of.length,
              octets: total(of),
              oldest: of.map(({ row }) => row.date).sort()[0] ?? "",
              newest: of.map(({ row }) => row.date).sort().at(-1) ?? "",
              filed: of.filter(({ filed }) => filed).length,
            }))
            .sort((one, other) => other.octets - one.octets),
        };
      },
      space_messages: ({ account, filter, offset, limit }) => {
        const all = this.all(account, filter);
        return { rows: all.slice(offset, offset + limit), total: all.length, octets: all.reduce((sum, { octets }) => sum + octets, 0) };
      },
      space_suggest: ({ account, octets }) => {
        let sum = 0;
        const found: number[] = [];
        for (const each of this.all(account, { folder: null, olderThanDays: null, largerThan: null, kind: null, correspondent: null, filedOnly: true })) {
          if (each.keep.length > 0 || sum >= octets) continue;
          sum += each.octets;
          found.push(each.row.id);
        }
        return found;
      },
      purge_plan: (argument) => {
        this.asked.push(argument);
        return this.plan(argument);
      },
      purge_start: ({ purge }) => this.change(purge, { state: "running", startedAt: new Date().toISOString() }),
      purge_stop: ({ purge }) => this.change(purge, { state: "stopped", endedAt: "2026-11-17T09:24:00+01:00" }),
      purge_get: ({ purge }) => this.get(purge),
      purge_list: ({ account }) => this.purges.filter((each) => each.account === account && each.state !== "planned"),
      purge_export: () => ({ name: "plan-2026-11-17.csv" }),
      purge_schedule: () => this.schedule,
      purge_schedule_set: ({ account: _, ...schedule }) => {
        this.schedule = { ...this.schedule, ...schedule, nextRun: schedule.enabled ? "2026-12-01T08:00:00+01:00" : null };
        return this.schedule;
      },
      sent_folder: ({ account }) => (this.sent === null ? null : { folder: account * 100 + (this.sent % 100), chosen: this.sent !== 204 }),
      sent_folder_set: ({ folder }) => {
        this.sent = folder;
        return {};
      },
    };
  }
}
