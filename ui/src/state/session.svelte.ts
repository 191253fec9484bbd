// What the whole window knows: the program's state, who is logged in, the lock, the BALs, their folders, how far a sync has come.
import { SvelteMap } from "svelte/reactivity";
import {
  ask,
  listen,
  type Account,
  type BalKind,
  type Event,
  type Folder,
  type Lock,
  type Outgoing,
  type Profile,
  type Session as Identity,
  type Status,
} from "../backend";
import { notices } from "./notices.svelte";

/** How far a BAL's sync has come. */
export interface Progress {
  readonly phase: string;
  readonly done: number;
  readonly total: number;
}

/** Kinds of BAL that several people may read. */
const SHARED: readonly BalKind[] = ["CAB", "ORG"];

class Session {
  status = $state<Status | null>(null);
  /** Who is logged in, or was until the session ended. */
  identity = $state.raw<Identity | null>(null);
  lock = $state.raw<Lock | null>(null);
  profiles = $state.raw<readonly Profile[]>([]);
  /** The lock was asked for: nothing is shown any more, whatever the core still has to do. */
  hidden = $state(false);
  accounts = $state<Account[]>([]);
  folders = new SvelteMap<number, Folder[]>();
  progress = new SvelteMap<number, Progress>();
  outgoing = $state<Outgoing[]>([]);
  private hearers = new Set<(event: Event) => void>();
  private leavers = new Set<(forGood: boolean) => void>();
  /** Grows when everything is forgotten: an answer to an older question is dropped. */
  private epoch = 0;

  readonly open = $derived(this.status?.vault === "open" && !this.hidden);
  readonly unread = $derived(this.accounts.reduce((sum, account) => sum + account.unread, 0));
  /** What is still to be dealt with in all BALs. */
  readonly toHandle = $derived({
    mine: this.accounts.reduce((sum, { toHandle }) => sum + toHandle.mine, 0),
    open: this.accounts.reduce((sum, { toHandle }) => sum + toHandle.open, 0),
  });
  /** A BAL that several people may read is here. */
  readonly shared = $derived(this.accounts.some(({ kind }) => SHARED.includes(kind)));
  readonly syncing = $derived([...this.progress.values()].some((each) => each.phase !== "idle"));
  readonly offline = $derived(
    // A connection that is tried again after a failure is not one yet.
    this.accounts.length > 0 &&
      !this.accounts.some(({ session, problem }) => session === "online" || (session === "connecting" && !problem)),
  );
  /** A box waits for a login by Pro Santé Connect: none was made yet, or its session is over. */
  readonly needsLogin = $derived(
    (this.identity === null || this.identity.ended) &&
      (this.identity?.ended === true || this.accounts.some(({ method, session }) => method === "code" && session === "loggedOut")),
  );
  readonly loggedOut = $derived(this.accounts.filter(({ session }) => session === "loggedOut"));
  readonly refused = $derived(
    this.outgoing.filter((each) => each.recipients.some(({ fate }) => fate === "refused") && each.state !== "cancelled").length,
  );
  readonly waiting = $derived(this.outgoing.filter(({ state }) => state === "queued" || state === "sending").length);
  readonly doubtful = $derived(this.outgoing.filter(({ state }) => state === "unknown").length);

  /** Starts hearing events and reads the state for the first time. */
  async start(): Promise<void> {
    listen((event) => this.hear(event));
    await this.readStatus();
  }

  /** Hears events as the session does, after it. */
  on(hear: (event: Event) => void): () => void {
    this.hearers.add(hear);
    return () => this.hearers.delete(hear);
  }

  /** Runs a question; its answer, unless what it was about was forgotten meanwhile. */
  private async fresh<T>(run: () => Promise<T>): Promise<T | undefined> {
    const epoch = this.epoch;
    const answer = await notices.attempt(run);
    return epoch === this.epoch ? answer : undefined;
  }

  async readStatus(): Promise<void> {
    const status = await notices.attempt(() => ask("status", {}));
    if (status) await this.take(status);
  }

  /** Takes a status in: what may no longer be shown goes first. */
  async take(status: Status): Promise<void> {
    const other = this.status !== null && this.status.profile.id !== status.profile.id;
    const closing = this.status?.vault === "open" && status.vault !== "open";
    if (other || closing) this.forget(other);
    this.status = status;
    if (status.vault === "locked") await Promise.all([this.readLock(), this.readIdentity(), this.readProfiles()]);
    else this.lock = null;
    this.hidden = false;
    if (status.vault !== "open") return;
    await Promise.all([this.readAccounts(), this.readOutgoing(), this.readIdentity(), this.readProfiles()]);
  }

