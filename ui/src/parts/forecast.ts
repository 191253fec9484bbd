// The arithmetic of a forecast's drawing. Pure: no DOM, no clock.
import type { QuotaView } from "../backend";

const DAY = 86_400_000;

/** A day written 2026-11-17 as a count of days. */
export function dayNumber(day: string): number {
  return Math.round(Date.parse(`${day}T00:00:00Z`) / DAY);
}

/** The day written 2026-11-17 of a count of days. */
export function dayWritten(number: number): string {
  return new Date(number * DAY).toISOString().slice(0, 10);
}

/** The percentage of a box in use, when its limit is known. */
export function percentOf(used: number, limit: number | null): number | null {
  return limit && limit > 0 ? (100 * used) / limit : null;
}

/** How a percentage is shown: rounded down, as the core does, so that one box has one figure; never 100 before it is full. */
export function shownPercent(percent: number): number {
  return Math.floor(percent);
}

/** The day on which the box would be full at the present pace, from `used` octets on the day `on`; `null`: not in ten years. */
export function fullAfter(view: QuotaView, used: number, on: string): string | null {
  const limit = view.storage?.limit;
  const pace = view.forecast?.perDay;
  if (!limit || !pace || pace <= 0) return null;
  const days = Math.max(0, Math.floor((limit - used) / pace));
  return days > 3650 ? null : dayWritten(dayNumber(on) + days);
}

/** A point of the drawing. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Drawing {
  readonly past: readonly Point[];
  readonly now: Point;
  /** Where the line of the present pace reaches 100 %. */
  readonly full: Point;
  readonly after: { readonly from: Point; readonly to: Point } | null;
  readonly months: readonly { readonly x: number; readonly day: string }[];
}

export const FRAME = { left: 34, right: 318, top: 30, bottom: 130 };

/** Lays out history, the present pace, and the same pace after `after` octets remain. */
export function draw(view: QuotaView, today: string, after: number | null): Drawing | null {
  const limit = view.storage?.limit;
  const { forecast, storage } = view;
  if (!limit || !forecast || !storage) return null;
  const now = dayNumber(today);
  const full = dayNumber(forecast.fullOn);
  const later = after === null ? null : fullAfter(view, after, today);
  const past = view.history.filter(({ on }) => now - dayNumber(on) <= 60);
  const start = past[0] ? Math.min(dayNumber(past[0].on), now - 14) : now - 30;
  const end = Math.max(full, Math.min(later ? dayNumber(later) : full, now + 150), now + 21) + 4;
  const x = (day: number): number => FRAME.left + ((FRAME.right - FRAME.left) * (Math.min(day, end) - start)) / (end - start);
  const y = (used: number): number => FRAME.bottom - (FRAME.bottom - FRAME.top) * Math.min(1, Math.max(0, used / limit));
  const from = after === null ? null : { x: x(now), y: y(after) };
  const reach = later ? dayNumber(later) : end;
  const to = (): Point => {
    const day = Math.min(reach, end);
    return { x: x(day), y: y((after ?? 0) + forecast.perDay * (day - now)) };
  };
  const months: { x: number; day: string }[] = [];
  for (let day = start; day <= end; day++) {
    const written = dayWritten(day);
    if (written.endsWith("-01") && Math.abs(x(day) - x(now)) > 42 && x(day) > FRAME.left + 8 && x(day) < FRAME.right - 8) months.push({ x: x(day), day: written });
  }
  return {
    past: past.map(({ on, used }) => ({ x: x(dayNumber(on)), y: y(used) })),
    now: { x: x(now), y: y(storage.used) },
    full: { x: x(full), y: FRAME.top },
    after: from && { from, to: to() },
    months: months.filter(({ x: at }, index) => index === 0 || at - (months[index - 1]?.x ?? 0) > 30),
  };
}
