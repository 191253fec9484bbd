// What comes with a message and is shown: in frames that may do next to nothing.
import { expect, open, test } from "./window";

// What a frame asks of the browser is its whole window's.
test.use({ own: true });

test("a link of a letter asks for a new window when it is pressed, and only then", async ({ page }) => {
  const asked: string[] = [];
  // No name of this domain exists: what is asked for is seen, and comes to nothing.
  page.context().on("request", (request) => {
    if (request.url().startsWith("https:")) asked.push(request.url());
  });
  await open(page);
  for (let step = 0; step < 6; step++) await page.keyboard.press("ArrowDown");
  const frame = page.locator("#reader-content iframe");
  // No script, no form, no origin of its own; a new window is no frame of ours.
  await expect(frame).toHaveAttribute("sandbox", "allow-popups allow-popups-to-escape-sandbox");
  await expect(frame).toHaveAttribute("referrerpolicy", "no-referrer");
  await expect(page.getByText("3 contenus distants n’ont pas été chargés.")).toBeVisible();
  const link = page.frameLocator("#reader-content iframe").getByRole("link", { name: "agenda des réunions" });
  await link.hover();
  expect(asked).toEqual([]);
  const window = page.waitForEvent("popup");
  await link.click();
  await window;
  await expect.poll(() => [...new Set(asked)]).toEqual(["https://liens.example/agenda"]);
  await expect(link).toBeVisible();
});

test("pictures and plain texts have a preview, in a frame with no right at all; anything else is saved", async ({ page }) => {
  await open(page);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.getByRole("tab", { name: "Pièces jointes" }).click();
  const files = page.locator("#reader-content li");
  await expect(files).toHaveCount(4);
  for (const index of [0, 1]) {
    await expect(files.nth(index)).toContainText("à enregistrer pour l’ouvrir");
    await expect(files.nth(index).getByRole("button", { name: "Aperçu" })).toHaveCount(0);
    await expect(files.nth(index).getByRole("button", { name: "Enregistrer…" })).toBeVisible();
  }
  await page.getByRole("button", { name: "Aperçu schema.png" }).click();
  await expect(page.locator("#reader-content iframe")).toHaveAttribute("sandbox", "");
  await expect(page.frameLocator("#reader-content iframe").locator("img")).toBeVisible();
  // By the keyboard: the frame above is still taking its place, and a click would have to aim at what moves.
  await page.getByRole("button", { name: "Aperçu Bilan du 10 novembre.txt" }).press("Enter");
  await expect(page.locator("#reader-content iframe")).toHaveCount(1);
  await expect(page.frameLocator("#reader-content iframe").getByText("Créatinine 88 µmol/L")).toBeVisible();
  // Text, even where it looks like a page.
  await expect(page.frameLocator("#reader-content iframe").getByText("<b>DFG 71</b>")).toBeVisible();
});
