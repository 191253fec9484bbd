import { describe, expect, it } from "vitest";
import { CHUNK, Layout, scrollToSee } from "./layout";

const heights = { row: 72, heading: 28 };
/** Ten rows a day. */
const tens = (index: number): string => `day ${Math.floor(index / 10)}`;

describe("the layout of a virtual list", () => {
  it("is empty for an empty list", () => {
    const layout = new Layout(0, tens, heights);
    expect(layout.height).toBe(0);
    expect(layout.between(0, 500)).toEqual([]);
  });

  it("puts a heading before the first row of each day", () => {
    const layout = new Layout(25, tens, heights);
    expect(layout.height).toBe(25 * 72 + 3 * 28);
    const pieces = layout.between(0, layout.height);
    expect(pieces.filter((piece) => piece.is === "heading")).toHaveLength(3);
    expect(pieces[0]).toEqual({ is: "heading", top: 0, day: "day 0", before: 0 });
    expect(pieces[1]).toEqual({ is: "row", top: 28, index: 0 });
    expect(layout.topOf(10)).toBe(28 + 10 * 72 + 28);
  });

  it("draws pieces end to end, without gap nor overlap, wherever one looks", () => {
    const layout = new Layout(1234, tens, heights);
    for (const from of [0, 71, 72, 99, 5000, 44_321, layout.height - 900]) {
      const pieces = layout.between(from, from + 900);
      expect(pieces[0]?.top).toBeLessThanOrEqual(from);
      pieces.forEach((piece, place) => {
        const next = pieces[place + 1];
        if (next) expect(next.top).toBe(piece.top + (piece.is === "row" ? 72 : 28));
      });
      const last = pieces.at(-1);
      expect((last?.top ?? 0) + 72).toBeGreaterThanOrEqual(Math.min(from + 900, layout.height));
    }
  });

  it("agrees with itself: the row at a row's top is that row", () => {
    const layout = new Layout(777, tens, heights);
    for (let index = 0; index < 777; index += 7) expect(layout.indexAt(layout.topOf(index))).toBe(index);
    expect(layout.indexAt(1e9)).toBe(776);
  });

  it("gives no heading where rows are not known, and counts them when they come", () => {
    const known = (from: number, to: number) => (index: number) =>
      index >= from && index < to ? tens(index) : undefined;
    const before = new Layout(3 * CHUNK, known(2 * CHUNK, 3 * CHUNK), heights);
    expect(before.topOf(2 * CHUNK)).toBe(2 * CHUNK * 72 + 28);
    const after = new Layout(3 * CHUNK, tens, heights);
    expect(after.topOf(2 * CHUNK) - before.topOf(2 * CHUNK)).toBe(20 * 28);
  });

  it("holds twenty thousand rows with a few pieces drawn", () => {
    const layout = new Layout(20_000, tens, heights);
    expect(layout.between(700_000, 700_900).length).toBeLessThan(20);
  });
});

describe("scrolling to what is current", () => {
  it("does nothing when it is seen whole, else as little as it can", () => {
    expect(scrollToSee(100, 72, 50, 500)).toBeNull();
    expect(scrollToSee(20, 72, 50, 500)).toBe(20);
    expect(scrollToSee(600, 72, 50, 500)).toBe(172);
    expect(scrollToSee(40, 72, 50, 500, 28)).toBe(12);
    expect(scrollToSee(0, 72, 50, 500, 28)).toBe(0);
  });
});
