import { expect, it } from "vitest";
import { excerptPieces } from "./excerpt";

it("tells the words found from what surrounds them", () => {
  expect(excerptPieces("le ‹bilan› du ‹10› novembre")).toEqual([
    { words: "le ", found: false },
    { words: "bilan", found: true },
    { words: " du ", found: false },
    { words: "10", found: true },
    { words: " novembre", found: false },
  ]);
  expect(excerptPieces("")).toEqual([]);
  expect(excerptPieces("‹tout›")).toEqual([{ words: "tout", found: true }]);
});
