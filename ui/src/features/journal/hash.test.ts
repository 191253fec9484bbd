import { describe, expect, it } from "vitest";
import { compareFingerprints, shortHash } from "./hash";

const FOUND = "7c1e 90ab 44d2 0f31 a7b2 c3d4 e5f6 5f08";

describe("fingerprints", () => {
  it("are shown by their ends", () => {
    expect(shortHash("7c1e90ab44d20f31a7b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f65f08")).toBe("7c1e 90ab 44d2 … 5f08");
    expect(shortHash("7c1e")).toBe("7c1e");
  });

  it("are compared however they were written down", () => {
    expect(compareFingerprints("", FOUND)).toBeNull();
    expect(compareFingerprints("7C1E-90AB:44d2 0f31 a7b2c3d4 e5f6 5f08 ", FOUND)).toBe("same");
    expect(compareFingerprints("7c1e 90ab", FOUND)).toBe("notYet");
    expect(compareFingerprints("7c1e 90ac", FOUND)).toBe("differs");
    expect(compareFingerprints(`${FOUND} 00`, FOUND)).toBe("differs");
  });
});
