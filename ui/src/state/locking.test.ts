import { beforeEach, describe, expect, it, vi } from "vitest";
import { ask, use } from "../backend";
import { fixture, type Fixture } from "../testing/fixture";
import { textsWithin } from "../testing/reach";
import { clock } from "./clock.svelte";
import { keys } from "./keys.svelte";
import { lockNow, startLocking, switchProfile, unlock } from "./locking.svelte";
import { mailbox, SEARCH_REST } from "./mailbox.svelte";
import { notices } from "./notices.svelte";
import { preferences } from "./preferences.svelte";
import { provider } from "./provider.svelte";
import { route } from "./route.svelte";
import { session } from "./session.svelte";
import { holds } from "./unsaved";

// What the lock takes hold of in a page, and nothing of it here.
vi.stubGlobal("document", { activeElement: null, documentElement: { dataset: {} } });
vi.stubGlobal("getSelection", () => null);
vi.stubGlobal("HTMLElement", class {});

let script: Fixture;
startLocking();

/** Names, subjects and words of the mail that the script holds. */
async function content(): Promise<string[]> {
  const page = await ask("message_list", { scope: { of: "all" }, filter: "all", offset: 0, limit: 500 });
  const sent = await ask("outbox_list", { days: 30 });
  const accounts = await ask("account_list", {});
  return [
    ...page.rows.flatMap(({ who, subject, snippet }) => [who.name, who.address, subject, snippet]),
    ...sent.flatMap(({ subject, recipients }) => [subject, ...recipients.map(({ party }) => party.address)]),
    ...accounts.map(({ address }) => address),
    "bisoprolol",
    "Dossier secret",
  ].filter((each) => each.length > 3);
}

const everything = (): unknown[] => [session, mailbox, notices, route, keys, clock, preferences, provider];
const left = (words: readonly string[]): string[] => {
  const texts = textsWithin(everything());
  return words.filter((word) => texts.some((each) => each.includes(word)));
};

beforeEach(async () => {
  vi.useFakeTimers();
  script = fixture({ session: "open", secret: "pin", profiles: true });
  use(script);
  session.status = null;
  await session.start();
  mailbox.show({ of: "account", account: 1 });
  await vi.advanceTimersByTimeAsync(200);
});

/** As much content as the state ever holds: a list, an open message, picked rows, a search, what was said, what can be undone. */
async function fill(): Promise<void> {
  mailbox.choose(3);
  mailbox.toggle(4);
  mailbox.type("bisoprolol");
  await vi.advanceTimersByTimeAsync(SEARCH_REST + 50);
  notices.say("Dossier secret", { undo: () => Promise.resolve() });
  notices.fail({ code: "notFound", about: "Dossier secret", server: null });
}

describe("the lock", () => {
  it("leaves nothing of the content in the state of the window", async () => {
    const words = await content();
    await fill();
    expect(left(words).length).toBeGreaterThan(10);
    await lockNow();
    await vi.advanceTimersByTimeAsync(500);
    expect(session.status?.vault).toBe("locked");
    expect(left(words)).toEqual([]);
  });

  it("leaves nothing either when the core locks by itself, and an answer that comes late is dropped", async () => {
    const words = await content();
    await fill();
    const late = session.readAccounts();
    script.entry.lock("inactivity");
    await late;
    await vi.advanceTimersByTimeAsync(500);
    expect(session.lock?.reason).toBe("inactivity");
    expect(left(words)).toEqual([]);
  });

  it("covers the window at once and stores what is being written before the core locks", async () => {
    const order: string[] = [];
    const release = holds(async () => {
      order.push(session.hidden ? "late" : "asked");
      await Promise.resolve();
      order.push(script.entry.locked ? "after" : "stored");
    });
    const locking = lockNow();
    expect(session.hidden).toBe(true);
    expect(session.open).toBe(false);
    await locking;
    release();
    expect(order).toEqual(["asked", "stored"]);
    expect(script.entry.locked?.reason).toBe("demand");
  });

  it("locks all the same when what is written cannot be stored in time", async () => {
    const release = holds(() => new Promise(() => undefined));
    const locking = lockNow();
    await vi.advanceTimersByTimeAsync(2500);
    await locking;
    release();
    expect(session.status?.vault).toBe("locked");
  });

  it("gives back the same place and the same message, by their numbers alone", async () => {
    mailbox.choose(7);
    const id = mailbox.current?.id;
    route.mail({ of: "account", account: 1 });
    await lockNow();
    expect(mailbox.current).toBeNull();
    await unlock("7410");
    mailbox.show({ of: "account", account: 1 });
    await vi.advanceTimersByTimeAsync(200);
    expect(mailbox.current?.id).toBe(id);
    expect(route.place).toEqual({ at: "mail", scope: { of: "account", account: 1 } });
  });

  it("opens for the right code alone, and makes one wait after several wrong ones", async () => {
    await lockNow();
    for (let wrong = 0; wrong < 4; wrong++) await expect(unlock("0000")).rejects.toThrow("wrongPin");
    await session.readLock();
    expect(session.lock?.waitSeconds).toBe(5);
    await unlock("7410");
    expect(session.open).toBe(true);
  });

  it("says nothing of a question that reached a locked profile: its screen does", async () => {
    await lockNow();
    await notices.attempt(() => ask("account_list", {}));
    expect(notices.failure).toBeNull();
  });
});

describe("another profile", () => {
  it("takes nothing of the one before with it, not even where one was", async () => {
    const words = await content();
    await fill();
    route.outbox(4);
    await switchProfile("b");
    await vi.advanceTimersByTimeAsync(500);
    expect(session.status?.profile.name).toBe("Secrétariat du cabinet");
    expect(left(words)).toEqual([]);
    expect(route.place).toEqual({ at: "mail", scope: { of: "all" } });
    expect(route.outgoing).toBeNull();
    expect(session.identity).toBeNull();
  });
});
