import { describe, expect, it } from "vitest";
import type { QuotaView } from "../backend";
import { dayNumber, dayWritten, draw, FRAME, fullAfter, percentOf, shownPercent } from "./forecast";

const view: QuotaView = {
  account: 1,
  source: "server",
  storage: { used: 9_100, limit: 10_000, percent: 91 },
  messages: null,
  local: 9_000,
  readAt: null,
  level: "almostFull",
  forecast: { fullOn: "2026-12-09", perDay: 40, overDays: 60 },
  history: [
    { on: "2026-08-01", used: 5_000, limit: 10_000 },
    { on: "2026-10-01", used: 7_200, limit: 10_000 },
    { on: "2026-11-10", used: 8_800, limit: 10_000 },
  ],
};

describe("when a box would be full", () => {
  it("is told by the pace, from what would remain", () => {
    expect(fullAfter(view, 6_000, "2026-11-17")).toBe("2027-02-25");
    expect(fullAfter(view, 10_500, "2026-11-17")).toBe("2026-11-17");
  });

  it("is not told without a pace, a limit, or within ten years", () => {
    expect(fullAfter({ ...view, forecast: null }, 6_000, "2026-11-17")).toBeNull();
    expect(fullAfter({ ...view, storage: { used: 9_100, limit: null, percent: null } }, 6_000, "2026-11-17")).toBeNull();
    expect(fullAfter({ ...view, forecast: { fullOn: "2036-01-01", perDay: 1, overDays: 60 } }, 0, "2026-11-17")).toBeNull();
  });

  it("never shows 100 % before it is full", () => {
    expect(shownPercent(99.7)).toBe(99);
    expect(shownPercent(100)).toBe(100);
    expect(shownPercent(104.2)).toBe(104);
    expect(percentOf(5, 0)).toBeNull();
    expect(percentOf(5, 10)).toBe(50);
  });

  it("counts days across months and years", () => {
    expect(dayWritten(dayNumber("2026-12-31") + 1)).toBe("2027-01-01");
    expect(dayNumber("2028-03-01") - dayNumber("2028-02-28")).toBe(2);
  });
});

describe("the drawing", () => {
  it("goes from the last sixty days to what follows, within its frame", () => {
    const found = draw(view, "2026-11-17", 6_000);
    expect(found?.past).toHaveLength(2);
    for (const { x, y } of [...(found?.past ?? []), found?.now, found?.full, found?.after?.from, found?.after?.to].filter((each) => each !== undefined)) {
      expect(x).toBeGreaterThanOrEqual(FRAME.left);
      expect(x).toBeLessThanOrEqual(FRAME.right);
      expect(y).toBeGreaterThanOrEqual(FRAME.top);
      expect(y).toBeLessThanOrEqual(FRAME.bottom);
    }
    expect(found?.full.y).toBe(FRAME.top);
    expect(found?.now.x).toBeLessThan(found?.full.x ?? 0);
    expect(found?.full.x).toBeLessThan(found?.after?.to.x ?? 0);
  });

  it("is not made of nothing", () => {
    expect(draw({ ...view, forecast: null }, "2026-11-17", null)).toBeNull();
    expect(draw({ ...view, storage: null }, "2026-11-17", null)).toBeNull();
    expect(draw(view, "2026-11-17", null)?.after).toBeNull();
  });
});
