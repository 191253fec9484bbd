// « À traiter »: a secretary sorts for four doctors, a doctor comes after and deals with what is hers; a doctor alone.
import type { Page } from "@playwright/test";
import { leap } from "../keys";
import { expect, open, test } from "./window";

interface Script {
  readonly pliFixture: { readonly shared: { somebodyTakes(message: number): void; readonly handled: { somebodyEntrusts(message: number, name: string): void } } };
}

/** « À traiter », its first rows drawn. */
async function todo(page: Page): Promise<void> {
  await leap(page, "a");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("À traiter");
  await expect(page.locator(".row").first()).toBeVisible();
}

/** What the secretary does meanwhile, at her own workstation. */
function secretary(page: Page, does: "takes" | "entrusts", message: number): Promise<void> {
  return page.evaluate(
    ([does, message]) => {
      const { shared } = (window as unknown as Script).pliFixture;
      if (does === "takes") shared.somebodyTakes(message);
      else shared.handled.somebodyEntrusts(message, "Dr Élise Martin");
    },
    [does, message] as const,
  );
}

const link = (page: Page) => page.locator("a[href='#a-traiter']");
const choice = (page: Page, name: RegExp) => page.getByRole("group", { name: "Que montrer" }).getByRole("button", { name });
const who = (page: Page) => page.locator(".row .name");

test("the secretary sorts for four doctors: what is picked is entrusted in one gesture, and all that is left is seen", async ({ page }) => {
  await open(page, "?tri=secretaire");
  // One is hers already: she took it. Two more are left to others.
  await expect(link(page)).toContainText("1");
  for (const [skipped, doctor] of [[3, "Dr Élise Martin"], [1, "Dr Denis Faure"], [1, "Dr Claire Roux"], [1, "Dr Hugo Lemoine"]] as const) {
    for (let step = 0; step < skipped; step++) await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Space");
    await page.keyboard.press("Shift+ArrowDown");
    await page.keyboard.press("i");
    await page.getByRole("textbox", { name: "Nom" }).fill(doctor);
    await page.keyboard.press("Enter");
    await expect(page.getByText(`2 messages confiés à ${doctor}`)).toBeVisible();
    await expect(page.getByText("sélectionnés")).toHaveCount(0);
  }
  await todo(page);
  await expect(choice(page, /Pour moi/)).toHaveText("Pour moi 1");
  await choice(page, /Tout ce qui reste/).focus();
  await page.keyboard.press("Enter");
  await expect(choice(page, /Tout ce qui reste/)).toHaveAttribute("aria-pressed", "true");
  for (const doctor of ["Dr Martin", "Dr Faure", "Dr Roux", "Dr Lemoine"]) await expect(page.getByText(`À traiter : ${doctor}`).first()).toBeVisible();
  await expect(link(page)).toContainText("1");
});

test("a doctor comes after: T by T, the row leaves, the next opens; Ctrl Z puts it back in its place", async ({ page }) => {
  await open(page, "?tri=medecin");
  await expect(link(page)).toHaveText(/4.messages vous attendent/);
  await todo(page);
  await expect(link(page)).toHaveAttribute("aria-current", "page");
  await expect(who(page)).toHaveText(["Dr Hélène CASTAING", "Infirmière Camille ROY", "Pharmacie du Port", "PELLETIER Jean-Marc"]);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("t");
  await expect(who(page)).toHaveText(["Dr Hélène CASTAING", "Pharmacie du Port", "PELLETIER Jean-Marc"]);
  await expect(page.locator(".row.is-current")).toContainText("Pharmacie du Port");
  await expect(page.getByRole("heading", { level: 2, name: "Pharmacie du Port" })).toBeVisible();
  await expect(link(page)).toHaveText(/3.messages vous attendent/);
  await page.keyboard.press("Control+z");
  await expect(who(page).nth(1)).toHaveText("Infirmière Camille ROY");
  await expect(page.locator(".row.is-current")).toContainText("Infirmière Camille ROY");
  await expect(choice(page, /Pour moi/)).toHaveText("Pour moi 4");
});

