// Keys that are pressed one after the other.
import type { Page } from "@playwright/test";

/**
 * Leads to a place: G, then its letter. Neither waits for the other to be answered, since the window forgets the first after
 * a while, and a busy machine may take longer than that to answer.
 */
export async function leap(page: Page, letter: string): Promise<void> {
  await Promise.all([page.keyboard.press("g"), page.keyboard.press(letter)]);
}
