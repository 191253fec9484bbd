import { describe, expect, it } from "vitest";
import type { Fate, Outgoing, Recipient } from "../../backend";
import { kept, tally, track } from "./fates";

const recipient = (fate: Fate, more: Partial<Recipient> = {}): Recipient => ({
  party: { name: fate, address: `${fate}@exemple.fr` },
  kind: "professional",
  fate,
  answeredAt: "2026-11-17T08:52:00+01:00",
  reportedAt: null,
  readAt: null,
  sentence: null,
  status: null,
  server: null,
  reports: true,
  ...more,
});
const outgoing = (state: Outgoing["state"], ...fates: Fate[]): Outgoing => ({
  id: 1,
  account: 1,
  subject: "",
  queuedAt: "2026-11-17T08:52:00+01:00",
  leavesAt: "2026-11-17T08:52:00+01:00",
  settledAt: null,
  state,
  attempts: 1,
  nextAttemptAt: null,
  problem: null,
  recipients: fates.map((fate) => recipient(fate)),
  size: 1,
  sentCopy: null,
  messageId: "x",
});

describe("fates", () => {
  it("tells the worst first and leaves out what nobody met", () => {
    expect(tally(["read", "refused", "read", "delayed"].map((fate) => recipient(fate as Fate)))).toEqual([
      ["refused", 1],
      ["read", 2],
      ["delayed", 1],
    ]);
  });

  it("draws a refusal where it happened: at the operator, or later at the recipient's server", () => {
    expect(track(recipient("refused")).map(({ is }) => is)).toEqual(["bad"]);
    expect(track(recipient("refused", { reportedAt: "2026-11-17T08:53:00+01:00" })).map(({ is }) => is)).toEqual([
      "done",
      "bad",
    ]);
  });

  it("never draws as done what is not known", () => {
    expect(track(recipient("unknown")).map(({ is }) => is)).toEqual(["doubt", "none", "none"]);
    expect(track(recipient("accepted")).map(({ is }) => is)).toEqual(["done", "none", "none"]);
    expect(track(recipient("waiting")).map(({ is }) => is)).toEqual(["wait", "none", "none"]);
  });

  it("filters by what a person must do, may wait for, or knows read", () => {
    const all = [
      outgoing("accepted", "refused", "read"),
      outgoing("unknown", "unknown"),
      outgoing("queued", "waiting"),
      outgoing("accepted", "delivered"),
      outgoing("cancelled", "waiting"),
    ];
    expect(kept(all, "fix")).toEqual([all[0], all[1]]);
    expect(kept(all, "wait")).toEqual([all[2]]);
    expect(kept(all, "read")).toEqual([all[0]]);
    expect(kept(all, "all")).toHaveLength(5);
  });
});
