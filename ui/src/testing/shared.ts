// What a script answers about boxes: rules on the server, who takes charge of what, a box's life, backups.
import {
  CommandFailure,
  type Account,
  type AnswerNotice,
  type BackupChecked,
  type BackupSchedule,
  type BoxAnnouncement,
  type BoxColor,
  type BoxLife,
  type Code,
  type Commands,
  type Event,
  type Person,
  type Row,
  type Rules,
} from "../backend";
import { ELISE, Handled, type HandledStart } from "./handled";

/** How the story of boxes begins. */
export interface SharedStart extends HandledStart {
  /** `none`: no rules at all at the operator; `foreign`, `included`: somebody else's are there. */
  readonly rules?: "none" | "foreign" | "included" | "elsewhere";
  /** An automatic reply is active; `again`: its owner writes again. */
  readonly answering?: "yes" | "again";
  readonly life?: "unused" | "leaving";
  readonly backup?: Code;
  readonly backupScheduled?: boolean;
}

type Names =
  | "rules_get"
  | "rules_set"
  | "rules_stop_answer"
  | "rules_answering"
  | "rules_keep_answer"
  | "handling_get"
  | "handling_set"
  | "handling_people"
  | "account_set"
  | "box_life"
  | "box_notices"
  | "box_notice_dismiss"
  | "handling_support"
  | "box_keep"
  | "box_retention_set"
  | "backup_create"
  | "backup_check"
  | "backup_restore"
  | "backup_schedule"
  | "backup_schedule_set";
type Handlers = { [N in Names]: (argument: Commands[N]["argument"]) => Commands[N]["answer"] | Promise<Commands[N]["answer"]> };

const SCRIPT = `# Gestionnaire d'absence de l'opérateur
require ["fileinto", "vacation"];
if header :contains "subject" "[Formation]" {
  fileinto "Formation";
}
`;

function fail(code: Code): never {
  throw new CommandFailure({ code, about: null, server: null });
}

export class Shared {
  private rules: Rules;
  private answering: AnswerNotice | null;
  readonly handled: Handled;
  private colors = new Map<number, BoxColor>();
  private names = new Map<number, string>();
  private months = new Map<number, number | null>();
  private kept = 0;
  private life: SharedStart["life"];
  private schedule: BackupSchedule;
  /** What was asked. */
  readonly asked: unknown[] = [];

  constructor(
    private readonly start: SharedStart,
    private readonly emit: (event: Event) => void,
    private readonly account: (id: number) => Account,
    private readonly restored: () => void,
    me: () => Person,
  ) {
    this.handled = new Handled(start, me, emit, this.asked);
    const rules = start.rules;
    const none = rules === "none";
    this.rules = {
      support: none ? { is: "noManageSieve" } : { is: "yes" },
      offers: { answer: !none, period: !none, copy: !none, folders: !none, flags: !none, include: !none },
      standing:
        rules === "foreign"
          ? { is: "foreignAlone", name: "absences", script: SCRIPT, mayInclude: true }
          : rules === "included"
            ? { is: "included", name: "absences" }
            : none
              ? { is: "none" }
              : { is: "ours" },
      answer: start.answering
        ? { enabled: true, subject: null, text: "Le cabinet est fermé jusqu'au 22 novembre. En cas d'urgence, appelez le 15.", from: "2026-11-14", until: "2026-11-22", everyDays: 7, who: "professionals", addresses: [] }
        : null,
      redirect: null,
      sort: none
        ? []
        : [{ id: "a1", name: "Biologie", when: { is: "sender", text: "bio-rivage" }, then: { is: "folder", name: "Courriers réglés" }, enabled: true }],
      readAt: none ? null : "2026-11-17T09:11:00+01:00",
      differs: rules === "elsewhere",
      seen: "1",
    };
    this.answering = start.answering ? { until: "2026-11-22", proposeStop: start.answering === "again" } : null;
    this.life = start.life;
    this.schedule = start.backupScheduled
      ? { enabled: true, every: "weekly", folder: "Sauvegardes", hasPassphrase: true, keep: 4, last: "2026-11-15T08:00:00+01:00", next: "2026-11-22T08:00:00+01:00", trouble: null }
      : { enabled: false, every: "weekly", folder: null, hasPassphrase: false, keep: 4, last: null, next: null, trouble: null };
  }

  /** A row with its mark. */
  row(row: Row): Row {
    return this.handled.row(row);
  }

  /** A box with its name and colour. */
  box(account: Account): Account {
    return { ...account, name: this.names.get(account.id) ?? account.name, color: this.colors.get(account.id) ?? account.color };
  }

  /** Somebody else takes a message, elsewhere. */
  somebodyTakes(message: number): void {
    this.handled.somebodyTakes(message);
  }

  private notices(): BoxAnnouncement[] {
    const at = "2026-11-17T09:00:00+01:00";
    if (this.life === "unused") return [{ account: 3, notice: { is: "unused45", unpublishedOn: "2026-12-02" }, at }];
    if (this.life === "leaving") return [{ account: 2, notice: { is: "leaving", count: 34, octets: 61_000_000, firstOn: "2026-11-24" }, at }];
    return [];
  }

