import { expect, it } from "vitest";
import { paragraphs } from "./paragraphs";

it("cuts a text at empty lines and where quoting begins", () => {
  expect(paragraphs("Bonjour,\r\n\r\nMerci.\nÀ bientôt.\n> Ancien\n> message\n\n")).toEqual([
    { words: "Bonjour,", quoted: false },
    { words: "Merci.\nÀ bientôt.", quoted: false },
    { words: "Ancien\nmessage", quoted: true },
  ]);
  expect(paragraphs("")).toEqual([]);
});
