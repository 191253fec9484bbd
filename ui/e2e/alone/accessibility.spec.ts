import AxeBuilder from "@axe-core/playwright";
import { expect, open, screens, test } from "./window";

const sizes = [
  { width: 1440, height: 900 },
  { width: 1024, height: 700 },
];

for (const { width, height } of sizes) {
  for (const colorScheme of ["light", "dark"] as const) {
    test.describe(`${width} × ${height}, ${colorScheme}`, () => {
      test.use({ viewport: { width, height }, colorScheme });
      for (const { name, query, go } of screens) {
        test(name, async ({ page }, info) => {
          await open(page, query);
          await go(page);
          // What opens is at rest before it is looked at.
          await page.evaluate(() => Promise.all(document.getAnimations().map((each) => each.finished)));
          await info.attach(name, { body: await page.screenshot(), contentType: "image/png" });
          const found = await new AxeBuilder({ page })
            .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
            .exclude("iframe")
            .analyze();
          const told = found.violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map((node) => node.html).join("\n  ")}`);
          expect(told).toEqual([]);
          // Nothing is cut off: the window never scrolls sideways.
          expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
        });
      }
    });
  }
}
