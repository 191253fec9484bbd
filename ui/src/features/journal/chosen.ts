// What the person chose to see of the journal, and the filter of the contract that it makes. Pure: the time is given.
import type { JournalFilter } from "../../backend";
import { dayOf, daysBefore, startOfDay } from "../../text/dates";

/** Which days: today, the last so many, this month, since ever, or from one to another. */
export type Period = "today" | "week" | "days" | "month" | "ever" | "custom";

export interface Chosen {
  readonly period: Period;
  /** With `custom`: days written 2026-11-17, both included; `null`: open on that side. */
  readonly from: string | null;
  readonly to: string | null;
  readonly bal: string;
  readonly author: string;
  readonly action: string;
  readonly failures: boolean;
  readonly correspondent: string;
  readonly message: string;
  readonly intentions: boolean;
}

export const FIRST_CHOICE: Chosen = {
  period: "week",
  from: null,
  to: null,
  bal: "",
  author: "",
  action: "",
  failures: false,
  correspondent: "",
  message: "",
  intentions: false,
};

/** Whether something was chosen at all. */
export function isFiltered(chosen: Chosen): boolean {
  return (Object.keys(FIRST_CHOICE) as (keyof Chosen)[]).some((key) => chosen[key] !== FIRST_CHOICE[key]);
}

/** Whether the first day is after the last: no list then. */
export function inverted({ period, from, to }: Chosen): boolean {
  return period === "custom" && from !== null && to !== null && from > to;
}

/** How many of the filters that are put away are in use. */
export function putAway(chosen: Chosen): number {
  return [chosen.correspondent !== "", chosen.message !== "", chosen.intentions].filter(Boolean).length;
}

/** The days of a period, both included; `null`: open on that side. */
export function daysOf(chosen: Pick<Chosen, "period" | "from" | "to">, now: Date): { from: string | null; to: string | null } {
  switch (chosen.period) {
    case "today":
      return { from: dayOf(now), to: null };
    case "week":
      return { from: dayOf(daysBefore(now, 6)), to: null };
    case "days":
      return { from: dayOf(daysBefore(now, 29)), to: null };
    case "month":
      return { from: dayOf(new Date(now.getFullYear(), now.getMonth(), 1)), to: null };
    case "ever":
      return { from: null, to: null };
    case "custom":
      return { from: chosen.from, to: chosen.to };
  }
}

/** The filter of the contract. */
export function filterOf(chosen: Chosen, now: Date): JournalFilter {
  const { from, to } = daysOf(chosen, now);
  return {
    since: from && startOfDay(from).toISOString(),
    until: to && startOfDay(to, 1).toISOString(),
    bal: chosen.bal || null,
    author: chosen.author || null,
    action: chosen.action || null,
    failures: chosen.failures,
    correspondent: chosen.correspondent.trim() || null,
    message: chosen.message.trim().replace(/^<|>$/g, "") || null,
    intentions: chosen.intentions,
  };
}

/** Whether two filters are the same. */
export function sameFilter(one: JournalFilter, other: JournalFilter): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
