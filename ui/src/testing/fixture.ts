// A backend that answers from a script: to look at every state without an engine, and to test the window alone.
import {
  CommandFailure,
  type Account,
  type Answer,
  type Argument,
  type Backend,
  type Code,
  type Commands,
  type Draft,
  type DraftCheck,
  type Event,
  type Name,
  type Outgoing,
  type Page,
  type Row,
  type Status,
  type ToHandle,
  type VaultState,
} from "../backend";
import { certificate, Entry, NATIONAL_ID, type EntryStart } from "./entry";
import { Journal, type JournalStart } from "./journal";
import { makeMessage, makeRows } from "./mail";
import { accounts as everyone, folders as everyFolder } from "./people";
import { Room, type RoomStart } from "./room";
import { makeOutgoing } from "./sent";
import { Shared, type SharedStart } from "./shared";

/** How the story begins. */
export interface Start extends EntryStart, JournalStart, RoomStart, SharedStart {
  readonly vault?: VaultState;
  readonly accounts?: boolean;
  readonly offline?: boolean;
  /** These boxes only. */
  readonly boxes?: readonly number[];
  /** Days left to the certificate of the box that has one. */
  readonly certificate?: number;
}

/** The script, and what a test may do from outside: what the person does on the phone, what time does. */
export interface Fixture extends Backend {
  emit(event: Event): void;
  readonly entry: Entry;
  readonly journal: Journal;
  readonly room: Room;
  readonly shared: Shared;
}

type Handlers = { [N in Name]: (argument: Commands[N]["argument"]) => Commands[N]["answer"] | Promise<Commands[N]["answer"]> };

function fail(code: Code, about: string | null = null, server: string | null = null): never {
  throw new CommandFailure({ code, about, server });
}

const TRUSTED = /^[^@\s]+@([^@\s]+\.)?(mssante\.example|mssante\.fr|mssante\.test)$/;

