import { describe, expect, it } from "vitest";
import { added, matched, parseRecipients } from "./recipients";

describe("recipients as typed", () => {
  it("reads an address, a name with its address, several at once", () => {
    expect(parseRecipients("a@b.fr")).toEqual([{ name: "a@b.fr", address: "a@b.fr" }]);
    expect(parseRecipients("Dr Roy <c.roy@x.fr>")).toEqual([{ name: "Dr Roy", address: "c.roy@x.fr" }]);
    expect(parseRecipients("a@b.fr; Dr Roy <c.roy@x.fr>,\nd@e.fr").map(({ address }) => address)).toEqual([
      "a@b.fr",
      "c.roy@x.fr",
      "d@e.fr",
    ]);
  });

  it("does not cut a quoted name at its comma", () => {
    expect(parseRecipients('"ROY, Camille" <c.roy@x.fr>')).toEqual([{ name: "ROY, Camille", address: "c.roy@x.fr" }]);
  });

  it("keeps what is not an address, for the core to say so", () => {
    expect(parseRecipients("castaing")).toEqual([{ name: "castaing", address: "castaing" }]);
    expect(parseRecipients(" ;, ")).toEqual([]);
  });

  it("adds nobody twice, whatever the case", () => {
    const one = { name: "A", address: "a@b.fr" };
    expect(added([one], [{ name: "a", address: "A@B.fr" }, { name: "c", address: "c@b.fr" }])).toEqual([
      one,
      { name: "c", address: "c@b.fr" },
    ]);
  });

  it("shows why a name is proposed, accents aside", () => {
    expect(matched("Dr Leïla BENAÏSSA", "benai")).toEqual(["Dr Leïla ", "BENAÏ", "SSA"]);
    expect(matched("Dr Roy", "xyz")).toEqual(["Dr Roy", "", ""]);
  });
});
