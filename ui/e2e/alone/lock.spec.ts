// The lock: nothing of the content stays in the window, and one comes back to where one was.
import type { Page } from "@playwright/test";
import { expect, NOW, open, test } from "./window";

type Script = {
  pliFixture: { entry: { lock(reason: string): void; approve(): void; end(): void; activities: number } };
  pliState: Record<string, unknown>;
};

// What a window keeps is the matter: each has a page that nothing was in before.
test.use({ own: true });

/** What a person saw before the lock, and must not find after it. */
const CONTENT = ["Bio-Rivage", "CASTAING", "bisoprolol", "PELLETIER", "Phrase du brouillon", "objet gardé", "elise.martin@", "Cabinet des Lilas", "Paul Mercier"];

/** Everything the page holds: its text, attributes, fields, frames, title, selection, history and storage. */
function held(page: Page): Promise<string> {
  return page.evaluate(() => {
    const fields = [...document.querySelectorAll<HTMLInputElement>("input, textarea")].map((each) => each.value);
    return [
      document.documentElement.outerHTML,
      document.title,
      ...fields,
      getSelection()?.toString() ?? "",
      JSON.stringify(history.state),
      location.href,
      JSON.stringify({ ...localStorage }),
      JSON.stringify({ ...sessionStorage }),
    ].join("\n");
  });
}

async function nothingLeft(page: Page): Promise<void> {
  await expect(page.getByRole("heading", { name: "Pli est verrouillé" })).toBeVisible();
  const all = await held(page);
  for (const word of CONTENT) expect(all, word).not.toContain(word);
  await expect(page.locator("iframe")).toHaveCount(0);
  await expect.poll(() => page.frames().length).toBe(1);
  expect(await page.title()).toBe("Pli");
}

test("nothing of a letter, a search, a draft or a selection is left once locked, nor to go back to", async ({ page }) => {
  await open(page, "?coffre=open&secret=pin");
  const entries = await page.evaluate(() => history.length);
  for (let step = 0; step < 6; step++) await page.keyboard.press("ArrowDown");
  await page.locator("#reader-content iframe").waitFor();
  await page.evaluate(() => getSelection()?.selectAllChildren(document.querySelector("#messages") ?? document.body));
  await page.keyboard.press("/");
  await expect(page.getByLabel("Rechercher", { exact: true })).toBeFocused();
  await page.keyboard.type("bisoprolol");
  await expect(page.locator(".row").first()).toContainText("CASTAING");
  expect(await held(page)).toContain("CASTAING");
  // From the field itself.
  await page.keyboard.press("Control+l");
  await nothingLeft(page);
  // No step of it is in the history: there is nothing to go back to but what was before Pli.
  expect(await page.evaluate(() => history.length)).toBe(entries);
});

test("the draft being written is stored first, and is there after, at the same place", async ({ page }) => {
  await open(page, "?secret=pin");
  await page.keyboard.press("n");
  await page.getByRole("combobox", { name: "À", exact: true }).pressSequentially("h.castaing@port-merel.mssante.example");
  await page.getByLabel("Objet").fill("objet gardé");
  const body = page.getByLabel("Texte du message");
  await body.fill("Phrase du brouillon");
  // At once, before the pause that stores it.
  await body.press("Control+l");
  await nothingLeft(page);
  await expect(page.getByText(/Un brouillon est en sécurité, enregistré à/)).toBeVisible();
  await page.getByLabel("Code de déverrouillage").fill("7410");
  await page.keyboard.press("Enter");
  await expect(page.getByLabel("Texte du message")).toHaveValue("Phrase du brouillon");
  await expect(page.getByLabel("Objet")).toHaveValue("objet gardé");
});

test("a dialogue does not hide the lock, and is not there after it", async ({ page }) => {
  await open(page, "?secret=pin&profils");
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog")).toBeVisible();
  await page.keyboard.press("Control+l");
  await nothingLeft(page);
  await expect(page.getByRole("dialog")).toHaveCount(0);
});