/** Makes a scripted backend. */
export function fixture(start: Start = {}): Fixture {
  const hearers = new Set<(event: Event) => void>();
  const emit = (event: Event): void => hearers.forEach((hear) => hear(event));
  let vault: VaultState = start.vault ?? "open";
  const entry = new Entry(start, emit, (open) => (vault = open ? "open" : "locked"));
  if (vault === "locked") entry.locked = { since: "2026-11-17T08:59:00+01:00", reason: start.reason ?? "inactivity" };
  let accounts: Account[] =
    start.accounts === false ? [] : everyone.filter(({ id }) => start.boxes?.includes(id) ?? true).map((each) => ({ ...each, ...(start.offline && { session: "offline" as const }) }));
  if (start.certificate !== undefined) {
    const days = start.certificate;
    accounts = accounts.map((each) => (each.method === "certificate" ? certificate(each, days) : each));
  }
  /** A box that Pro Santé Connect opens is online while its session lasts. */
  const withSession = (account: Account): Account =>
    account.method === "code" && (entry.session === null || entry.session.ended) ? { ...account, session: "loggedOut" } : account;
  let rows = makeRows().filter(({ account }) => start.boxes?.includes(account) ?? true);
  let outgoing = makeOutgoing();
  const journal = new Journal(start, emit);
  const room = new Room(start, emit, () => rows, (messages) => {
    rows = rows.filter(({ id }) => !messages.includes(id));
    emit({ event: "messages", account: 2, folder: 200, new: 0 });
  });
  const shared = new Shared(start, emit, (id) => accounts.find((each) => each.id === id) ?? fail("notFound"), () => {
    accounts = everyone;
    vault = "open";
    setTimeout(() => emit({ event: "vault" }));
  }, () => entry.who);
  const drafts = new Map<number, Draft>();
  /** Drafts whose person said that they answer from another box, and which. */
  const confirmed = new Map<number, number>();
  let next = 50;

  const status = (): Status => ({
    vault,
    accounts: vault === "open" ? accounts.length : 0,
    version: "0.1.0",
    online: !start.offline,
    syncedAt: "2026-11-17T09:11:00+01:00",
    syncing: false,
    termsAccepted: entry.accepted !== null,
    profile: entry.profile,
  });
  // What the boxes and folders count is what the lists hold.
  const unreadIn = (folder: number): number => rows.filter((row) => row.folder === folder && !row.seen).length;
  const inboxOf = (account: number): number => everyFolder.find((each) => each.account === account && each.role === "inbox")?.id ?? 0;
  const toHandle = (account: number): ToHandle => shared.handled.count(rows.filter((row) => row.account === account));
  const withCount = (account: Account): Account =>
    shared.box(room.account(withSession({ ...account, unread: unreadIn(inboxOf(account.id)), toHandle: toHandle(account.id) })));
  const roleOf = (row: Row): string => everyFolder.find(({ id }) => id === row.folder)?.role ?? "other";
  const page = (all: Row[], offset: number, limit: number): Page => ({
    rows: all.slice(offset, offset + limit).map((row) => shared.row(row)),
    total: all.length,
    unread: all.filter(({ seen }) => !seen).length,
  });
  const draftOf = (id: number): Draft => drafts.get(id) ?? fail("notFound");
  const check = (draft: Draft): DraftCheck => {
    const all = [...draft.to, ...draft.cc, ...draft.bcc];
    const problems: DraftCheck["problems"] = [];
    if (all.length === 0) problems.push({ what: "noRecipient" });
    for (const { address } of all) {
      if (!/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(address)) problems.push({ what: "badAddress", address });
      else if (!TRUSTED.test(address)) problems.push({ what: "outsideTrustSpace", address });
    }
    if (draft.subject.trim() === "") problems.push({ what: "noSubject" });
    if (/ci-joint|pièce jointe/i.test(draft.text) && draft.attachments.length === 0) problems.push({ what: "forgottenAttachment" });
    const received = rows.find(({ id }) => id === draft.about)?.account;
    if (received !== undefined && received !== draft.account && confirmed.get(draft.id) !== draft.account)
      problems.push({ what: "otherBox", receivedBy: received });
    const size = 1200 + draft.text.length + draft.attachments.reduce((sum, each) => sum + Math.ceil(each.size * 1.37), 0);
    return { size, limit: 10_000_000, problems };
  };
  const sentOf = (id: number): Outgoing => outgoing.find((each) => each.id === id) ?? fail("notFound");
  const amend = (id: number, change: Partial<Outgoing>): Outgoing => {
    outgoing = outgoing.map((each) => (each.id === id ? { ...each, ...change } : each));
    emit({ event: "outgoing", outgoing: id, state: sentOf(id).state });
    return sentOf(id);
  };

  const handlers: Handlers = {
    status: () => status(),
    vault_open: ({ passphrase }) => {
      if (vault === "needsPassphrase" && passphrase !== "quatre mots sans rapport") fail("wrongPassphrase");
      if (vault === "newNeedsPassphrase" && (passphrase ?? "").length < 12) fail("weakPassphrase");
      vault = "open";
      setTimeout(() => emit({ event: "vault" }));
      return status();
    },
    account_discover: ({ address }) => {
      if (!/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(address)) fail("badAddress", address);
      if (!TRUSTED.test(address)) fail("outsideTrustSpace", address);
      const domain = address.split("@")[1] ?? "";
      return {
        address: address.trim().toLowerCase(),
        kind: null,
        imap: { host: `imap.${domain}`, port: 993, tls: "implicit" },
        smtp: { host: `smtp.${domain}`, port: 465, tls: "implicit" },
        source: "srv",
      };
    },
    account_add: ({ address, kind, method, name }) => {
      const model = everyone[0] ?? fail("internal");
      const account = { ...model, id: accounts.length + 1, address, kind: kind ?? "PER", method, name: name ?? model.name, session: "online" as const, certificate: null };
      accounts = [...accounts, account];
      emit({ event: "accounts" });
      return account;
    },
    account_list: () => accounts.map(withCount),
    account_rename: ({ account, name }) => {
      accounts = accounts.map((each) => (each.id === account ? { ...each, name } : each));
      emit({ event: "accounts" });
      return accounts.find(({ id }) => id === account) ?? fail("notFound");
    },
    account_remove: ({ account }) => {
      if (outgoing.some((each) => each.account === account && ["queued", "sending", "unknown"].includes(each.state))) fail("wrongState");
      accounts = accounts.filter(({ id }) => id !== account);
      emit({ event: "accounts" });
      return {};
    },
    login_start: (argument) => entry.begin(argument),
    login_cancel: ({ login }) => {
      entry.cancelled.push(login);
      return {};
    },
    login_hint: () => ({
      person: entry.profile.person,
      nationalId: entry.profile.person ? NATIONAL_ID : null,
      channel: "mobile",
      way: entry.profile.person ? "phone" : "browser",
    }),
    login_certificate: ({ account, passphrase }) => {
      if (passphrase !== "secret") fail("badPkcs12");
      accounts = accounts.map((each) => (each.id === account ? certificate(each, 700) : each));
      emit({ event: "accounts" });
      return { state: "done", login: 0, name: "Secrétariat" };
    },
    session_get: () => entry.session,
    logout: () => {
      entry.session = null;
      emit({ event: "identity" });
      return {};
    },
    provider_get: () => entry.way,
    provider_set: ({ discovery, clientId }) => (entry.way = { ...entry.way, discovery, clientId }),
    provider_check: () => entry.check(),
    lock_now: () => {
      entry.lock("demand");
      return {};
    },
    lock_get: () => entry.view(),
    unlock: ({ secret }) => {
      entry.open(secret);
      return status();
    },
    lock_settings: () => entry.settings,
    lock_set: ({ minutes, atSessionEnd }) => (entry.settings = { ...entry.settings, minutes, atSessionEnd }),
    pin_set: ({ current, pin }) => entry.setPin(current, pin),
    activity: () => {
      entry.activities += 1;
      return {};
    },
    profile_list: () => entry.profiles,
    profile_add: ({ name }) => entry.addProfile(name),
    profile_switch: ({ profile }) => {
      entry.switchTo(profile);
      accounts = [];
      rows = [];
      outgoing = [];
      drafts.clear();
      // Nobody's yet: nothing is stored in it, nothing was accepted.
      const fresh = entry.profile.person === null;
      vault = fresh ? "new" : "open";
      if (fresh) entry.accepted = null;
      setTimeout(() => emit({ event: "profile" }));
      return status();
    },
    profile_rename: ({ profile, name }) => {
      entry.profiles = entry.profiles.map((each) => (each.id === profile ? { ...each, name } : each));
      return entry.profiles.find(({ id }) => id === profile) ?? fail("notFound");
    },
    terms_get: () => entry.terms(),
    terms_accept: () => {
      entry.accepted = "2026-11-17T09:11:00+01:00";
      return {};
    },
    sync_now: () => ({}),
    folder_list: ({ account }) =>
      everyFolder.filter((folder) => folder.account === account).map((folder) => ({ ...folder, unread: unreadIn(folder.id) })),
    message_list: ({ scope, filter, offset, limit }) => {
      const all = rows.filter((row) => {
        // What is to be dealt with is so wherever it lies.
        if (filter === "open" || filter === "mine")
          return (scope.of !== "account" || row.account === scope.account) && (scope.of !== "folder" || row.folder === scope.folder) && shared.handled.waits(row, filter);
        const here =
          scope.of === "folder"
            ? row.folder === scope.folder
            : roleOf(row) === "inbox" && (scope.of === "all" || row.account === scope.account);
        return here && (filter === "all" || (filter === "unread" ? !row.seen : row.flagged));
      });
      return page(all, offset, limit);
    },
    message_get: ({ message }) => makeMessage(rows.find(({ id }) => id === message) ?? fail("notFound")),
    message_print: () => ({}),
    message_flag: ({ messages, flag, on }) => {
      rows = rows.map((row) => (messages.includes(row.id) ? { ...row, [flag]: on } : row));
      for (const { account, folder } of rows.filter((row) => messages.includes(row.id))) emit({ event: "messages", account, folder, new: 0 });
      emit({ event: "accounts" });
      return {};
    },
    message_move: ({ messages, folder }) => {
      rows = rows.map((row) => (messages.includes(row.id) ? { ...row, folder } : row));
      emit({ event: "messages", account: 1, folder, new: 0 });
      emit({ event: "accounts" });
      return {};
    },
    message_delete: ({ messages }) => {
      const binned = rows.filter((row) => messages.includes(row.id) && roleOf(row) === "trash").map(({ id }) => id);
      rows = rows.filter((row) => !binned.includes(row.id));
      rows = rows.map((row) => (messages.includes(row.id) ? { ...row, folder: row.account * 100 + 7 } : row));
      emit({ event: "accounts" });
      return {};
    },
    attachment_save: ({ message, part }) => {
      const row = rows.find(({ id }) => id === message) ?? fail("notFound");
      const name = makeMessage(row).attachments.find((each) => each.part === part)?.name;
      return name ? { name } : null;
    },
    search: ({ text, limit }) => {
      const words = text.toLowerCase().split(/\s+/);
      const found = rows.filter((row) => words.every((word) => `${row.who.name} ${row.subject} ${row.snippet}`.toLowerCase().includes(word)));
      const first = words[0] ?? "";
      return page(
        found.map((row) => {
          const at = row.snippet.toLowerCase().indexOf(first);
          const excerpt = at < 0 ? null : `${row.snippet.slice(0, at)}‹${row.snippet.slice(at, at + first.length)}›${row.snippet.slice(at + first.length)}`;
          return { ...row, excerpt };
        }),
        0,
        limit,
      );
    },
    suggest: ({ text }) =>
      [...new Map(rows.map(({ who }) => [who.address, who])).values()].filter(({ name, address }) =>
        `${name} ${address}`.toLowerCase().includes(text.toLowerCase()),
      ),
    draft_new: ({ account, from, about }) => {
      const row = rows.find(({ id }) => id === about);
      const subject = row ? `${from === "forward" ? "Tr" : "Re"} : ${row.subject.replace(/^Re : /, "")}` : "";
      const draft: Draft = {
        id: next++,
        account: account ?? row?.account ?? 1,
        to: row && from !== "forward" ? [row.who] : [],
        cc: [],
        bcc: [],
        subject,
        text: row ? `\n\nLe 17/11/2026, ${row.who.name} a écrit :\n${makeMessage(row).text.replace(/^/gm, "> ")}` : "",
        askReading: true,
        askDelivery: true,
        attachments: [],
        about,
        savedAt: new Date().toISOString(),
        revision: 1,
      };
      drafts.set(draft.id, draft);
      return draft;
    },
    draft_list: () => [...drafts.values()],
    draft_get: ({ draft }) => draftOf(draft),
    draft_save: ({ draft }) => {
      const known = draftOf(draft.id);
      if (known.revision !== draft.revision) fail("draftChanged");
      const saved = { ...draft, attachments: known.attachments, revision: draft.revision + 1, savedAt: new Date().toISOString() };
      drafts.set(draft.id, saved);
      emit({ event: "draft", draft: draft.id, revision: saved.revision });
      return saved;
    },
    draft_attach: ({ draft }) => {
      const known = draftOf(draft);
      const saved = {
        ...known,
        attachments: [...known.attachments, { id: next++, name: "2026-11-10_ECG.pdf", mime: "application/pdf", size: 2_600_000 }],
        revision: known.revision + 1,
      };
      drafts.set(draft, saved);
      return saved;
    },
    draft_detach: ({ draft, attachment }) => {
      const known = draftOf(draft);
      const saved = { ...known, attachments: known.attachments.filter(({ id }) => id !== attachment), revision: known.revision + 1 };
      drafts.set(draft, saved);
      return saved;
    },
    draft_check: ({ draft }) => check(draftOf(draft)),
    draft_confirm_box: ({ draft }) => {
      const known = draftOf(draft);
      confirmed.set(draft, known.account);
      return known;
    },
    draft_delete: ({ draft }) => {
      drafts.delete(draft);
      return {};
    },
    draft_send: ({ draft }) => {
      const known = draftOf(draft);
      if (check(known).problems.some(({ what }) => what !== "noSubject" && what !== "forgottenAttachment")) fail("draftIncomplete");
      drafts.delete(draft);
      const now = new Date();
      const sent: Outgoing = {
        id: next++,
        account: known.account,
        subject: known.subject,
        queuedAt: now.toISOString(),
        leavesAt: new Date(now.getTime() + 8000).toISOString(),
        settledAt: null,
        state: "queued",
        attempts: 0,
        nextAttemptAt: null,
        problem: null,
        recipients: [...known.to, ...known.cc, ...known.bcc].map((party) => ({
          party,
          kind: "professional",
          fate: "waiting",
          answeredAt: null,
          reportedAt: null,
          readAt: null,
          sentence: null,
          status: null,
          server: null,
          reports: true,
        })),
        size: 4000,
        sentCopy: null,
        messageId: `${next}@cabinet-lilas.mssante.example`,
      };
      outgoing = [sent, ...outgoing];
      emit({ event: "outgoing", outgoing: sent.id, state: "queued" });
      return sent;
    },
    outbox_list: () => outgoing,
    outbox_get: ({ outgoing: id }) => sentOf(id),
    outbox_cancel: ({ outgoing: id }) => {
      const sent = sentOf(id);
      if (sent.state !== "queued") fail("alreadyLeft");
      amend(id, { state: "cancelled" });
      const draft: Draft = {
        id: next++,
        account: sent.account,
        to: sent.recipients.map(({ party }) => party),
        cc: [],
        bcc: [],
        subject: sent.subject,
        text: "",
        askReading: true,
        askDelivery: true,
        attachments: [],
        about: null,
        savedAt: new Date().toISOString(),
        revision: 1,
      };
      drafts.set(draft.id, draft);
      return draft;
    },
    outbox_retry: ({ outgoing: id }) => amend(id, { state: "sending", problem: null }),
    outbox_settle: ({ outgoing: id, left }) => amend(id, left ? { state: "accepted" } : { state: "queued" }),
    ...journal.handlers(),
    ...room.handlers(),
    ...shared.handlers(),
  };

  const closedToo: readonly Name[] = ["status", "lock_get", "unlock", "session_get", "terms_get", "terms_accept", "activity", "logout"];

  return {
    entry,
    journal,
    room,
    shared,
    async call<N extends Name>(name: N, argument: Argument<N>): Promise<Answer<N>> {
      await Promise.resolve();
      if (vault === "locked" && !closedToo.includes(name) && !/^(login|provider|profile)_/.test(name)) fail("locked");
      // Through JSON, as over any host: what is shared by accident does not pass.
      return JSON.parse(JSON.stringify(await handlers[name](argument))) as Answer<N>;
    },
    listen(hear) {
      hearers.add(hear);
      return () => hearers.delete(hear);
    },
    emit,
  };
}