test("what a colleague does meanwhile is seen, the counts follow, and what is open stays open", async ({ page }) => {
  await open(page, "?tri=medecin");
  await todo(page);
  await page.keyboard.press("ArrowDown");
  await secretary(page, "entrusts", 1015);
  await expect(choice(page, /Pour moi/)).toHaveText("Pour moi 5");
  await expect(link(page)).toHaveText(/5.messages/);
  await expect(page.locator(".row.is-current")).toContainText("Dr Hélène CASTAING");
  await secretary(page, "takes", 1022);
  await expect(who(page)).toHaveCount(4);
  await expect(page.getByRole("heading", { level: 2, name: "Dr Hélène CASTAING" })).toBeVisible();
  await expect(page.locator(".strip")).toContainText("Pris en charge par Nora Renaud");
  // One goes on from where it stood.
  await page.keyboard.press("ArrowDown");
  await expect(page.locator(".row.is-current")).toContainText("Infirmière Camille ROY");
  await choice(page, /Tout ce qui reste/).click();
  await expect(who(page)).toHaveCount(11);
});

test("by the keyboard alone to the last one: the focus is never lost, and an empty list is a kind word", async ({ page }) => {
  await open(page, "?tri=medecin");
  await todo(page);
  await page.keyboard.press("ArrowDown");
  // From a button of the reader, which goes away with the last message.
  await page.locator(".strip").getByRole("button", { name: "Traité" }).focus();
  for (const left of [3, 2, 1]) {
    await page.keyboard.press("Enter");
    await expect(who(page)).toHaveCount(left);
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("BUTTON");
  }
  await page.keyboard.press("Enter");
  await expect(page.getByText("Rien ne vous attend")).toBeVisible();
  await expect(page.locator(".none")).toBeFocused();
  await expect(page.getByRole("status").filter({ hasText: "Rien n’attend" })).toHaveCount(1);
  await page.keyboard.press("Control+z");
  await expect(who(page)).toHaveText(["PELLETIER Jean-Marc"]);
  await expect(page.getByRole("listbox", { name: "Messages" })).toBeFocused();
  await page.keyboard.press("t");
  await page.getByRole("button", { name: /Voir tout ce qui reste/ }).focus();
  await page.keyboard.press("Enter");
  await expect(who(page)).toHaveCount(6);
});

test("one box or all of them, in a narrow window too; nothing is cut", async ({ page }) => {
  await page.setViewportSize({ width: 1024, height: 700 });
  await open(page, "?tri=medecin");
  await todo(page);
  await leap(page, "d");
  const picker = page.getByRole("dialog", { name: "Dossiers" });
  await expect(picker.getByRole("option", { name: /Cabinet des Lilas/ }).first()).toContainText("4");
  await page.keyboard.type("secr");
  await page.keyboard.press("Enter");
  await expect(page.getByText("Rien ne vous attend")).toBeVisible();
  await expect(page.locator(".filters")).toContainText("Secrétariat");
  await choice(page, /Tout ce qui reste/).click();
  await expect(page.locator(".row")).toContainText("À traiter : Dr Faure");
  for (const button of await page.getByRole("group", { name: "Que montrer" }).getByRole("button").all())
    expect(await button.evaluate((each) => each.scrollWidth <= each.clientWidth)).toBe(true);
  await leap(page, "t");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Tous");
});

test("a doctor alone keeps for later by one key, and finds it again in a list of its own", async ({ page }) => {
  await open(page, "?tri=seul");
  await expect(link(page)).toHaveText(/2.messages vous attendent/);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Shift+A");
  await expect(page.locator(".row").first()).toContainText("À traiter");
  await todo(page);
  await expect(page.locator(".row")).toHaveCount(3);
  // Nobody else: no choice to make.
  await expect(page.getByRole("group", { name: "Que montrer" })).toHaveCount(0);
  await page.keyboard.press("ArrowDown");
  for (const left of [2, 1]) {
    await page.keyboard.press("t");
    await expect(page.locator(".row")).toHaveCount(left);
  }
  await page.keyboard.press("t");
  await expect(page.getByText("« À traiter plus tard » (Maj A")).toBeVisible();
});
