import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { longEnough, SHORTEST } from "./passphrase";

it("asks for as many characters as the core", () => {
  const vault = readFileSync(new URL("../../../../src-tauri/crates/store/src/vault.rs", import.meta.url), "utf8");
  expect(/const MINIMUM: usize = (\d+);/.exec(vault)?.[1]).toBe(String(SHORTEST));
});

it("counts characters, not units", () => {
  expect(longEnough("onze carès.")).toBe(false);
  expect(longEnough("douze carès.")).toBe(true);
  expect(longEnough("\u{1f511}".repeat(11))).toBe(false);
});
