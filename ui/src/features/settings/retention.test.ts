import { describe, expect, it } from "vitest";
import { text } from "../../text";
import { monthsBefore, technicalChoices, traceChoices } from "./retention";

const plain = (words: string): string => words.replace(/[\u00a0\u202f]/g, " ");

describe("how long traces are kept", () => {
  it("offers from one month to twenty years, and what the organisation chose", () => {
    expect(traceChoices(6)).toEqual([1, 2, 3, 6, 9, 12, 18, 24, 36, 60, 120, 180, 240]);
    expect(traceChoices(7)).toContain(7);
    expect(technicalChoices(6)).toEqual([6, 7, 8, 9, 10, 11, 12]);
  });

  it("says it as people do", () => {
    expect(traceChoices(6).map((each) => plain(text.retention.months(each)))).toEqual([
      "1 mois", "2 mois", "3 mois", "6 mois", "9 mois", "1 an", "18 mois", "2 ans", "3 ans", "5 ans", "10 ans", "15 ans", "20 ans",
    ]);
  });

  it("counts back by months, to a day that exists", () => {
    expect(monthsBefore(new Date("2026-11-17T09:11:00+01:00"), 6).toISOString()).toBe("2026-05-17T07:11:00.000Z");
    expect(monthsBefore(new Date("2026-03-31T09:11:00+02:00"), 1).toISOString()).toBe("2026-02-28T08:11:00.000Z");
    expect(monthsBefore(new Date("2026-01-15T09:11:00+01:00"), 240).getFullYear()).toBe(2006);
  });
});
