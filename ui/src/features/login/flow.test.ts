import { beforeEach, describe, expect, it, vi } from "vitest";
import { use, type Code } from "../../backend";
import { session } from "../../state/session.svelte";
import { fixture, type Fixture } from "../../testing/fixture";
import type { Start } from "../../testing/fixture";
import { Flow, gesturesAfter, toldBetween } from "./flow.svelte";

let script: Fixture;
let flow: Flow;
let names: string[];

async function begin(start: Start = {}): Promise<void> {
  script = fixture(start);
  use(script);
  session.status = null;
  await session.start();
  names = [];
  flow = new Flow((name) => names.push(name));
  flow.listen();
}

beforeEach(() => begin());

describe("a login", () => {
  it("by the phone begins with the identifier that is remembered, and ends when the person approves", async () => {
    await flow.open("phone");
    expect(script.entry.asked).toEqual([{ way: "phone", nationalId: "899700000013", channel: "mobile", account: null }]);
    expect(flow.phase).toBe("phone");
    expect(flow.login).toMatchObject({ digits: "47", lifetimeSeconds: 120 });
    script.entry.approve();
    expect(names).toEqual(["Dr Élise Martin"]);
  });

  it("asks who one is when nobody is remembered", async () => {
    await begin({ session: "none" });
    await flow.open("phone");
    expect(flow.phase).toBe("form");
    expect(script.entry.asked).toEqual([]);
    flow.typed = "99 700 000 013";
    await flow.phone();
    expect(script.entry.asked[0]?.nationalId).toBe("899700000013");
  });

  it("never asks for an identifier whose key is wrong", async () => {
    await begin({ session: "none" });
    flow.typed = "99700000014";
    await flow.phone();
    expect(script.entry.asked).toEqual([]);
    expect(flow.phase).toBe("form");
  });

  it("changes ways, and gives up the one it leaves", async () => {
    await flow.open("phone");
    await flow.other();
    expect(flow.phase).toBe("browser");
    expect(script.entry.cancelled).toEqual([1]);
    await flow.other();
    expect(flow.phase).toBe("phone");
    expect(script.entry.cancelled).toEqual([1, 2]);
  });

  it("hears only of itself: what ends an older login changes nothing", async () => {
    await flow.open("phone");
    script.emit({ event: "login", login: { state: "failed", login: 99, failure: { code: "loginDenied", about: null, server: null } } });
    expect(flow.phase).toBe("phone");
  });

  it("takes what comes before its own answer", async () => {
    const asking = flow.browser();
    script.emit({ event: "login", login: { state: "failed", login: 1, failure: { code: "portTaken", about: null, server: null } } });
    await asking;
    expect(flow.phase).toBe("failed");
    expect(flow.failure?.code).toBe("portTaken");
  });

  it("given up while it is being asked for is given up in the core too", async () => {
    const asking = flow.phone();
    await flow.open(null);
    const second = flow.phone();
    flow.leave();
    await Promise.all([asking, second]);
    await vi.waitFor(() => expect(script.entry.cancelled).toContain(1));
    script.emit({ event: "login", login: { state: "done", login: 1, name: "Dr Élise Martin" } });
    expect(names).toEqual([]);
  });

  it("says which wait is worth it after too many", async () => {
    await flow.open("phone");
    script.entry.refuse({ code: "tooManyAttempts", about: "45", server: null });
    expect(flow.wait).toBe(45);
  });
});

describe("after a failure", () => {
  it("the first gesture is the one that helps", () => {
    const first: Partial<Record<Code, string>> = {
      loginCancelled: "retry",
      loginTimedOut: "retry",
      loginExpired: "retry",
      loginDenied: "retry",
      loginMismatch: "retry",
      pscUnavailable: "other",
      portTaken: "other",
      phoneUnavailable: "other",
      unknownPerson: "correct",
      otherPerson: "profile",
      loginNotConfigured: "provider",
    };
    for (const [code, gesture] of Object.entries(first)) expect(gesturesAfter(code as Code)[0], code).toBe(gesture);
    expect(gesturesAfter("phoneUnavailable")).not.toContain("retry");
  });
});

describe("the countdown", () => {
  it("is told to a screen reader a few times, not each second", () => {
    let told = 0;
    for (let left = 120; left > 0; left--) if (toldBetween(left, left - 1) !== null) told += 1;
    expect(told).toBe(3);
    expect(toldBetween(61, 60)).toBe(60);
    expect(toldBetween(60, 59)).toBeNull();
    // A workstation that slept: the marks passed over are told once.
    expect(toldBetween(100, 5)).not.toBeNull();
  });
});
