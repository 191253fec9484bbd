import { describe, expect, it } from "vitest";
import { minutesLeft, scopeOf, sum, type Choice } from "./work.svelte";

const choice: Choice = { days: 30, keepFlagged: true, keepUnknownFate: false, keepUnfiled: true, keepLocal: true };

describe("what is asked of a purge", () => {
  it("is the choice, for sent items", () => {
    expect(scopeOf({ of: "sent" }, choice)).toEqual({
      of: "sent",
      olderThanDays: 30,
      keepFlagged: true,
      keepUnknownFate: false,
      keepUnfiled: true,
    });
  });

  it("is an age for the bin, and the very messages for a selection", () => {
    expect(scopeOf({ of: "trash" }, { ...choice, days: 0 })).toEqual({ of: "trash", olderThanDays: 0 });
    expect(scopeOf({ of: "chosen", messages: [4, 7] }, choice)).toEqual({ of: "chosen", messages: [4, 7] });
  });
});

describe("how far it is", () => {
  const now = new Date("2026-11-17T09:24:00+01:00");

  it("is told by the pace so far, once there is one", () => {
    expect(minutesLeft("2026-11-17T09:21:00+01:00", now, 742, 1284)).toBe(2);
    expect(minutesLeft("2026-11-17T09:21:00+01:00", now, 3, 1284)).toBeNull();
    expect(minutesLeft(null, now, 742, 1284)).toBeNull();
    expect(minutesLeft("2026-11-17T09:21:00+01:00", now, 1284, 1284)).toBeNull();
  });

  it("adds lines up", () => {
    expect(sum([{ why: "flagged", count: 12 }, { why: "unread", count: 7 }])).toBe(19);
    expect(sum([])).toBe(0);
  });
});
