import { describe, expect, it } from "vitest";
import { shortPerson } from "./handling";

describe("a name in a row", () => {
  it("keeps a title and the last name, else an initial", () => {
    expect(shortPerson("Dr Denis Faure")).toBe("Dr Faure");
    expect(shortPerson("Nora Renaud")).toBe("N. Renaud");
    expect(shortPerson(" élise  Martin ")).toBe("É. Martin");
    expect(shortPerson("Secrétariat")).toBe("Secrétariat");
    expect(shortPerson("")).toBe("");
  });
});
