import { describe, expect, it } from "vitest";
import {
  dayHeading,
  dayOf,
  daysBefore,
  gap,
  hour,
  longDay,
  moment,
  readDay,
  secondsUntil,
  shortDay,
  shortMoment,
  span,
  startOfDay,
  wholeMoment,
  writtenClock,
  writtenDay,
  writtenHeading,
  writtenShort,
  writtenWhole,
} from "./dates";

const now = new Date("2026-11-17T09:11:00+01:00");
const plain = (text: string): string => text.replace(/[\u00a0\u202f]/g, " ");

describe("dates in French", () => {
  it("writes hours without a leading zero, minutes with one", () => {
    expect(plain(hour("2026-11-17T09:04:12+01:00"))).toBe("9 h 04");
    expect(plain(hour("2026-11-17T00:00:00+01:00"))).toBe("0 h 00");
    expect(hour("2026-11-17T09:04:12+01:00")).not.toContain(" ");
  });

  it("names today, yesterday, and any other day by its date", () => {
    expect(plain(dayHeading("2026-11-17T00:01:00+01:00", now))).toBe("Aujourd’hui, mardi 17 novembre");
    expect(plain(dayHeading("2026-11-16T23:59:00+01:00", now))).toBe("Hier, lundi 16 novembre");
    expect(plain(dayHeading("2026-11-14T12:00:00+01:00", now))).toBe("Samedi 14 novembre");
    expect(plain(dayHeading("2025-11-14T12:00:00+01:00", now))).toBe("Vendredi 14 novembre 2025");
  });

  it("writes the first of a month as 1er", () => {
    expect(plain(longDay("2026-05-01T12:00:00+02:00", now))).toBe("vendredi 1er mai");
  });

  it("knows yesterday across a change of hour and of year", () => {
    const afterChange = new Date("2026-10-26T08:00:00+01:00");
    expect(dayOf(daysBefore(afterChange, 1))).toBe("2026-10-25");
    expect(dayOf(daysBefore(new Date("2026-01-01T00:30:00+01:00"), 1))).toBe("2025-12-31");
  });

  it("gives the day of the workstation, whatever the offset written", () => {
    expect(dayOf("2026-11-16T23:30:00Z")).toBe("2026-11-17");
  });

  it("says moments in a sentence and short ones alone", () => {
    expect(plain(moment("2026-11-17T09:04:00+01:00", now))).toBe("aujourd’hui à 9 h 04");
    expect(plain(moment("2026-11-16T18:12:00+01:00", now))).toBe("hier à 18 h 12");
    expect(plain(moment("2026-11-14T18:12:00+01:00", now))).toBe("le samedi 14 novembre à 18 h 12");
    expect(plain(shortMoment("2026-11-14T18:12:00+01:00", now))).toBe("14/11 à 18 h 12");
    expect(plain(shortMoment("2025-11-14T18:12:00+01:00", now))).toBe("14/11/2025 à 18 h 12");
    expect(plain(wholeMoment("2026-11-17T09:04:00+01:00"))).toBe("mardi 17 novembre 2026 à 9 h 04");
    expect(shortDay("1951-03-14T12:00:00+01:00")).toBe("14/03/1951");
  });

  it("counts seconds left and never below zero", () => {
    expect(secondsUntil("2026-11-17T09:11:07.200+01:00", now)).toBe(8);
    expect(secondsUntil("2026-11-17T09:10:00+01:00", now)).toBe(0);
  });

  it("keeps a trace's time as the workstation wrote it", () => {
    const instant = "2026-07-17T08:52:17.2041+02:00";
    expect(writtenClock(instant)).toBe("08:52:17");
    expect(writtenDay(instant)).toBe("2026-07-17");
    expect(writtenWhole(instant)).toBe("17/07/2026 08:52:17,204 (UTC+02:00)");
    expect(writtenWhole("2026-07-17T08:52:17Z")).toBe("17/07/2026 08:52:17,000 (UTC+00:00)");
    expect(plain(writtenHeading("2026-11-17"))).toBe("Mardi 17 novembre 2026");
    expect(writtenWhole("not a time")).toBe("not a time");
  });

  it("says how long, in minutes and seconds", () => {
    expect([94, 34, 120, 0, 0.2, 3600].map((each) => plain(span(each)))).toEqual(["1 min 34 s", "34 s", "2 min", "0 s", "1 s", "60 min"]);
  });
});

describe("days that a person types", () => {
  it("reads them as French people write them, and as machines do", () => {
    for (const typed of ["17/11/2026", "17-11-2026", "17.11.26", "17 11 26", " 2026-11-17 ", "17/11"]) expect(readDay(typed, now), typed).toBe("2026-11-17");
    expect(readDay("1/3", now)).toBe("2026-03-01");
  });

  it("refuses what is no day", () => {
    for (const typed of ["", "17", "31/02/2026", "12/13/2026", "hier", "17/11/206", "0/1/2026"]) expect(readDay(typed, now), typed).toBeNull();
  });

  it("writes them back, and knows when they begin", () => {
    expect(writtenShort("2026-11-17")).toBe("17/11/2026");
    expect(startOfDay("2026-10-25").toISOString()).toBe("2026-10-24T22:00:00.000Z");
    // The day the clocks go back has twenty-five hours.
    expect(startOfDay("2026-10-25", 1).toISOString()).toBe("2026-10-25T23:00:00.000Z");
  });
});

describe("how far a clock went", () => {
  it("says it in the unit that means something", () => {
    expect([12, -340, 3200, 61_000, 123_000, 15_000_000, 300_000_000].map((each) => plain(gap(each)))).toEqual([
      "12 ms", "340 ms", "3,2 s", "1 min 1 s", "2 min 3 s", "4 h 10 min", "3 jours",
    ]);
  });
});