  async readLock(): Promise<void> {
    const lock = await notices.attempt(() => ask("lock_get", {}));
    if (lock !== undefined) this.lock = lock;
  }

  async readIdentity(): Promise<void> {
    const identity = await notices.attempt(() => ask("session_get", {}));
    if (identity !== undefined) this.identity = identity;
  }

  async readProfiles(): Promise<void> {
    const profiles = await notices.attempt(() => ask("profile_list", {}));
    if (profiles) this.profiles = profiles;
  }

  async readAccounts(): Promise<void> {
    if (this.status?.vault !== "open") return;
    const accounts = await this.fresh(() => ask("account_list", {}));
    if (!accounts) return;
    this.accounts = accounts;
    await Promise.all(accounts.filter(({ id }) => !this.folders.has(id)).map(({ id }) => this.readFolders(id)));
  }

  async readFolders(account: number): Promise<void> {
    if (this.status?.vault !== "open") return;
    const folders = await this.fresh(() => ask("folder_list", { account }));
    if (folders) this.folders.set(account, folders);
  }

  async readOutgoing(): Promise<void> {
    if (this.status?.vault !== "open") return;
    const outgoing = await this.fresh(() => ask("outbox_list", { days: 30 }));
    if (outgoing) this.outgoing = outgoing;
  }

  /** Hears that everything is dropped: `true` when it was another person's, `false` when the same one may come back. */
  onForget(leave: (forGood: boolean) => void): () => void {
    this.leavers.add(leave);
    return () => this.leavers.delete(leave);
  }

  /** Drops all content: what the lists hold, what was said, what is under way (the ids of the place stay, unless `forGood`). */
  forget(forGood: boolean): void {
    this.epoch += 1;
    this.accounts = [];
    this.folders.clear();
    this.progress.clear();
    this.outgoing = [];
    if (forGood) this.identity = null;
    // What is derived keeps its last value until it is read again.
    void [this.unread, this.toHandle, this.shared, this.syncing, this.offline, this.needsLogin, this.loggedOut, this.refused, this.waiting, this.doubtful];
    for (const leave of this.leavers) leave(forGood);
    notices.forget();
  }

  /** Whether several people may read this BAL. */
  isShared(id: number): boolean {
    const kind = this.account(id)?.kind;
    return kind !== undefined && SHARED.includes(kind);
  }

  account(id: number): Account | undefined {
    return this.accounts.find((account) => account.id === id);
  }

  folder(id: number): Folder | undefined {
    for (const folders of this.folders.values()) {
      const found = folders.find((folder) => folder.id === id);
      if (found) return found;
    }
    return undefined;
  }

  private pending = new Set<string>();

  /** Several events of one kind make one question. */
  private soon(name: string, run: () => Promise<void>): void {
    if (this.pending.has(name)) return;
    this.pending.add(name);
    setTimeout(() => {
      this.pending.delete(name);
      void run();
    }, 120);
  }

  private hear(event: Event): void {
    switch (event.event) {
      case "vault":
      case "lock":
      case "profile":
        // At once: what must go goes before anything else.
        void this.readStatus();
        break;
      case "certificate":
      case "handling":
        this.soon("accounts", () => this.readAccounts());
        break;
      case "identity":
        void this.readIdentity();
        this.soon("accounts", () => this.readAccounts());
        break;
      case "accounts":
        this.soon("accounts", () => this.readAccounts());
        break;
      case "session":
        this.accounts = this.accounts.map((each) =>
          each.id === event.account ? { ...each, session: event.state } : each,
        );
        this.soon("accounts", () => this.readAccounts());
        break;
      case "sync":
        this.progress.set(event.account, { phase: event.phase, done: event.done, total: event.total });
        if (event.phase === "idle") this.soon("status", () => this.readStatus());
        break;
      case "folders":
        void this.readFolders(event.account);
        break;
      case "messages":
        this.soon("accounts", () => this.readAccounts());
        this.soon(`folders ${event.account}`, () => this.readFolders(event.account));
        break;
      case "outgoing":
        this.soon("outgoing", () => this.readOutgoing());
        break;
      default:
        break;
    }
    for (const hear of this.hearers) hear(event);
  }
}

export const session = new Session();
