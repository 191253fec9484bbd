// What axe finds wrong on a page: the same engine in every story, given to a document once.
import type { Page } from "@playwright/test";
import axe, { type RunOptions } from "axe-core";

/** What is looked at: whole families of rules, or some rules alone; without, axe's own choice. */
export type Choice = Pick<RunOptions, "runOnly">;

/** What is drawn is at rest before it is looked at; what moves for ever is looked at as it is. */
async function rest(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await document.fonts.ready;
    const moving = (): Animation[] =>
      document.getAnimations().filter((each) => each.playState === "running" && each.effect?.getComputedTiming().endTime !== Infinity);
    // One that is called off is at rest too, and its end may begin another.
    while (moving().length > 0) await Promise.allSettled(moving().map((each) => each.finished));
  });
}

/**
 * A line for each rule that is broken, once nothing moves. In the page itself, since frames show what others wrote: they are left out, and only
 * what is wrong is described.
 */
export async function wrong(page: Page, choice: Choice = {}): Promise<string[]> {
  await rest(page);
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe.source);
  return page.evaluate(async (choice) => {
    const { run } = (window as unknown as { axe: typeof axe }).axe;
    const { violations } = await run({ exclude: [["iframe"]] }, { ...choice, iframes: false, resultTypes: ["violations"] });
    return violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(({ html }) => html).join("\n  ")}`);
  }, choice);
}
