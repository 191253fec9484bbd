// What a script answers about the journal: its traces, its proof, how long it is kept, its exports.
import {
  CommandFailure,
  type Checked,
  type Code,
  type Commands,
  type Event,
  type JournalSettings,
  type Name,
  type Verification,
} from "../backend";
import { Traces } from "./traces";

/** How the story of the journal begins. */
export interface JournalStart {
  readonly traces?: number;
  /** What the verification finds: a problem's word, or `pruned`, `clock`, `young`, `slow`. */
  readonly proof?: string;
  /** `fixed`, `waits`, `collector`, `trouble`, `file`. */
  readonly kept?: string;
  /** What the check of an export finds: `other`, a problem's word, `none`, `notAnExport`. */
  readonly checked?: string;
  /** What an export does: `large`, `none`. */
  readonly exported?: string;
}

type JournalName = Extract<Name, `journal_${string}`>;
type Handlers = { [N in JournalName]: (argument: Commands[N]["argument"]) => Commands[N]["answer"] | Promise<Commands[N]["answer"]> };

const FINGERPRINT = "7c1e 90ab 44d2 0f31 a7b2 c3d4 e5f6 5f08";
const OTHER = "19d0 4c5b 7a21 88fe 0c3d b6a4 91e7 2f50";

function fail(code: Code, about: string | null = null): never {
  throw new CommandFailure({ code, about, server: null });
}

const PLACES: Record<string, readonly [number | null, number | null, string | null]> = {
  altered: [12_471, 12_471, null],
  missing: [12_300, 12_318, null],
  inserted: [12_455, 12_455, null],
  mislabelled: [12_440, 12_440, null],
  truncated: [12_481, 12_502, null],
  replaced: [11_020, null, "period-000006.db"],
  rewritten: [12_001, 12_480, null],
  sealForged: [12_400, 12_400, null],
  anchorForged: [41, 41, null],
  unreadable: [9_001, null, "period-000004.db"],
  keyChanged: [null, null, null],
};

/** What the script holds about the journal. */
export class Journal {
  readonly traces: Traces;
  /** What was exported and pruned: for a test to look at. */
  readonly asked: unknown[] = [];
  private settings: JournalSettings;
  /** Ends a slow verification. */
  private finish: () => void = () => undefined;

  constructor(
    private readonly start: JournalStart,
    private readonly emit: (event: Event) => void,
  ) {
    this.traces = new Traces(start.traces ?? 12_480);
    const { kept } = start;
    this.settings = {
      months: 6,
      monthsFixed: kept === undefined || kept === "fixed",
      technicalMonths: 6,
      technicalFixed: kept === "fixed",
      atEnd: "destroy",
      atEndFixed: kept === "fixed",
      fingerprint: FINGERPRINT,
      since: this.traces.since,
      nextExpiry: "2026-12-01T00:00:00+01:00",
      expiryWaits: kept === "waits",
      place: kept === "file" ? "file" : "keyring",
      collector:
        kept === "collector" || kept === "trouble" || kept === "fixed"
          ? {
              address: "traces.groupement.mssante.example:6514",
              since: "2026-11-17T08:31:00+01:00",
              lastConfirmed: { sequence: 12_412, at: "2026-11-17T08:30:00+01:00" },
              missing: 0,
              waiting: kept === "trouble" ? 68 : 0,
              trouble: kept === "trouble" ? "Le serveur a refusé la connexion." : null,
            }
          : null,
    };
  }

  /** Traces are written. */
  arrive(count: number): void {
    this.traces.arrive(count);
    this.emit({ event: "journal" });
  }

  /** A slow verification comes so far. */
  progress(done: number): void {
    this.emit({ event: "journalProgress", done, total: this.traces.last });
  }

  end(): void {
    this.finish();
  }

