import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { text } from ".";
import { count, counted, nationalId, size, sizeOf } from "./numbers";
import { typesetText } from "./typeset";

const plain = (value: string): string => value.replace(/[\u00a0\u202f]/g, " ");

/** Every text of the catalogue, those of functions with plausible values. */
function all(value: unknown, path = "text"): [string, string][] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value === "function") {
    const make = value as (...values: unknown[]) => unknown;
    try {
      return all(make(2, "exemple"), `${path}()`);
    } catch {
      return all(make("exemple", "exemple"), `${path}()`);
    }
  }
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).flatMap(([key, entry]) => all(entry, `${path}.${key}`));
  }
  return [];
}

describe("the catalogue", () => {
  const texts = all(text);

  it("has a text of three parts for every code of the contract", () => {
    const contract = readFileSync(new URL("../backend/contract.ts", import.meta.url), "utf8");
    const codes = [...(/export type Code = ([^;]+);/.exec(contract)?.[1] ?? "").matchAll(/"(\w+)"/g)].map((each) => each[1]);
    expect(codes.length).toBeGreaterThan(40);
    expect(Object.keys(text.failures).sort()).toEqual([...codes].sort());
    for (const failure of Object.values(text.failures)) {
      for (const part of [failure.happened(null), failure.happened("imap.exemple.fr"), failure.safe, failure.todo]) {
        expect(part).toMatch(/^[\p{Lu}«i].*[.?]$/u);
      }
    }
  });

  it("keeps the tone: no exclamation, no « Veuillez », no « utilisateur », no « OK »", () => {
    for (const [path, words] of texts) {
      expect(words, path).not.toMatch(/!|Oups|Veuillez|utilisateur|\bOK\b|Confirmer/);
    }
  });

  it("leaves no breakable space before double signs nor inside quotes, and no straight apostrophe", () => {
    for (const [path, words] of texts) expect(words, path).not.toMatch(/ [:;?!%»]|« |\p{L}'\p{L}/u);
  });
});

describe("typesetting", () => {
  it("sets quotes, double signs and apostrophes", () => {
    expect(typesetText("L'envoi « test » : prêt ?")).toBe("L’envoi «\u00a0test\u00a0»\u00a0: prêt\u202f?");
  });
});

describe("numbers", () => {
  it("sets thousands apart", () => {
    expect(plain(count(12480))).toBe("12 480");
    expect(plain(count(1234567))).toBe("1 234 567");
    expect(count(999)).toBe("999");
  });

  it("is singular below two", () => {
    expect(plain(counted(0, "message", "messages"))).toBe("0 message");
    expect(plain(counted(1, "message", "messages"))).toBe("1 message");
    expect(plain(counted(2, "message", "messages"))).toBe("2 messages");
  });

  it("writes sizes in Ko, Mo, Go, with a comma", () => {
    expect(plain(size(1))).toBe("1 octet");
    expect(plain(size(184_220))).toBe("184 Ko");
    expect(plain(size(2_600_000))).toBe("2,6 Mo");
    expect(plain(size(10_000_000))).toBe("10 Mo");
    expect(plain(size(999_700))).toBe("1 Mo");
    expect(plain(size(2_470_000_000))).toBe("2,5 Go");
  });

  it("says the unit of a part and its whole once, when it is the same", () => {
    expect(plain(sizeOf(9_100_000_000, 10_000_000_000))).toBe("9,1 sur 10 Go");
    expect(plain(sizeOf(910_000_000, 10_000_000_000))).toBe("910 Mo sur 10 Go");
    expect(plain(sizeOf(0, 10_000_000_000))).toBe("0 octet sur 10 Go");
  });

  it("cuts a national id in groups and leaves any other alone", () => {
    expect(plain(nationalId("899700000001"))).toBe("8 99 700 000 001");
    expect(nationalId("x")).toBe("x");
  });
});
