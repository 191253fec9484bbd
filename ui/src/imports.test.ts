import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = dirname(fileURLToPath(import.meta.url));

interface Source {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

/** Every file of the window, with what it imports: paths from the root for its own, names for packages. */
const sources: Source[] = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((path) => /\.(ts|svelte)$/.test(path))
  .map((path) => {
    const text = readFileSync(join(root, path), "utf8");
    const found = [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map((each) => each[1] ?? "");
    const imports = found.map((name) =>
      name.startsWith(".") ? normalize(relative(root, join(root, dirname(path), name))) : name,
    );
    return { path, text, imports };
  });

const feature = (path: string): string | undefined => /^features\/([^/]+)\//.exec(path)?.[1];

describe("who may import whom", () => {
  it("sees the whole window", () => {
    expect(sources.length).toBeGreaterThan(60);
    expect(sources.find(({ path }) => path === "App.svelte")?.imports).toContain("features/list/ListPane.svelte");
  });

  it("only backend knows the host", () => {
    for (const { path, text, imports } of sources) {
      if (path.startsWith("backend/") || path === "imports.test.ts") continue;
      expect(imports.filter((name) => name.startsWith("@tauri-apps")), path).toEqual([]);
      expect(text, path).not.toMatch(/__TAURI|EventSource|\bfetch\(/);
    }
  });

  it("backend is used by its front door alone", () => {
    for (const { path, imports } of sources) {
      if (path.startsWith("backend/")) continue;
      expect(imports.filter((name) => name.startsWith("backend/")), path).toEqual([]);
    }
  });

  it("a feature never reaches into another", () => {
    for (const { path, imports } of sources) {
      const own = feature(path);
      if (!own) continue;
      expect(imports.filter((name) => feature(name) !== undefined && feature(name) !== own), path).toEqual([]);
    }
  });

  it("what is shared knows no feature, and nothing of the window knows the scripts", () => {
    for (const { path, imports } of sources) {
      if (/^(backend|parts|state|text)\//.test(path)) expect(imports.filter((name) => feature(name)), path).toEqual([]);
      if (!path.startsWith("testing/") && !path.endsWith(".test.ts"))
        expect(imports.filter((name) => name.startsWith("testing/")), path).toEqual([]);
    }
  });

  it("nowhere is text put in the page as HTML", () => {
    for (const { path, text } of sources) {
      if (path === "imports.test.ts") continue;
      expect(text, path).not.toMatch(/\{@html|innerHTML|outerHTML|insertAdjacentHTML|document\.write/);
      expect(text.match(/<iframe(?![^>]*sandbox=)[^>]*>/gs), path).toBeNull();
    }
  });

  it("every file stays under 600 lines", () => {
    for (const { path, text } of sources) {
      if (path !== "backend/contract.ts") expect(text.split("\n").length, path).toBeLessThan(600);
    }
  });
});