  private found(): Verification {
    const { proof } = this.start;
    const place = PLACES[proof ?? ""];
    const { first, last } = this.traces;
    const unsealed = proof === "young" ? last : 14;
    return {
      sound: place === undefined,
      count: last - first + 1,
      first,
      last,
      since: this.traces.since,
      at: "2026-11-17T09:11:00+01:00",
      sealedUntil: proof === "young" ? null : { sequence: last - unsealed, at: "2026-11-17T09:10:00+01:00" },
      unsealed,
      clockSetBack: proof === "clock" ? 5 : 0,
      clockSetBackAt: proof === "clock" ? [12_437, 11_800, 11_799, 9000, 8999] : [],
      pruned: proof === "pruned" ? 41_208 : 0,
      prunedUntil: proof === "pruned" ? 41_208 : null,
      brokenAt: place?.[0] ?? null,
      brokenUntil: place?.[1] ?? null,
      brokenFile: place?.[2] ?? null,
      problem: place ? (proof ?? null) : null,
      restorations:
        proof === "restored"
          ? [
              {
                copiedAt: "2026-11-15T08:00:00+01:00",
                restoredAt: "2026-11-16T18:20:00+01:00",
                last: 12_400,
                from: OTHER,
                to: FINGERPRINT,
                trace: 12_401,
                by: null,
                byId: null,
                host: "cabinet-2",
              },
            ]
          : [],
    };
  }

  private check(): Checked | null {
    const { checked } = this.start;
    if (checked === "none") return null;
    if (checked === "notAnExport") fail("notAnExport", "courrier.docx");
    const broken = checked !== undefined && checked !== "other";
    return {
      sound: !broken,
      problem: broken ? checked : null,
      brokenLine: broken ? 214 : null,
      depth: "records",
      vouched: false,
      file: "journal-2026-11-17.csv",
      count: 1842,
      fingerprint: checked === "other" ? OTHER : FINGERPRINT,
      journal: "4f2a90c1d3e84b7792ab6c0d1e5f3a78",
      by: "Dr Élise Martin",
      byId: "899700000013",
      everything: false,
      first: 10_639,
      last: 12_480,
      pruned: 0,
      at: "2026-11-17T09:20:00+01:00",
      since: "2026-11-11T00:00:00+01:00",
      until: null,
      mine: checked !== "other",
    };
  }

  handlers(): Handlers {
    return {
      journal_list: ({ filter, offset, limit }) => this.traces.list(filter, offset, limit),
      journal_days: ({ filter }) => this.traces.days(filter),
      journal_get: ({ sequence }) => this.traces.get(sequence) ?? fail("notFound"),
      journal_life: ({ sequence }) => this.traces.life(sequence),
      journal_verify: () =>
        this.start.proof === "slow" ? new Promise((done) => (this.finish = () => done(this.found()))) : this.found(),
      journal_export: ({ filter, format }) => {
        if (this.start.exported === "none") return null;
        if (this.start.exported === "large" && format === "pdf") fail("exportTooLarge", "100000");
        this.asked.push({ filter, format });
        const file = `journal-2026-11-17.${{ csv: "csv", jsonLines: "jsonl", pdf: "pdf" }[format]}`;
        const { total } = this.traces.list(filter, 0, 0);
        return { file, manifest: `${file}.manifeste.json`, count: total, fingerprint: FINGERPRINT };
      },
      journal_check: () => this.check(),
      journal_settings: () => ({ ...this.settings, since: this.traces.since }),
      journal_set: ({ months, technicalMonths, atEnd }) => {
        if (this.settings.monthsFixed && months !== this.settings.months) fail("fixedByPolicy");
        this.settings = { ...this.settings, months, technicalMonths, atEnd };
        return this.settings;
      },
      journal_prune_plan: ({ before }) => this.traces.before(before),
      journal_prune: ({ before, atEnd }) => {
        this.asked.push({ before, atEnd });
        return { count: this.traces.prune(before) };
      },
    };
  }
}
