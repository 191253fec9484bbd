import { describe, expect, it } from "vitest";
import type { SpaceGroup, SpaceRow } from "../../backend";
import { EVERYTHING, filterOf, risky, shownGroups } from "./sight.svelte";

const group = (key: string): SpaceGroup => ({ key, label: key, count: 1, octets: 1, oldest: "2026-01-02T09:00:00+01:00", newest: "2026-10-02T09:00:00+02:00", filed: 0 });

describe("what a group shows", () => {
  it("is everything while none is open", () => {
    expect(filterOf("age", null, false)).toEqual(EVERYTHING);
    expect(filterOf("kind", null, true)).toEqual({ ...EVERYTHING, filedOnly: true });
  });

  it("is what its key says", () => {
    expect(filterOf("age", group("year"), false)).toEqual({ ...EVERYTHING, olderThanDays: 365 });
    expect(filterOf("size", group("large"), false)).toEqual({ ...EVERYTHING, largerThan: 5_242_880 });
    expect(filterOf("kind", group("pdf"), true)).toEqual({ ...EVERYTHING, kind: "pdf", filedOnly: true });
    expect(filterOf("correspondent", group("labo@exemple.fr"), false)).toEqual({ ...EVERYTHING, correspondent: "labo@exemple.fr" });
    expect(filterOf("folder", group("104"), false)).toEqual({ ...EVERYTHING, folder: 104 });
  });
});

it("what would be missed is counted once a message, however many reasons there are", () => {
  const row = (keep: SpaceRow["keep"]): SpaceRow => ({ row: {} as SpaceRow["row"], octets: 1, kind: "none", filed: false, keep });
  expect(risky([row([]), row(["unread", "flagged"]), row(["notFiled"])])).toBe(2);
});

it("groups of age and size hold what is older, or larger: as much as their filter gives", () => {
  const found = shownGroups("size", [
    { ...group("medium"), count: 5, octets: 50, filed: 1 },
    { ...group("huge"), count: 2, octets: 90, filed: 2 },
    { ...group("tiny"), count: 70, octets: 3 },
  ]);
  expect(found.map(({ key, count, octets, filed }) => [key, count, octets, filed])).toEqual([
    ["huge", 2, 90, 2],
    ["medium", 7, 140, 3],
  ]);
  expect(shownGroups("kind", [group("pdf"), group("none")]).map(({ key }) => key)).toEqual(["pdf", "none"]);
});
