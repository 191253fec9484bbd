// Tab reaches every control of every screen, in the order of the page, and shows where it is.
import type { Page } from "@playwright/test";
import { expect, open, screens, test } from "./window";

// A frame is walked through by what it holds: its links.
const CONTROLS = "a[href], button, input, select, textarea, [tabindex='0']";

/** Which link of the frame has the focus; -1: the frame itself; null: it is not there, or not there yet. */
async function inFrame(page: Page): Promise<number | null> {
  const frame = page.frames().find((each) => each !== page.mainFrame());
  const link = await frame?.evaluate(() => {
    const links = [...document.querySelectorAll("a[href]")];
    const at = links.findIndex((each) => each === document.activeElement);
    return document.hasFocus() && (at >= 0 || links.length === 0) ? at : null;
  });
  return link ?? null;
}

/**
 * Where in the frame the keys are, once they have moved from where they were; null once they are in the page. A frame takes
 * them, and gives them back, at its own pace.
 */
async function moved(page: Page, from: number | null): Promise<number | null> {
  let at: number | null = null;
  await expect(async () => {
    const within = await page.evaluate(() => document.activeElement instanceof HTMLIFrameElement);
    at = within ? await inFrame(page) : null;
    expect(within ? at !== null && at !== from : true).toBe(true);
  }).toPass({ intervals: [20, 50, 100] });
  return at;
}

for (const { name, query, go } of screens) {
  test(name, async ({ page }) => {
    await open(page, query);
    await go(page);
    // A frame that is still being made swallows the keys meant to go through it.
    await Promise.all(page.frames().map((frame) => frame.waitForLoadState()));
    // What is to be reached: inside the dialogue that is open, else the whole page.
    const all = await page.evaluate((controls) => {
      const within = document.querySelector("[role=dialog]") ?? document.body;
      const reached = [...within.querySelectorAll<HTMLElement>(controls)].filter(
        (each) =>
          each.tabIndex >= 0 &&
          !each.matches(":disabled") &&
          each.checkVisibility({ visibilityProperty: true }) &&
          !(each instanceof HTMLInputElement && each.type === "radio" && !each.checked),
      );
      reached.forEach((each, index) => (each.dataset.place = String(index)));
      return reached.map((each) => (each.getAttribute("aria-label") ?? each.textContent ?? each.id).trim().slice(0, 40));
    }, CONTROLS);
    const walked: number[] = [];
    const unseen: string[] = [];
    let link: number | null = null;
    for (let step = 0; step < 2 * all.length + 30 && new Set(walked).size < all.length; step++) {
      await page.keyboard.press("Tab");
      if (page.frames().length > 1) link = await moved(page, link);
      const at = await page.evaluate(() => {
        const on = document.activeElement as HTMLElement | null;
        if (!on?.dataset.place) return null;
        // The ring is on the control, on the field around it, or on the row that a list marks as its own. The lines of a
        // letter that is written bear a bar instead.
        const around = [on, on.parentElement, on.closest(".input, .select"), on.querySelector(".is-current, .is-selected")];
        const ringed = around.some((each) => {
          if (!each) return false;
          const { outlineStyle, outlineWidth } = getComputedStyle(each);
          return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
        });
        const line = on.closest("textarea, .fl");
        const barred = line !== null && getComputedStyle(line).boxShadow.includes("inset");
        const { top, left, bottom, right } = on.getBoundingClientRect();
        const onScreen = bottom > 0 && right > 0 && top < innerHeight && left < innerWidth;
        return { place: Number(on.dataset.place), seen: (ringed || barred) && onScreen };
      });
      if (!at || walked.includes(at.place)) continue;
      walked.push(at.place);
      if (!at.seen) unseen.push(all[at.place] ?? "");
    }
    expect(all.filter((_, place) => !walked.includes(place))).toEqual([]);
    expect(unseen).toEqual([]);
    // One walk through the page, wherever it began.
    const turns = walked.filter((place, index) => index > 0 && place < (walked[index - 1] ?? 0)).length;
    expect(turns).toBeLessThanOrEqual(1);
  });
}
