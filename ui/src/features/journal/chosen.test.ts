import { describe, expect, it } from "vitest";
import { daysOf, filterOf, FIRST_CHOICE, inverted, isFiltered, putAway, sameFilter, type Chosen } from "./chosen";

const now = new Date("2026-11-17T09:11:00+01:00");
const chosen = (change: Partial<Chosen>): Chosen => ({ ...FIRST_CHOICE, ...change });

describe("what is chosen of the journal", () => {
  it("has whole local days, today included", () => {
    expect(daysOf(chosen({ period: "today" }), now)).toEqual({ from: "2026-11-17", to: null });
    expect(daysOf(chosen({ period: "week" }), now)).toEqual({ from: "2026-11-11", to: null });
    expect(daysOf(chosen({ period: "days" }), now)).toEqual({ from: "2026-10-19", to: null });
    expect(daysOf(chosen({ period: "month" }), now)).toEqual({ from: "2026-11-01", to: null });
    expect(daysOf(chosen({ period: "ever" }), now)).toEqual({ from: null, to: null });
  });

  it("includes the last day that was typed, across the change of the clocks", () => {
    const filter = filterOf(chosen({ period: "custom", from: "2026-10-25", to: "2026-10-25" }), now);
    expect(filter.since).toBe("2026-10-24T22:00:00.000Z");
    expect(filter.until).toBe("2026-10-25T23:00:00.000Z");
    expect(filterOf(chosen({ period: "custom" }), now)).toMatchObject({ since: null, until: null });
  });

  it("has no list where the first day is after the last", () => {
    expect(inverted(chosen({ period: "custom", from: "2026-11-02", to: "2026-11-01" }))).toBe(true);
    expect(inverted(chosen({ period: "custom", from: "2026-11-02", to: "2026-11-02" }))).toBe(false);
    expect(inverted(chosen({ period: "week", from: "2026-11-02", to: "2026-11-01" }))).toBe(false);
  });

  it("asks for nothing that was not chosen, and takes a Message-ID with its brackets", () => {
    expect(filterOf(chosen({ period: "ever" }), now)).toEqual({
      since: null, until: null, bal: null, author: null, action: null, failures: false, correspondent: null, message: null, intentions: false,
    });
    expect(filterOf(chosen({ message: " <a.b@c.example> ", correspondent: " mercier " }), now)).toMatchObject({
      message: "a.b@c.example",
      correspondent: "mercier",
    });
  });

  it("knows whether something was chosen, and how much of it is put away", () => {
    expect(isFiltered(FIRST_CHOICE)).toBe(false);
    expect(isFiltered(chosen({ failures: true }))).toBe(true);
    expect(putAway(chosen({ failures: true, correspondent: "x", intentions: true }))).toBe(2);
    expect(sameFilter(filterOf(FIRST_CHOICE, now), filterOf(chosen({ bal: "" }), now))).toBe(true);
  });
});
