// Where the person is. One place at a time; writing lies over the place it was opened from.
import type { Scope } from "../backend";

/** Under « À traiter »: what is for the person here, or all that is left to whomever. */
export type Todo = "mine" | "open";

export type Place =
  | { readonly at: "mail"; readonly scope: Scope; readonly todo?: Todo }
  | { readonly at: "outbox"; readonly drafts: boolean }
  | { readonly at: "journal" }
  | { readonly at: "settings" }
  | { readonly at: "space"; readonly account: number }
  | { readonly at: "purge"; readonly account: number; readonly of: "sent" | "trash" }
  | { readonly at: "purge"; readonly account: number; readonly of: "chosen"; readonly messages: readonly number[] }
  | { readonly at: "purge"; readonly account: number; readonly of: "known"; readonly purge: number }
  | { readonly at: "rules"; readonly account: number }
  | { readonly at: "box"; readonly account: number };

/**
 * What lies over the place: all the keys, the terms of use, the help on logging in, the profiles, the login, a check, a
 * backup to restore.
 */
export type Sheet = "keys" | "terms" | "loginHelp" | "profiles" | "login" | "checkExport" | "restore";

const FIRST: Place = { at: "mail", scope: { of: "all" } };

class Route {
  place = $state<Place>(FIRST);
  /** The draft being written. */
  writing = $state<number | null>(null);
  sheet = $state<Sheet | null>(null);
  /** The BAL whose certificate is to be imported. */
  certificate = $state<number | null>(null);
  /** The outbox entry to show when the outbox opens. */
  outgoing = $state<number | null>(null);
  /** The section of the settings to show when they open. */
  section = $state<"traces" | null>(null);
  /** The action whose traces the journal shows when it opens. */
  traces = $state<string | null>(null);
  /** Where one was before, to go back to. */
  private before: Place = FIRST;

  go(place: Place): void {
    if (place.at !== this.place.at) this.before = this.place;
    this.place = place;
    this.writing = null;
  }

  /** Back to where this was opened from. */
  back(): void {
    const { before } = this;
    this.go(before.at === this.place.at ? FIRST : before);
    this.before = FIRST;
  }

  mail(scope: Scope): void {
    this.go({ at: "mail", scope });
  }

  /** « À traiter », of every BAL or of one. */
  todo(which: Todo = "mine", scope: Scope = { of: "all" }): void {
    this.go({ at: "mail", scope, todo: which });
  }

  outbox(outgoing: number | null = null): void {
    this.outgoing = outgoing;
    this.go({ at: "outbox", drafts: false });
  }

  settings(section: "traces" | null = null): void {
    this.section = section;
    this.go({ at: "settings" });
  }

  write(draft: number): void {
    this.writing = draft;
  }

  leaveWriting(): void {
    this.writing = null;
  }

  /** Back to the first place: another person's ids mean nothing here. */
  reset(): void {
    this.mail({ of: "all" });
    this.before = FIRST;
    this.traces = null;
    this.outgoing = null;
    this.sheet = null;
    this.certificate = null;
  }
}

export const route = new Route();

/** Whether two scopes are the same list. */
export function sameScope(one: Scope, other: Scope): boolean {
  if (one.of === "account") return other.of === "account" && one.account === other.account;
  if (one.of === "folder") return other.of === "folder" && one.folder === other.folder;
  return other.of === "all";
}
