// What axe finds on each screen: whole in light, its colours alone in dark, at both sizes. One opening serves them all, since
// the size and the theme change what is drawn and nothing else.
import { wrong, type Choice } from "../axe";
import { expect, open, screens, test } from "./window";

/** The keys lead to each screen at the first of these: at the other, the walk by the keyboard has them do. */
const sizes = [
  { width: 1024, height: 700 },
  { width: 1440, height: 900 },
];

const WHOLE: Choice = { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] };
const COLOURS: Choice = { runOnly: { type: "rule", values: ["color-contrast"] } };

test.use({ viewport: sizes[0], colorScheme: "light" });

for (const { name, query, go } of screens) {
  test(name, async ({ page }) => {
    await open(page, query);
    await go(page);
    for (const { width, height } of sizes) {
      const size = `${width} × ${height}`;
      await page.setViewportSize({ width, height });
      expect(await wrong(page, WHOLE), `${size}, light`).toEqual([]);
      // Nothing is cut off: neither the window nor a dialogue scrolls sideways.
      expect(await page.evaluate(() => document.documentElement.scrollWidth), size).toBeLessThanOrEqual(width);
      const cut = await page.evaluate(() => [...document.querySelectorAll("[role=dialog]")].filter((each) => each.scrollWidth > each.clientWidth).length);
      expect(cut, size).toBe(0);
      // The dark theme changes colours alone.
      await page.emulateMedia({ colorScheme: "dark" });
      expect(await wrong(page, COLOURS), `${size}, dark`).toEqual([]);
      await page.emulateMedia({ colorScheme: "light" });
    }
  });
}
