// The arithmetic of a list by days of which only the counts are known: where each heading and row is. Pure: no DOM, no clock.
import type { Heights } from "./layout";

/** A day, written 2026-11-17, and how many rows it has. */
export interface DayCount {
  readonly day: string;
  readonly count: number;
}

/** One thing to draw, at its distance from the top. */
export type DayPiece =
  | { readonly is: "heading"; readonly top: number; readonly day: string; readonly count: number }
  | { readonly is: "row"; readonly top: number; readonly index: number; readonly day: string };

/** The heading that stays in sight, and how far the next one has pushed it up (0 or less). */
export interface Pinned {
  readonly day: string;
  readonly count: number;
  readonly shift: number;
}

/** Days whose counts add up to the total: what changed between two questions is made good at the oldest day. */
export function fitDays(days: readonly DayCount[], total: number): DayCount[] {
  const fitted: DayCount[] = [];
  let left = total;
  for (const { day, count } of days) {
    if (left <= 0) break;
    const kept = Math.min(count, left);
    if (kept > 0) fitted.push({ day, count: kept });
    left -= kept;
  }
  const last = fitted.at(-1);
  if (left > 0 && last) fitted[fitted.length - 1] = { day: last.day, count: last.count + left };
  else if (left > 0) fitted.push({ day: "", count: left });
  return fitted;
}

/** Where everything is: a heading a day, rows of one height. Its cost is the number of days, not of rows. */
export class DayLayout {
  readonly total: number;
  /** The whole height in pixels. */
  readonly height: number;
  /** Each day's first row. */
  private readonly starts: number[] = [];
  /** Each day's heading. */
  private readonly tops: number[] = [];

  constructor(
    readonly days: readonly DayCount[],
    private readonly heights: Heights,
  ) {
    let index = 0;
    let top = 0;
    for (const { count } of days) {
      this.starts.push(index);
      this.tops.push(top);
      index += count;
      top += heights.heading + count * heights.row;
    }
    this.total = index;
    this.height = top;
  }

  /** The place, among the days, of the day of a row. */
  dayOf(index: number): number {
    return lastNotAbove(this.starts, index);
  }

  /** The first row of a day, or of the nearest one before it in time; `-1` where there is none. */
  firstOf(day: string): number {
    const place = this.days.findIndex((each) => each.day <= day);
    return this.starts[place === -1 ? this.days.length - 1 : place] ?? -1;
  }

  /** The first row of the day that stands so many days further down the list (up, when negative). */
  fromDay(index: number, by: number): number {
    const here = this.dayOf(index);
    // Upwards, the day's own first row comes before the day above it.
    const first = this.starts[here] ?? 0;
    const to = by < 0 && index > first ? here + by + 1 : here + by;
    return this.starts[Math.min(this.days.length - 1, Math.max(0, to))] ?? -1;
  }

  /** A row's distance from the top. */
  topOf(index: number): number {
    const day = this.dayOf(index);
    return (this.tops[day] ?? 0) + this.heights.heading + (index - (this.starts[day] ?? 0)) * this.heights.row;
  }

  /** The row at this distance from the top, or the nearest. */
  indexAt(top: number): number {
    const day = lastNotAbove(this.tops, Math.max(0, top));
    const within = Math.floor((top - (this.tops[day] ?? 0) - this.heights.heading) / this.heights.row);
    const count = this.days[day]?.count ?? 1;
    return (this.starts[day] ?? 0) + Math.min(count - 1, Math.max(0, within));
  }

  /** What to draw between two distances from the top. */
  between(from: number, to: number): DayPiece[] {
    const pieces: DayPiece[] = [];
    if (this.total === 0) return pieces;
    let day = lastNotAbove(this.tops, Math.max(0, from));
    for (; day < this.days.length && (this.tops[day] ?? 0) < to; day++) {
      const { day: name, count } = this.days[day] as DayCount;
      const top = this.tops[day] ?? 0;
      if (top + this.heights.heading > from) pieces.push({ is: "heading", top, day: name, count });
      const rows = top + this.heights.heading;
      const first = Math.max(0, Math.floor((from - rows) / this.heights.row));
      const end = Math.min(count, Math.ceil((to - rows) / this.heights.row));
      for (let place = first; place < end; place++)
        pieces.push({ is: "row", top: rows + place * this.heights.row, index: (this.starts[day] ?? 0) + place, day: name });
    }
    return pieces;
  }

  /** The day at this distance from the top. */
  pinned(top: number): Pinned | null {
    const place = lastNotAbove(this.tops, Math.max(0, top));
    const day = this.days[place];
    if (!day) return null;
    const next = this.tops[place + 1];
    const shift = next === undefined ? 0 : Math.min(0, next - top - this.heights.heading);
    return { day: day.day, count: day.count, shift };
  }
}

/** The last place whose value is not above this one; 0 where all are. */
function lastNotAbove(values: readonly number[], value: number): number {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((values[middle] ?? 0) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
