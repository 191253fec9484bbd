// A list may be higher than a browser lets anything be (about 33 million pixels, 17 in some): the distance scrolled is then
// mapped. One to one near both ends, so that the first and the last rows are reached as anywhere; closer in between. Pure.

/** No scrolled content is higher than this, in pixels. */
export const HIGHEST = 6_000_000;
/** At each end, this much is never squeezed. */
const END = 500_000;

/** What the browser scrolls, and what the person sees. */
export class ScrollMap {
  /** How far one can scroll the list itself. */
  readonly range: number;
  /** How far the browser scrolls. */
  readonly physicalRange: number;
  private readonly end: number;

  /**
   * @param height of the whole list, in pixels
   * @param view height in sight, in pixels
   */
  constructor(height: number, view: number, highest = HIGHEST, end = END) {
    this.range = Math.max(0, height - view);
    this.physicalRange = Math.min(this.range, Math.max(0, highest - view));
    this.end = Math.min(end, this.physicalRange / 4);
  }

  /** Whether both are the same. */
  get plain(): boolean {
    return this.range === this.physicalRange;
  }

  /** The place in the list for what the browser has scrolled. */
  toList(scrolled: number): number {
    const at = Math.min(this.physicalRange, Math.max(0, scrolled));
    if (this.plain || at <= this.end) return at;
    const fromEnd = this.physicalRange - at;
    if (fromEnd <= this.end) return this.range - fromEnd;
    return this.end + ((at - this.end) / (this.physicalRange - 2 * this.end)) * (this.range - 2 * this.end);
  }

  /** What the browser must have scrolled for a place in the list. */
  toScrolled(place: number): number {
    const at = Math.min(this.range, Math.max(0, place));
    if (this.plain || at <= this.end) return at;
    const fromEnd = this.range - at;
    if (fromEnd <= this.end) return this.physicalRange - fromEnd;
    return this.end + ((at - this.end) / (this.range - 2 * this.end)) * (this.physicalRange - 2 * this.end);
  }

  /**
   * The place after the browser scrolled: what is near moves as much as was scrolled, what is far (the bar was dragged) is mapped.
   * @param place before
   * @param from scrolled before
   * @param to scrolled now
   */
  follow(place: number, from: number, to: number): number {
    if (this.plain || to <= 0 || to >= this.physicalRange || Math.abs(to - from) > 3000) return this.toList(to);
    return Math.min(this.range, Math.max(0, place + to - from));
  }
}
