import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, open, screens, test } from "./window";

const sizes = [
  { width: 1440, height: 900 },
  { width: 1024, height: 700 },
];

/** What opens is at rest before it is looked at. */
function rest(page: Page): Promise<unknown> {
  return page.evaluate(() => Promise.all(document.getAnimations().map((each) => each.finished)));
}

/**
 * What axe finds wrong, a line each. In the page itself, since frames show what others wrote: no second page is opened to
 * gather what each frame answers; and only what is wrong is described. Three times as fast, for the same findings.
 */
async function wrong(page: Page, choose: (axe: AxeBuilder) => AxeBuilder): Promise<string[]> {
  const axe = new AxeBuilder({ page }).setLegacyMode(true).options({ resultTypes: ["violations"] });
  const found = await choose(axe).exclude("iframe").analyze();
  return found.violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map((node) => node.html).join("\n  ")}`);
}

for (const { width, height } of sizes) {
  test.describe(`${width} × ${height}`, () => {
    test.use({ viewport: { width, height }, colorScheme: "light" });
    for (const { name, query, go } of screens) {
      test(name, async ({ page }, info) => {
        await open(page, query);
        await go(page);
        await rest(page);
        await info.attach(`${name}, light`, { body: await page.screenshot(), contentType: "image/png" });
        const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
        expect(await wrong(page, (axe) => axe.withTags(tags))).toEqual([]);
        // Nothing is cut off: neither the window nor a dialogue scrolls sideways.
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
        expect(await page.evaluate(() => [...document.querySelectorAll("[role=dialog]")].filter((each) => each.scrollWidth > each.clientWidth).length)).toBe(0);
        // The dark theme changes colours alone.
        await page.emulateMedia({ colorScheme: "dark" });
        await rest(page);
        await info.attach(`${name}, dark`, { body: await page.screenshot(), contentType: "image/png" });
        expect(await wrong(page, (axe) => axe.withRules(["color-contrast"]))).toEqual([]);
      });
    }
  });
}
