// The lengths of time that are offered. Pure.

const STEPS = [1, 2, 3, 6, 9, 12, 18, 24, 36, 60, 120, 180, 240];

const withOwn = (choices: readonly number[], own: number): number[] => [...new Set([...choices, own])].sort((a, b) => a - b);

/** For traces: 1 month to 20 years, what is set included. */
export function traceChoices(own: number): number[] {
  return withOwn(STEPS, own);
}

/** For technical logs: 6 to 12 months, what is set included. */
export function technicalChoices(own: number): number[] {
  return withOwn([6, 7, 8, 9, 10, 11, 12], own);
}

/** The same day so many months before; the month's last day where it has no such day. */
export function monthsBefore(now: Date, months: number): Date {
  const first = new Date(now.getFullYear(), now.getMonth() - months, 1);
  const last = new Date(first.getFullYear(), first.getMonth() + 1, 0).getDate();
  return new Date(first.getFullYear(), first.getMonth(), Math.min(now.getDate(), last), now.getHours(), now.getMinutes(), now.getSeconds());
}
