// What the whole window knows: the program's state, the BALs, their folders, how far a sync has come.
import { SvelteMap } from "svelte/reactivity";
import { ask, listen, type Account, type Event, type Folder, type LoginState, type Outgoing, type Status } from "../backend";
import { notices } from "./notices.svelte";

/** How far a BAL's sync has come. */
export interface Progress {
  readonly phase: string;
  readonly done: number;
  readonly total: number;
}

class Session {
  status = $state<Status | null>(null);
  accounts = $state<Account[]>([]);
  folders = new SvelteMap<number, Folder[]>();
  progress = new SvelteMap<number, Progress>();
  outgoing = $state<Outgoing[]>([]);
  private hearers = new Set<(event: Event) => void>();

  readonly unread = $derived(this.accounts.reduce((sum, account) => sum + account.unread, 0));
  readonly syncing = $derived([...this.progress.values()].some((each) => each.phase !== "idle"));
  readonly offline = $derived(
    // A connection that is tried again after a failure is not one yet.
    this.accounts.length > 0 &&
      !this.accounts.some(({ session, problem }) => session === "online" || (session === "connecting" && !problem)),
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

  async readStatus(): Promise<void> {
    const status = await notices.attempt(() => ask("status", {}));
    if (!status) return;
    this.status = status;
    if (status.vault === "open") await Promise.all([this.readAccounts(), this.readOutgoing()]);
  }

  async readAccounts(): Promise<void> {
    const accounts = await notices.attempt(() => ask("account_list", {}));
    if (!accounts) return;
    this.accounts = accounts;
    await Promise.all(accounts.filter(({ id }) => !this.folders.has(id)).map(({ id }) => this.readFolders(id)));
  }

  async readFolders(account: number): Promise<void> {
    const folders = await notices.attempt(() => ask("folder_list", { account }));
    if (folders) this.folders.set(account, folders);
  }

  async readOutgoing(): Promise<void> {
    const outgoing = await notices.attempt(() => ask("outbox_list", { days: 30 }));
    if (outgoing) this.outgoing = outgoing;
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

  /** The state of a login, as it moves; the function it gives back stops hearing. */
  onLogin(account: number, hear: (login: LoginState) => void): () => void {
    return this.on((event) => {
      if (event.event === "login" && event.account === account) hear(event.login);
    });
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
        void this.readStatus();
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
