import { describe, expect, it } from "vitest";
import { DayLayout, fitDays } from "./days";

const HEIGHTS = { row: 36, heading: 29 };
const days = [
  { day: "2026-11-17", count: 3 },
  { day: "2026-11-16", count: 1 },
  { day: "2026-11-12", count: 1_000_000 },
];
const layout = new DayLayout(days, HEIGHTS);

describe("a list by days", () => {
  it("knows its rows and its height from the counts alone", () => {
    expect(layout.total).toBe(1_000_004);
    expect(layout.height).toBe(3 * 29 + 1_000_004 * 36);
  });

  it("puts each row under its day's heading", () => {
    expect(layout.topOf(0)).toBe(29);
    expect(layout.topOf(3)).toBe(29 + 3 * 36 + 29);
    expect(layout.topOf(1_000_003)).toBe(layout.height - 36);
    for (const index of [0, 1, 2, 3, 4, 5, 500_000, 1_000_003]) expect(layout.indexAt(layout.topOf(index) + 10)).toBe(index);
  });

  it("draws what is seen and nothing else, wherever that is", () => {
    expect(layout.between(0, 200).map((piece) => (piece.is === "row" ? piece.index : piece.day))).toEqual([
      "2026-11-17", 0, 1, 2, "2026-11-16", 3,
    ]);
    expect(layout.between(0, 70).at(-1)).toEqual({ is: "row", top: 65, index: 1, day: "2026-11-17" });
    const deep = layout.between(20_000_000, 20_000_360);
    expect(deep.length).toBeLessThanOrEqual(12);
    expect(deep.every((piece) => piece.is === "row")).toBe(true);
    expect(new DayLayout([], HEIGHTS).between(0, 900)).toEqual([]);
  });

  it("keeps the day in sight, pushed away by the next", () => {
    expect(layout.pinned(0)).toEqual({ day: "2026-11-17", count: 3, shift: 0 });
    expect(layout.pinned(29 + 3 * 36 - 9)).toEqual({ day: "2026-11-17", count: 3, shift: -20 });
    expect(layout.pinned(30_000_000)?.day).toBe("2026-11-12");
    expect(new DayLayout([], HEIGHTS).pinned(0)).toBeNull();
  });

  it("jumps by day, to a day, or to the nearest before it", () => {
    expect(layout.fromDay(0, 1)).toBe(3);
    expect(layout.fromDay(3, 1)).toBe(4);
    expect(layout.fromDay(4, 1)).toBe(4);
    expect(layout.fromDay(400, -1)).toBe(4);
    expect(layout.fromDay(4, -1)).toBe(3);
    expect(layout.fromDay(0, -1)).toBe(0);
    expect(layout.firstOf("2026-11-16")).toBe(3);
    expect(layout.firstOf("2026-11-14")).toBe(4);
    expect(layout.firstOf("2027-01-01")).toBe(0);
    expect(layout.firstOf("2020-01-01")).toBe(4);
  });

  it("adds up to the total, whatever changed meanwhile", () => {
    expect(fitDays(days, 1_000_004)).toEqual(days);
    expect(fitDays(days, 4).map(({ count }) => count)).toEqual([3, 1]);
    expect(fitDays(days, 1_000_010).at(-1)?.count).toBe(1_000_006);
    expect(fitDays([], 2)).toEqual([{ day: "", count: 2 }]);
    expect(fitDays([], 0)).toEqual([]);
  });
});
