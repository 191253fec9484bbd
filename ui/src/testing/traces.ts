// A journal as long as one likes, each trace made when it is asked for: what repeats is a pattern, so that counting a filter
// over a million traces is arithmetic.
import type { JournalDay, JournalFilter, JournalKnown, JournalPage, Trace } from "../backend";

const NEWEST = Date.parse("2026-11-17T09:11:04.204+01:00");

const MARTIN = { author: "899700000013", authorName: "Dr É. Martin", authenticated: "code" };
const RENAUD = { author: "899700000021", authorName: "N. Renaud", authenticated: "ciba" };
const NOBODY = { author: "", authorName: "", authenticated: "none" };
const DOMAIN = "cabinet-lilas.mssante.example";
const PER = { bal: `elise.martin@${DOMAIN}`, balKind: "PER" };
const CAB = { bal: `cabinet@${DOMAIN}`, balKind: "CAB" };
const ORG = { bal: `secretariat@${DOMAIN}`, balKind: "ORG" };
const NONE = { bal: "", balKind: "" };
const IMAP = `imap.${DOMAIN}:993 (192.0.2.10)`;
const SMTP = `smtp.${DOMAIN}:465 (192.0.2.11)`;

const TO = [
  "p.mercier@ste-oree.mssante.example",
  "h.castaing@port-merel.mssante.example",
  "cardio.secretariat@ch-valmont.mssante.example",
  "257039999921887@patient.mssante.fr",
];

type Kind = Pick<Trace, "author" | "authorName" | "authenticated" | "bal" | "balKind" | "action" | "request" | "response" | "server"> &
  Partial<Trace> & {
    /** Which of the block's messages it is about. */
    readonly about?: "sent" | "received";
  };

const intended = (kind: Kind): Kind => ({ ...kind, response: "", code: null, enhanced: null, intended: true, octetsIn: null });

const send: Kind = {
  ...MARTIN, ...PER, action: "send", request: "MAIL, 4 RCPT, DATA 3 984 112", response: "250 2.0.0 accepté", code: "250", enhanced: "2.0.0",
  server: SMTP, about: "sent", octetsOut: 3_984_530, octetsIn: 312,
};
const receive: Kind = {
  ...MARTIN, ...PER, action: "receive", request: "UID FETCH 48212:48219", response: "OK, 8 messages", code: "OK", server: IMAP,
  mailbox: "INBOX", uids: "48212:48219", octetsOut: 64, octetsIn: 812_400,
};
const login: Kind = { ...MARTIN, ...PER, action: "login", request: "AUTHENTICATE XOAUTH2, IMAP", response: "OK", code: "OK", server: IMAP };

/** A few minutes of a practice, newest first. */
const FEW: readonly Kind[] = [
  { ...receive, about: "received" },
  intended({ ...receive, about: "received" }),
  { ...MARTIN, ...PER, action: "move", request: "UID MOVE 48207", response: "OK", code: "OK", server: IMAP, mailbox: "INBOX", target: "dossier-5f1c09ae77b2", uids: "48207" },
  { ...MARTIN, ...PER, action: "flag", request: "UID STORE 48211 +FLAGS.SILENT (\\Seen)", response: "OK", code: "OK", server: IMAP, mailbox: "INBOX", uids: "48211" },
  { ...MARTIN, ...PER, action: "read", request: "OPEN INBOX 48211", mailbox: "INBOX", uids: "48211", response: "", server: "", about: "received" },
  { ...RENAUD, ...ORG, action: "delete", request: "UID EXPUNGE 1902:1911", response: "OK, 10 messages", code: "OK", server: IMAP, mailbox: "Trash", uids: "1902:1911" },
  { ...receive, request: "UID FETCH 48210", response: "OK, avis 5.2.2", uids: "48210", about: "sent" },
  { ...MARTIN, ...PER, action: "append", request: "APPEND", response: "OK [APPENDUID 12 311]", code: "OK", server: IMAP, mailbox: "Sent", about: "sent" },
  send,
  intended(send),
  { ...login, request: "AUTH XOAUTH2, SMTP", response: "235 2.7.0", code: "235", enhanced: "2.7.0", server: SMTP },
  { ...MARTIN, ...PER, action: "print", request: "PRINT", response: "", server: "", about: "received" },
  { ...RENAUD, ...CAB, action: "receive", request: "UID FETCH 9077:9081", response: "OK, 5 messages", code: "OK", server: IMAP, mailbox: "dossier-0d44a1b7c3e9", folder: "Courriers réglés", uids: "9077:9081" },
  { ...login, ...RENAUD, ...CAB },
  { ...login, ...RENAUD, ...CAB, response: "jeton refusé", code: "NO", failed: true },
  { ...login },
  { ...MARTIN, ...PER, action: "quota", request: "GETQUOTAROOT", response: "OK", code: "OK", server: IMAP },
  { ...MARTIN, ...NONE, action: "unlock", request: "UNLOCK BY PIN", response: "", server: "" },
  { ...NOBODY, ...NONE, action: "lock", request: "LOCK inactivity", response: "", server: "" },
  { ...MARTIN, ...PER, action: "disconnect", request: "LOGOUT", response: "BYE", code: "BYE", server: IMAP },
];
const REPEATS = 6;

