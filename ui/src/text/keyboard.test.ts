import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { text } from ".";

const root = fileURLToPath(new URL("..", import.meta.url));
const { groups } = text.keyboard;

/** As on the keyboard. */
const written = (chord: string): string =>
  chord
    .split(/\+| (?!$)/)
    .map((key) => text.common.keys[key] ?? (key.length === 1 ? key.toUpperCase() : key))
    .join(" ");
const plain = (words: string): string => words.replace(/[\u00a0\u202f]/g, " ").replace(/’/g, "'");

/** Said with another key, or the same everywhere. */
const KNOWN_BY_OTHERS = ["j", "k", "PageUp", "PageDown"];

describe("the table of keys", () => {
  const said = new Set(groups.flatMap(({ keys }) => keys.map(([chord]) => chord)));

  it("has every key that is bound, and no other", () => {
    const bound = new Set<string>();
    for (const path of readdirSync(root, { recursive: true, encoding: "utf8" })) {
      if (!/\.(svelte|ts)$/.test(path) || path.endsWith(".test.ts")) continue;
      for (const [, chord = ""] of readFileSync(join(root, path), "utf8").matchAll(/\bchord: "([^"]+)"/g)) bound.add(chord);
    }
    expect(bound.size).toBeGreaterThan(40);
    expect([...said].sort()).toEqual([...bound].filter((chord) => !KNOWN_BY_OTHERS.includes(chord)).sort());
  });

  it("is the guide's, word for word", () => {
    const guide = readFileSync(new URL("../../../docs/guide.md", import.meta.url), "utf8");
    const lines = groups.map(({ name, keys }) => `| ${name} | ${keys.map(([chord, does]) => `**${written(chord)}** ${plain(does)}`).join(" · ")} |`);
    const table = /^\| où \| touches \|\n\|---\|---\|\n((?:\|.*\n)+)/m.exec(guide)?.[1] ?? "";
    expect(table.trimEnd().split("\n")).toEqual(lines.map(plain));
  });
});
