// What axe finds wrong on a page: the same engine in every story, given to a document once.
import type { Page } from "@playwright/test";
import axe, { type RunOptions } from "axe-core";

/** What is looked at: whole families of rules, or some rules alone; without, axe's own choice. */
export type Choice = Pick<RunOptions, "runOnly">;

/**
 * A line for each rule that is broken. In the page itself, since frames show what others wrote: they are left out, and only
 * what is wrong is described.
 */
export async function wrong(page: Page, choice: Choice = {}): Promise<string[]> {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe.source);
  return page.evaluate(async (choice) => {
    const { run } = (window as unknown as { axe: typeof axe }).axe;
    const { violations } = await run({ exclude: [["iframe"]] }, { ...choice, iframes: false, resultTypes: ["violations"] });
    return violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(({ html }) => html).join("\n  ")}`);
  }, choice);
}
