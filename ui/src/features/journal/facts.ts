// What a trace says, line by line, what it does not say included. Pure.
import type { Trace } from "../../backend";
import { text } from "../../text";
import { gap, writtenWhole } from "../../text/dates";
import { nationalId } from "../../text/numbers";
import { shortHash } from "./hash";
import { requestWords } from "./words";

const fields = text.journal.fields;
const missing = text.journal.missing;

/** One line of the detail. */
export interface Fact {
  readonly name: string;
  readonly value: string;
  /** Under the value, smaller. */
  readonly more?: string;
  /** After the value: the kind of a box. */
  readonly kind?: string;
  /** Nothing was recorded: the value says why. */
  readonly absent?: boolean;
  readonly warn?: boolean;
  /** What its button copies. */
  readonly copy?: string;
  readonly figures?: boolean;
}

const PSEUDONYM = /^dossier-[0-9a-f]{12}$/;
/** What is about one message, and should name it. */
const ABOUT_MESSAGE = new Set(["send", "read", "download", "print"]);

const said = (name: string, value: string | null, otherwise: string | null, more: Partial<Fact> = {}): Fact[] =>
  value ? [{ name, value, ...more }] : otherwise === null ? [] : [{ name, value: otherwise, absent: true }];

function folder(name: string, word: string, known: string | null): Fact[] {
  if (word === "") return [];
  if (known && known !== word) return [{ name, value: known, more: text.journal.pseudonymKnown(word) }];
  return [{ name, value: word, ...(PSEUDONYM.test(word) && { more: text.journal.pseudonym }) }];
}

/** What is known of the clock's truth. */
export function clockWords({ synchronised, gapMs }: Pick<Trace, "synchronised" | "gapMs">): string {
  const words = text.journal.clock;
  const source = synchronised === null ? words.unknown : synchronised ? words.yes : words.no;
  if (gapMs === null) return `${source}, ${words.noGap}`;
  return `${source}, ${gapMs === 0 ? words.exact : words.gap(gap(gapMs), gapMs > 0)}`;
}

/** Who, on which box, when. */
export function who(trace: Trace): Fact[] {
  return [
    trace.authorName || trace.author
      ? { name: fields.author, value: trace.authorName || nationalId(trace.author), figures: true, ...(trace.authorName && trace.author && { more: nationalId(trace.author) }) }
      : { name: fields.author, value: missing.author, absent: true },
    ...(trace.authorName || trace.author
      ? [{ name: fields.identity, value: text.journal.authenticated[trace.authenticated] ?? trace.authenticated }]
      : []),
    ...said(fields.box, trace.bal, missing.box, { kind: trace.balKind }),
    { name: fields.time, value: writtenWhole(trace.at), figures: true },
    { name: fields.clock, value: clockWords(trace), warn: trace.synchronised !== true },
    { name: fields.duration, value: text.journal.milliseconds(trace.durationMs), figures: true },
  ];
}

/** What was asked, and what was answered. Recipients are apart. */
export function exchange(trace: Trace): Fact[] {
  const asked = trace.intended || trace.unanswered;
  const answered = trace.server === "" ? missing.noServer : missing.byServer;
  const about = ABOUT_MESSAGE.has(trace.action);
  return [
    ...said(fields.request, requestWords(trace), missing.recorded, {
      ...(requestWords(trace) !== trace.request && { more: text.journal.recordedAs(trace.request) }),
    }),
    ...folder(fields.folder, trace.mailbox, trace.folder),
    ...folder(fields.target, trace.target, trace.targetFolder),
    ...said(fields.uids, trace.uids, null, { figures: true }),
    ...said(fields.response, trace.response, asked ? missing.notYet : answered, { warn: trace.unanswered }),
    ...(trace.server !== "" && !asked && trace.code === null ? said(fields.code, null, missing.byServer) : said(fields.code, trace.code, null)),
    ...said(fields.enhanced, trace.enhanced, null),
    ...said(fields.exchanged, text.journal.exchanged(trace.octetsOut, trace.octetsIn), trace.server === "" ? null : missing.recorded, { figures: true }),
    ...said(fields.sender, trace.sender, about ? missing.recorded : null),
  ];
}

/** The message it is about. */
export function message(trace: Trace): Fact[] {
  const about = ABOUT_MESSAGE.has(trace.action);
  return [
    ...said(fields.size, trace.size === null ? null : text.journal.octets(trace.size), about ? missing.recorded : null, { figures: true }),
    ...said(fields.messageId, trace.messageId, about ? missing.recorded : null, { ...(trace.messageId && { copy: trace.messageId }) }),
    ...said(fields.internal, trace.internalId, about ? missing.recorded : null, { ...(trace.internalId && { copy: trace.internalId }) }),
  ];
}

/** From which workstation, to which server. */
export function station(trace: Trace): Fact[] {
  return [
    ...said(fields.station, [trace.system, trace.program].filter(Boolean).join(", "), missing.recorded),
    ...said(fields.host, trace.host, missing.recorded),
    ...said(fields.network, trace.localAddress, trace.server === "" ? missing.recorded : missing.offline, { figures: true }),
    ...said(fields.server, trace.server, missing.noServer, { figures: true }),
    { name: fields.uid, value: shortHash(trace.uid), copy: trace.uid, figures: true },
  ];
}

/** Whether there is a message whose life can be followed. */
export function hasLife(trace: Trace): boolean {
  return trace.messageId !== null || trace.internalId !== null;
}
