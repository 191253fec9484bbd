import { describe, expect, it } from "vitest";
import { HIGHEST, ScrollMap } from "./scroll-map";

const LIST = 36_000_000;
const VIEW = 600;
const map = new ScrollMap(LIST, VIEW);

describe("a list higher than a browser allows", () => {
  it("is scrolled as it is while it is small", () => {
    const small = new ScrollMap(50_000, VIEW);
    expect(small.plain).toBe(true);
    expect(small.toList(12_345)).toBe(12_345);
    expect(small.follow(0, 0, 40_000)).toBe(40_000);
    expect(new ScrollMap(100, VIEW).range).toBe(0);
  });

  it("never asks the browser for more than it can", () => {
    expect(map.plain).toBe(false);
    expect(map.physicalRange + VIEW).toBeLessThanOrEqual(HIGHEST);
  });

  it("reaches both ends, one to one near them", () => {
    expect(map.toList(0)).toBe(0);
    expect(map.toList(map.physicalRange)).toBe(LIST - VIEW);
    expect(map.toList(1000)).toBe(1000);
    expect(map.toScrolled(LIST - VIEW - 1000)).toBe(map.physicalRange - 1000);
  });

  it("goes back and forth without losing its place, and never backwards", () => {
    let before = -1;
    for (let place = 0; place <= map.range; place += 1_234_567) {
      expect(map.toList(map.toScrolled(place))).toBeCloseTo(place, 3);
      expect(map.toScrolled(place)).toBeGreaterThan(before);
      before = map.toScrolled(place);
    }
  });

  it("moves by what the wheel moved, jumps by what the bar jumped", () => {
    const middle = map.toScrolled(18_000_000);
    expect(map.follow(18_000_000, middle, middle + 120)).toBe(18_000_120);
    expect(map.follow(18_000_000, middle, middle + 10_000)).toBeCloseTo(map.toList(middle + 10_000), 3);
    expect(map.follow(800, 100, 0)).toBe(0);
    expect(map.follow(5, 2, map.physicalRange)).toBe(map.range);
  });
});
