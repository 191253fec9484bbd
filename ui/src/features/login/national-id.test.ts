import { describe, expect, it } from "vitest";
import { keyHolds, readNationalId } from "./national-id";

describe("a national identifier as typed", () => {
  it("is the RPPS with or without the 8, with or without spaces", () => {
    for (const typed of ["99700000013", "899700000013", "8 99 700 000 013", " 99 700 000 013 ", "99.700.000.013", "8\u00a099\u202f700 000 013"]) {
      expect(readNationalId(typed), typed).toEqual({ is: "good", id: "899700000013" });
    }
  });

  it("says how far one is, as one types", () => {
    expect(readNationalId("")).toEqual({ is: "empty" });
    expect(readNationalId("9970000001")).toEqual({ is: "short", missing: 1 });
    expect(readNationalId("8")).toEqual({ is: "short", missing: 11 });
    expect(readNationalId("8997000000131")).toEqual({ is: "long", extra: 1 });
  });

  it("checks the key: one wrong digit, or two swapped, is seen", () => {
    expect(keyHolds("99700000013")).toBe(true);
    for (let place = 0; place < 11; place++) {
      const digits = [..."99700000013"];
      digits[place] = String((Number(digits[place]) + 1) % 10);
      expect(readNationalId(digits.join("")).is, digits.join("")).not.toBe("good");
    }
    expect(readNationalId("99700000031")).toEqual({ is: "wrongKey" });
  });

  it("leaves the schemes of structures to the core", () => {
    expect(readNationalId("0123456789")).toEqual({ is: "other", id: "0123456789" });
    expect(readNationalId("330785678/CPET00032")).toEqual({ is: "other", id: "330785678/CPET00032" });
    expect(readNationalId("é")).toEqual({ is: "empty" });
  });
});