  private checked(): BackupChecked {
    return {
      file: "pli-2026-11-15.plisauvegarde",
      octets: 2_470_000_000,
      version: "0.1.0",
      at: "2026-11-15T08:00:00+01:00",
      whole: true,
      bals: ["elise.martin@cabinet-lilas.mssante.example", "cabinet@cabinet-lilas.mssante.example"],
      messages: 20_412,
      traces: 12_480,
      drafts: 1,
      outgoing: 6,
    };
  }

  private passphrase(given: string): void {
    if (this.start.backup) fail(this.start.backup);
    if (given !== "quatre mots sans rapport") fail("backupPassphrase");
  }

  handlers(): Handlers {
    return {
      rules_get: () => this.rules,
      rules_set: (set) => {
        this.asked.push(set);
        if (set.redirect?.enabled && !set.samePerson) fail("redirectUnconfirmed");
        const redirect = set.redirect && {
          ...set.redirect,
          confirmedBy: set.redirect.enabled ? ELISE.name : null,
          confirmedAt: set.redirect.enabled ? "2026-11-17T09:11:00+01:00" : null,
        };
        const sort = set.sort.map((each, at) => ({ ...each, id: each.id || `n${at}` }));
        const foreign = this.rules.standing;
        const standing = foreign.is === "foreignAlone" && set.includeInForeign ? { is: "included" as const, name: foreign.name } : foreign;
        this.rules = { ...this.rules, answer: set.answer, redirect, sort, standing, differs: false };
        this.answering = set.answer?.enabled ? { until: set.answer.until, proposeStop: false } : null;
        this.emit({ event: "rules", account: set.account });
        return this.rules;
      },
      rules_stop_answer: ({ account }) => {
        this.rules = { ...this.rules, answer: this.rules.answer && { ...this.rules.answer, enabled: false } };
        this.answering = null;
        this.emit({ event: "rules", account });
        return this.rules;
      },
      rules_answering: ({ account }) => (account === 1 ? this.answering : null),
      rules_keep_answer: () => {
        if (this.answering) this.answering = { ...this.answering, proposeStop: false };
        return {};
      },
      ...this.handled.handlers(),
      account_set: ({ account, name, color }) => {
        this.names.set(account, name);
        this.colors.set(account, color);
        this.emit({ event: "accounts" });
        return this.box(this.account(account));
      },
      box_life: ({ account }): BoxLife => ({
        openedAt: account === 3 && this.life === "unused" ? "2026-10-02T08:00:00+02:00" : "2026-11-17T09:11:00+01:00",
        daysWithout: account === 3 && this.life === "unused" ? 46 : 0,
        notice: this.notices().find((each) => each.account === account)?.notice ?? null,
        operator: {
          name: "Opérateur des Lilas",
          deletesAfterDays: account === 2 ? 90 : null,
          purgesSentAfterDays: null,
          webMail: "https://webmail.cabinet-lilas.mssante.example",
          removal: [
            "Pour faire supprimer cette boîte, écrivez à votre opérateur : support@cabinet-lilas.mssante.example.",
            "Pour corriger votre nom, votre profession ou votre lieu d’exercice dans l’annuaire, adressez-vous à votre Ordre ou à l’autorité qui vous a enregistré.",
          ],
        },
        retention: { offlineMonths: this.months.get(account) ?? null },
        keptLocally: account === 2 ? this.kept : 0,
        onlyHere: account === 2 ? this.kept : 0,
      }),
      box_notices: () => this.notices(),
      box_notice_dismiss: () => {
        this.life = undefined;
        return {};
      },
      box_keep: () => {
        this.kept += 34;
        this.life = undefined;
        this.emit({ event: "boxLife", account: 2 });
        return { kept: 34, toCome: 0 };
      },
      box_retention_set: async ({ account, months }) => {
        this.months.set(account, months);
        return this.handlers().box_life({ account });
      },
      backup_create: ({ passphrase }) => {
        if (passphrase.length < 12) fail("weakPassphrase");
        if (this.start.backup) fail(this.start.backup);
        const { file, octets, messages, traces, at } = this.checked();
        return { file, octets, messages, traces, at, unreadable: 0 };
      },
      backup_check: ({ passphrase }) => {
        this.passphrase(passphrase);
        return this.checked();
      },
      backup_restore: ({ passphrase }) => {
        this.passphrase(passphrase);
        this.restored();
        return this.checked();
      },
      backup_schedule: () => this.schedule,
      backup_schedule_set: ({ enabled, every, keep, chooseFolder, passphrase }) => {
        this.schedule = {
          ...this.schedule,
          enabled,
          every,
          keep,
          folder: chooseFolder ? "Sauvegardes" : this.schedule.folder,
          hasPassphrase: passphrase !== null || this.schedule.hasPassphrase,
          next: enabled ? "2026-11-22T08:00:00+01:00" : null,
        };
        return this.schedule;
      },
    };
  }
}
