// What a script answers about who is here: the login, the session, the lock, the profiles, the terms of use.
import {
  CommandFailure,
  type Account,
  type Certificate,
  type Channel,
  type Code,
  type Event,
  type Failure,
  type Lock,
  type LockReason,
  type LockSettings,
  type LoginState,
  type LoginWay,
  type Profile,
  type Provider,
  type ProviderCheck,
  type Session,
  type Terms,
} from "../backend";

/** How the story of who is here begins. */
export interface EntryStart {
  /** Nobody yet, somebody, or somebody whose session is over. */
  readonly session?: "none" | "open" | "ended";
  /** The secretary, instead of the doctor. */
  readonly secretary?: boolean;
  /** What opens the lock besides a login. */
  readonly secret?: "pin" | "passphrase" | "none";
  readonly reason?: LockReason;
  readonly waiting?: number;
  readonly draft?: boolean;
  readonly profiles?: boolean;
  readonly terms?: boolean;
  /** What `login_start` fails with at once. */
  readonly fails?: Code;
  readonly provider?: "down" | "browserOnly" | "unset" | "fixed";
  /** Seconds that the two digits live, and those already gone. */
  readonly lifetime?: number;
  readonly gone?: number;
  /** Known by a former login. */
  readonly known?: boolean;
  /** The organisation decides of the lock. */
  readonly policy?: boolean;
  /** The pressing of « Se connecter » is enough: for stories about something else. */
  readonly approves?: boolean;
}

export const NATIONAL_ID = "899700000013";
const PERSON = "Dr Élise Martin";
export const PIN = "7410";

const TERMS = `Pli est un client de messagerie sécurisée de santé. Ces conditions disent ce qu'il fait de vos données.

## Vos messages
Ils sont reçus de votre opérateur MSSanté et enregistrés, chiffrés, sur ce poste.

- Rien n'est transmis à l'éditeur.
- Rien n'est supprimé chez l'opérateur sans votre demande.

## Pro Santé Connect
Votre connexion passe par le téléservice Pro Santé Connect de l'Agence du Numérique en Santé. Pli reçoit votre identité professionnelle ; il ne voit ni votre carte, ni votre code.

## Les traces
Chaque action chez l'opérateur est inscrite au journal, sans aucun contenu.`;

function fail(code: Code, about: string | null = null): never {
  throw new CommandFailure({ code, about, server: null });
}

/** What the script holds about who is here. */
export class Entry {
  session: Session | null;
  locked: { since: string; reason: LockReason } | null = null;
  wrong = 0;
  accepted: string | null;
  settings: LockSettings;
  profiles: Profile[];
  way: Provider;
  login: LoginState | null = null;
  /** What was asked of a login: for a test to look at. */
  asked: { way: LoginWay; nationalId: string | null; channel: Channel }[] = [];
  cancelled: number[] = [];
  activities = 0;
  private next = 1;
  private pin: string | null;
  private known: boolean;

  constructor(
    private readonly start: EntryStart,
    private readonly emit: (event: Event) => void,
    private readonly opened: (open: boolean) => void,
  ) {
    this.known = start.known !== false && start.session !== "none";
    this.session = start.session === "none" ? null : this.aSession(start.session === "ended");
    this.accepted = start.terms ? null : "2026-11-02T08:30:00+01:00";
    this.pin = start.secret === "pin" ? PIN : null;
    this.settings = {
      minutes: 10,
      longest: start.policy ? 15 : 30,
      fixed: start.policy === true,
      atSessionEnd: start.policy === true,
      atSessionEndFixed: start.policy === true,
      pin: this.pin !== null,
    };
    this.profiles = [
      { id: "a", name: this.who.name, person: this.known ? this.who.name : null, current: true, readable: true },
      ...(start.profiles ? [{ id: "b", name: "Secrétariat du cabinet", person: "Nadia Renaud", current: false, readable: true }] : []),
    ];
    this.way = {
      discovery: start.provider === "unset" ? null : "https://psc.cabinet-lilas.example/.well-known/openid-configuration",
      clientId: "pli",
      fixed: start.provider === "fixed",
    };
  }

  /** Whose profile it is. */
  get who(): { readonly id: string; readonly name: string } {
    return this.start.secretary ? { id: "899700000018", name: "Nora Renaud" } : { id: NATIONAL_ID, name: PERSON };
  }

  private aSession(ended: boolean): Session {
    return {
      name: this.who.name,
      nationalId: this.who.id,
      method: "phone",
      startedAt: "2026-11-17T08:40:00+01:00",
      endsAt: "2026-11-17T12:40:00+01:00",
      ended,
    };
  }

  get profile(): Profile {
    return this.profiles.find(({ current }) => current) ?? fail("internal");
  }