test("each reason is said, with who and since when", async ({ page }) => {
  for (const [reason, words] of [
    ["demand", "à votre demande"],
    ["inactivity", "après 10 minutes sans activité"],
    ["sleep", "à la mise en veille du poste"],
    ["sessionEnd", "à la fin de votre session Pro Santé Connect"],
  ] as const) {
    await open(page, `?coffre=locked&motif=${reason}`);
    await expect(page.getByText(new RegExp(`Dr Élise Martin · depuis 8.h.59, ${words}`))).toBeVisible();
  }
  await open(page, "?coffre=locked&motif=start");
  await expect(page.getByText("Dr Élise Martin · verrouillé au démarrage")).toBeVisible();
  await expect(page.getByText("Un envoi attend. Il partira après le déverrouillage.")).toBeVisible();
  await open(page, "?coffre=locked&calme");
  await expect(page.getByText("Un envoi attend")).toHaveCount(0);
});

test("it opens by the phone, and the window comes back to the letter that was open", async ({ page }) => {
  await open(page);
  for (let step = 0; step < 3; step++) await page.keyboard.press("ArrowDown");
  await page.getByRole("heading", { name: "Dr Hélène CASTAING" }).waitFor();
  await page.evaluate(() => (window as unknown as Script).pliFixture.entry.lock("inactivity"));
  await nothingLeft(page);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("img", { name: "Quatre, sept" })).toBeVisible();
  await page.evaluate(() => (window as unknown as Script).pliFixture.entry.approve());
  await expect(page.getByRole("heading", { name: "Dr Hélène CASTAING" })).toBeVisible();
});

test("a code leads; wrong ones make one wait, and wipe nothing", async ({ page }) => {
  await open(page, "?coffre=locked&secret=pin");
  const field = page.getByLabel("Code de déverrouillage");
  await expect(field).toBeFocused();
  for (let wrong = 0; wrong < 3; wrong++) {
    await page.keyboard.type("0000");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("alert")).toContainText("Ce code n’est pas le bon.");
    await expect(page.getByRole("alert")).toContainText("Rien n’est effacé");
    await expect(field).toHaveValue("");
  }
  await page.keyboard.type("0000");
  await page.keyboard.press("Enter");
  await expect(page.getByText(/Prochain essai dans 5.s\./)).toBeVisible();
  await expect(field).toBeDisabled();
  await page.clock.setFixedTime(new Date("2026-11-17T09:11:06+01:00"));
  await expect(field).toBeEnabled();
  await expect(field).toBeFocused();
  await page.keyboard.type("7410");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("listbox", { name: "Messages" })).toBeVisible();
});

test("the session is closed from the lock, which stays", async ({ page }) => {
  await open(page, "?coffre=locked");
  await page.getByRole("button", { name: "Fermer la session" }).click();
  await expect(page.getByText("Session Pro Santé Connect fermée. Pli reste verrouillé.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Fermer la session" })).toHaveCount(0);
  await nothingLeft(page);
});

test("that the person acts is told, seldom, and never what is done", async ({ page }) => {
  await open(page);
  await page.locator(".row").first().waitFor();
  const told = (): Promise<number> => page.evaluate(() => (window as unknown as Script).pliFixture.entry.activities);
  // No time passes but what the story says.
  await page.clock.pauseAt(NOW);
  for (let step = 0; step < 20; step++) await page.keyboard.press("ArrowDown");
  await page.mouse.move(300, 300);
  await page.mouse.move(320, 320);
  expect(await told()).toBe(1);
  await page.clock.runFor(10_000);
  expect(await told()).toBe(1);
  await page.mouse.move(340, 340);
  await page.keyboard.press("ArrowDown");
  expect(await told()).toBe(2);
});

test("with no code and nobody known yet, the keyring alone opens it", async ({ page }) => {
  await open(page, "?coffre=locked&inconnu");
  await expect(page.getByRole("button", { name: "Ouvrir Pli" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("listbox", { name: "Messages" })).toBeVisible();
});