/** The pattern: the same minutes, with what happens seldom. */
const PATTERN: readonly Kind[] = Array.from({ length: REPEATS }, (_, turn) =>
  FEW.map((kind, place): Kind => {
    if (turn === 2 && place === 9) return { ...kind, unanswered: true };
    if (turn === 2 && place === 8) return { ...receive };
    if (turn === 4 && place === 8)
      return { ...kind, response: "boîte pleine", code: "552", enhanced: "5.2.2", failed: true };
    if (turn === 1 && place === 16)
      return { ...kind, action: "settings", request: "RETENTION 6 -> 12 TECHNICAL 6 -> 6 END DESTROY -> DESTROY", response: "", server: "", code: null };
    return kind;
  }),
).flat();
const LENGTH = PATTERN.length;

function two(value: number, digits = 2): string {
  return value.toString().padStart(digits, "0");
}

/** An instant as the workstation writes it. */
function written(time: number): string {
  const at = new Date(time);
  const offset = -at.getTimezoneOffset();
  const sign = offset < 0 ? "-" : "+";
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${two(at.getMilliseconds(), 3)}`;
  return `${day}T${clock}${sign}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
}

function hashOf(sequence: number): string {
  let state = (sequence * 2_654_435_761) >>> 0;
  let hash = "";
  while (hash.length < 64) {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 0x9e37) >>> 0;
    hash += two(state, 0).slice(-4) && state.toString(16).padStart(8, "0");
  }
  return hash.slice(0, 64);
}

export class Traces {
  /** Written since the story began. */
  private arrived = 0;
  private gone = 0;
  private readonly step: number;

  /** @param total traces; they go back six months */
  constructor(readonly total: number) {
    this.step = Math.floor((184 * 86_400_000) / Math.max(1, total));
  }

  /** The last trace's place in the chain. */
  get last(): number {
    return this.total + this.arrived;
  }

  get first(): number {
    return 1 + this.gone;
  }

  arrive(count: number): void {
    this.arrived += count;
  }

  private time(index: number): number {
    return NEWEST - index * this.step;
  }

  get since(): string {
    return written(this.time(this.total - this.first));
  }

  private kindAt(index: number): Kind {
    return PATTERN[((index % LENGTH) + LENGTH) % LENGTH] as Kind;
  }

  /** Which message a trace is about: those of one repetition of the minutes are the same. */
  private messageOf(index: number): string | null {
    const { about } = this.kindAt(index);
    return about ? `${about === "sent" ? "2" : "1"}.${two(this.total - Math.floor(index / FEW.length), 7)}` : null;
  }

  /** The trace at a place counted from the newest of the story's beginning. */
  private make(index: number): Trace {
    const { about, ...kind } = this.kindAt(index);
    const sequence = this.total - index;
    const message = this.messageOf(index);
    return {
      failed: false,
      intended: false,
      unanswered: false,
      code: null,
      enhanced: null,
      mailbox: "",
      target: "",
      folder: null,
      targetFolder: null,
      uids: "",
      octetsOut: null,
      octetsIn: null,
      synchronised: index % 17 === 5 ? null : index % 23 === 7 ? false : true,
      gapMs: index % 17 === 5 ? null : 12 + (index % 9),
      setBackMs: index === 43 ? 123_000 : null,
      ...kind,
      sequence,
      uid: `01jcw5q7v2r8${two(sequence, 14)}a0b1c2`,
      at: written(this.time(index)),
      durationMs: kind.server ? 12 + (Math.abs(index) % 40) : 0,
      messageId: message && `${message}@${DOMAIN}`,
      internalId: message && `01JCW5Q7V2${message.replace(".", "R")}`,
      sender: about === "sent" ? PER.bal : about ? "resultats@bio-rivage.mssante.example" : null,
      recipients: about === "sent" ? TO : about ? [PER.bal] : [],
      size: about === "sent" ? 3_984_112 : about ? 101_550 : null,
      system: "Windows 11",
      program: "Pli 0.1.0",
      host: "CABINET-02",
      localAddress: kind.server ? "192.0.2.41" : "",
      hash: hashOf(sequence),
      previous: hashOf(sequence - 1),
    };
  }

