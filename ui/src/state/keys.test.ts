import { describe, expect, it } from "vitest";
import { chordOf, isSingleCharacter } from "./keys.svelte";

const key = (name: string, more: Partial<KeyboardEvent> = {}): string =>
  chordOf({ key: name, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...more });

describe("chords", () => {
  it("writes letters in lower case, Shift apart", () => {
    expect(key("r")).toBe("r");
    expect(key("R", { shiftKey: true })).toBe("Shift+r");
    expect(key("Enter", { ctrlKey: true })).toBe("Ctrl+Enter");
    expect(key("ArrowDown", { shiftKey: true })).toBe("Shift+ArrowDown");
  });

  it("takes signs as typed, whatever the layout needs to type them", () => {
    expect(key("?", { shiftKey: true })).toBe("?");
    expect(key("/", { shiftKey: true })).toBe("/");
  });

  it("knows which chords are a character alone (WCAG 2.1.4)", () => {
    for (const alone of ["r", "?", "/", "Shift+r", "g t"]) expect(isSingleCharacter(alone), alone).toBe(true);
    for (const other of ["Ctrl+r", "Enter", "ArrowDown", " ", "F5", "Delete"]) expect(isSingleCharacter(other), other).toBe(false);
  });
});
