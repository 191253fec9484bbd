// The arithmetic of a virtual list whose rows have one height and whose days have headings. Pure: no DOM, no clock.

/** Rows come by chunks of this many. */
export const CHUNK = 100;

export interface Heights {
  readonly row: number;
  readonly heading: number;
}

/** One thing to draw, at its distance from the top. */
export type Piece =
  | { readonly is: "heading"; readonly top: number; readonly day: string; readonly before: number }
  | { readonly is: "row"; readonly top: number; readonly index: number };

/** Where everything is, for a list whose days are known in places only. */
export class Layout {
  /** Tops of chunks; one more than there are chunks: the last is the whole height. */
  private readonly tops: number[] = [0];

  /**
   * @param total rows of the whole list
   * @param dayAt a row's day, or `undefined` where the row is not known yet: then it is given no heading
   */
  constructor(
    readonly total: number,
    private readonly dayAt: (index: number) => string | undefined,
    private readonly heights: Heights,
  ) {
    for (let start = 0; start < total; start += CHUNK) {
      const end = Math.min(total, start + CHUNK);
      let height = (end - start) * heights.row;
      for (let index = start; index < end; index++) if (this.headed(index)) height += heights.heading;
      this.tops.push((this.tops.at(-1) ?? 0) + height);
    }
  }

  /** The whole height in pixels. */
  get height(): number {
    return this.tops.at(-1) ?? 0;
  }

  /** Whether a heading stands before this row. */
  headed(index: number): boolean {
    const day = this.dayAt(index);
    if (day === undefined) return false;
    return index === 0 || this.dayAt(index - 1) !== day;
  }

  /** A row's distance from the top, its heading above it. */
  topOf(index: number): number {
    const chunk = Math.floor(index / CHUNK);
    let top = this.tops[chunk] ?? this.height;
    for (let before = chunk * CHUNK; before < index; before++) top += this.step(before);
    return top + (this.headed(index) ? this.heights.heading : 0);
  }

  /** The row at this distance from the top (or the nearest). */
  indexAt(top: number): number {
    let low = 0;
    let high = this.tops.length - 2;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.tops[middle] ?? 0) <= top) low = middle;
      else high = middle - 1;
    }
    let at = this.tops[low] ?? 0;
    const end = Math.min(this.total, (low + 1) * CHUNK);
    for (let index = low * CHUNK; index < end; index++) {
      at += this.step(index);
      if (at > top) return index;
    }
    return Math.max(0, end - 1);
  }

  /** What to draw between two distances from the top. */
  between(from: number, to: number): Piece[] {
    const pieces: Piece[] = [];
    if (this.total === 0) return pieces;
    let index = this.indexAt(Math.max(0, from));
    let top = this.topOf(index) - (this.headed(index) ? this.heights.heading : 0);
    for (; index < this.total && top < to; index++) {
      if (this.headed(index)) {
        pieces.push({ is: "heading", top, day: this.dayAt(index) ?? "", before: index });
        top += this.heights.heading;
      }
      pieces.push({ is: "row", top, index });
      top += this.heights.row;
    }
    return pieces;
  }

  private step(index: number): number {
    return this.heights.row + (this.headed(index) ? this.heights.heading : 0);
  }
}

/** How far to scroll so that a row is wholly seen, below `under` pixels of what floats; `null`: it already is. */
export function scrollToSee(top: number, height: number, scroll: number, view: number, under = 0): number | null {
  if (top - under < scroll) return Math.max(0, top - under);
  if (top + height > scroll + view) return top + height - view;
  return null;
}