  check(): ProviderCheck {
    if (!this.way.discovery) fail("loginNotConfigured");
    return { available: this.start.provider !== "down", ciba: this.start.provider !== "browserOnly" && this.start.provider !== "down" };
  }

  begin(argument: { way: LoginWay; nationalId: string | null; channel: Channel }): LoginState {
    this.asked.push(argument);
    if (!this.way.discovery) fail("loginNotConfigured");
    if (this.start.fails) fail(this.start.fails);
    const login = this.next++;
    if (argument.way === "browser") {
      this.login = { state: "browser", login, url: "https://psc.cabinet-lilas.example/authorize?client_id=pli&state=0a1b2c3d" };
    } else {
      const lifetime = this.start.lifetime ?? 120;
      const expiresAt = new Date(Date.now() + (lifetime - (this.start.gone ?? 0)) * 1000).toISOString();
      this.login = { state: "phone", login, digits: "47", expiresAt, lifetimeSeconds: lifetime };
    }
    if (this.start.approves) setTimeout(() => this.approve(), 300);
    return this.login;
  }

  /** The person approves. */
  approve(): void {
    const login = this.pending();
    this.session = this.aSession(false);
    this.known = true;
    this.profiles = this.profiles.map((each) => (each.current ? { ...each, person: PERSON } : each));
    if (this.locked) this.unlock();
    this.emit({ event: "login", login: { state: "done", login, name: PERSON } });
    this.emit({ event: "identity" });
  }

  /** It ends otherwise. */
  refuse(failure: Failure): void {
    this.emit({ event: "login", login: { state: "failed", login: this.pending(), failure } });
  }

  private pending(): number {
    const login = this.login?.login ?? fail("internal");
    this.login = null;
    return login;
  }

  /** The session is over, as after four hours. */
  end(): void {
    if (this.session) this.session = { ...this.session, ended: true };
    this.emit({ event: "identity" });
    if (this.settings.atSessionEnd) this.lock("sessionEnd");
  }

  lock(reason: LockReason, since = new Date().toISOString()): void {
    this.locked = { since, reason };
    this.opened(false);
    this.emit({ event: "lock" });
  }

  unlock(): void {
    this.locked = null;
    this.wrong = 0;
    this.opened(true);
    this.emit({ event: "lock" });
  }

  view(): Lock | null {
    const locked = this.locked;
    if (!locked) return null;
    return {
      ...locked,
      person: this.known ? PERSON : null,
      pin: this.pin !== null,
      passphrase: this.start.secret === "passphrase",
      login: this.known && this.start.secret !== "passphrase",
      waitSeconds: this.wrong >= 4 ? 5 * 2 ** (this.wrong - 4) : 0,
      draftSavedAt: this.start.draft === false ? null : "2026-11-17T09:08:00+01:00",
      waiting: this.start.waiting ?? 1,
      minutes: this.settings.minutes,
    };
  }

  /** Opens by what is typed. */
  open(secret: string): void {
    if (!this.locked) return;
    if (!this.known && this.start.secret !== "pin" && this.start.secret !== "passphrase") return this.unlock();
    const right = this.start.secret === "passphrase" ? "quatre mots sans rapport" : this.pin;
    if (right === null) fail("locked");
    if (secret !== right) {
      this.wrong += 1;
      fail(this.start.secret === "passphrase" ? "wrongPassphrase" : "wrongPin");
    }
    this.unlock();
  }

  setPin(current: string | null, pin: string | null): LockSettings {
    if (this.pin !== null && current !== this.pin) fail("wrongPin");
    if (pin !== null && [...pin].length < 4) fail("weakPin", "4");
    this.pin = pin;
    this.settings = { ...this.settings, pin: pin !== null };
    return this.settings;
  }

  terms(): Terms {
    return { version: 1, text: TERMS, acceptedAt: this.accepted };
  }

  addProfile(name: string): Profile {
    const profile = { id: `p${this.profiles.length}`, name, person: null, current: false, readable: true };
    this.profiles = [...this.profiles, profile];
    return profile;
  }

  switchTo(id: string): void {
    if (!this.profiles.some((each) => each.id === id)) fail("notFound");
    this.profiles = this.profiles.map((each) => ({ ...each, current: each.id === id }));
    this.session = null;
  }
}

/** A box's certificate, as many days before its end. */
export function certificate(account: Account, days: number): Account {
  const notice = days <= 0 ? 0 : ([7, 30, 60].find((mark) => days <= mark) ?? null);
  const end = new Date("2026-11-17T12:00:00+01:00");
  end.setDate(end.getDate() + days);
  const found: Certificate = { subject: "Secrétariat du cabinet des Lilas", notAfter: end.toISOString(), daysLeft: days, notice };
  return { ...account, certificate: found };
}