  private matches(kind: Kind, filter: JournalFilter): boolean {
    if (kind.intended && !kind.unanswered && !filter.intentions) return false;
    if (filter.bal && kind.bal !== filter.bal) return false;
    if (filter.author && kind.author !== filter.author) return false;
    if (filter.action && kind.action !== filter.action) return false;
    if (filter.failures && !kind.failed) return false;
    if (filter.message && !kind.about) return false;
    if (filter.correspondent) {
      const part = filter.correspondent.toLowerCase();
      const addresses = kind.about === "sent" ? [...TO, PER.bal] : kind.about ? ["resultats@bio-rivage.mssante.example", PER.bal] : [];
      if (!addresses.some((address) => address.includes(part))) return false;
    }
    return true;
  }

  /** The places of the pattern that match, and the range of indices to look at. */
  private scope(filter: JournalFilter): { places: number[]; from: number; to: number } {
    const places = PATTERN.flatMap((kind, place) => (this.matches(kind, filter) ? [place] : []));
    const { since, until, message } = filter;
    let from = -this.arrived;
    let to = this.total - this.gone;
    if (until) from = Math.max(from, Math.floor((NEWEST - Date.parse(until)) / this.step) + 1);
    if (since) to = Math.min(to, Math.floor((NEWEST - Date.parse(since)) / this.step) + 1);
    if (message) {
      const block = this.total - Number(/(?:^|[.R])(\d{7})/.exec(message.slice(1))?.[1] ?? -1);
      const sent = /^2\.|V22R/.test(message);
      from = Math.max(from, block * FEW.length);
      to = Math.min(to, (block + 1) * FEW.length);
      return { places: places.filter((place) => (PATTERN[place]?.about === "sent") === sent), from, to: Math.max(from, to) };
    }
    return { places, from, to: Math.max(from, to) };
  }

  /** How many places below an index match. */
  private below(places: readonly number[], index: number): number {
    const turns = Math.floor(index / LENGTH);
    const rest = index - turns * LENGTH;
    return turns * places.length + places.filter((place) => place < rest).length;
  }

  list(filter: JournalFilter, offset: number, limit: number): JournalPage {
    const { places, from, to } = this.scope(filter);
    const first = this.below(places, from);
    const total = places.length === 0 ? 0 : Math.max(0, this.below(places, to) - first);
    const traces: Trace[] = [];
    for (let place = offset; place < Math.min(total, offset + limit); place++) {
      const nth = first + place;
      const turn = Math.floor(nth / places.length);
      traces.push(this.make(turn * LENGTH + (places[nth - turn * places.length] ?? 0)));
    }
    return { traces, total, known: this.known() };
  }

  days(filter: JournalFilter): JournalDay[] {
    const { places, from, to } = this.scope(filter);
    const found: JournalDay[] = [];
    let index = from;
    while (index < to) {
      const at = new Date(this.time(index));
      const start = new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
      const end = Math.min(to, Math.floor((NEWEST - start) / this.step) + 1);
      const count = this.below(places, end) - this.below(places, index);
      if (count > 0) found.push({ day: written(at.getTime()).slice(0, 10), count });
      index = end;
    }
    return found;
  }

  get(sequence: number): Trace | null {
    return sequence >= this.first && sequence <= this.last ? this.make(this.total - sequence) : null;
  }

  life(sequence: number): Trace[] {
    const index = this.total - sequence;
    const message = this.messageOf(index);
    if (!message) return [this.make(index)];
    const start = Math.floor(index / FEW.length) * FEW.length;
    const found: Trace[] = [];
    for (let place = start + FEW.length - 1; place >= start; place--) {
      if (this.messageOf(place) === message && (!this.kindAt(place).intended || this.kindAt(place).unanswered)) found.push(this.make(place));
    }
    return found;
  }

  /** How many are of before an instant. */
  before(instant: string): { count: number; since: string | null; until: string | null } {
    const from = Math.max(-this.arrived, Math.floor((NEWEST - Date.parse(instant)) / this.step) + 1);
    const count = Math.max(0, this.total - this.gone - from);
    return count === 0 ? { count, since: null, until: null } : { count, since: this.since, until: written(this.time(from)) };
  }

  prune(instant: string): number {
    const { count } = this.before(instant);
    this.gone += count;
    return count;
  }

  private known(): JournalKnown {
    return {
      authors: [MARTIN, RENAUD].map(({ author, authorName }) => [author, authorName]),
      bals: [PER.bal, CAB.bal, ORG.bal],
      actions: [...new Set(PATTERN.map(({ action }) => action))],
      since: this.since,
      until: written(this.time(-this.arrived)),
    };
  }
}
