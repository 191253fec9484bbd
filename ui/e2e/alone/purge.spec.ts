// A purge in three steps, by the keyboard alone: nothing before its plan, and nothing but it.
import { leap } from "../keys";
import { heard, meanwhile, plan, press, space } from "./life-screens";
import { expect, open, test } from "./window";

const flat = (text: string): string => text.replace(/[\u00a0\u202f]/g, " ").replace(/\s+/g, " ");

test("the plan says how many, how much, what stays and why, and follows each choice before anything is deleted", async ({ page }) => {
  await open(page);
  await plan(page);
  const main = page.getByRole("main");
  await expect(main.getByText("messages à supprimer")).toBeVisible();
  for (const words of ["1 284", "3,1 Go", "271", "Document de santé 698 1,9 Go 05/01 et 17/10/2026", "214 Envoyés depuis moins de 30 jours", "38 Remise non confirmée", "7 Document pas encore classé"])
    await expect(main).toContainText(words, { useInnerText: true });
  await expect(page.getByText("le 9 décembre 2026")).toBeVisible();
  await page.getByLabel("ceux dont un document n’est pas encore classé").focus();
  await page.keyboard.press("Space");
  await expect(main.getByText("Document pas encore classé")).toHaveCount(0);
  await page.getByLabel("Garder une copie chiffrée").focus();
  await page.keyboard.press("Space");
  await page.getByLabel("Ancienneté").selectOption("90");
  await expect(main.getByText("641", { exact: true })).toBeVisible();
  expect((await heard(page, "room")).at(-1)).toEqual({
    account: 2,
    scope: { of: "sent", olderThanDays: 90, keepFlagged: true, keepUnknownFate: true, keepUnfiled: false },
    keepLocal: false,
  });
  await page.keyboard.press("Escape");
  await expect(page.getByRole("heading", { level: 1, name: "Envois" })).toBeVisible();
});

test("it runs, is suspended, goes on where it was, and ends with a report that says what was spared", async ({ page }) => {
  await open(page);
  await plan(page);
  await page.getByText("messages à supprimer").waitFor();
  await page.keyboard.press("Control+Enter");
  const bar = page.getByRole("progressbar");
  await expect(bar).toBeVisible();
  await meanwhile(page, "advance", 742);
  await expect(bar).toHaveAttribute("aria-valuenow", "742");
  await expect(page.getByText("Environ 2 minutes restantes")).toBeVisible();
  await page.keyboard.press("Space");
  await expect(page.getByText("Rien de plus ne sera supprimé")).toBeVisible();
  // Left and come back to, it may be taken up where it was.
  await page.keyboard.press("Escape");
  await plan(page);
  await expect(page.getByText(/il reste 542.messages de son plan/)).toBeVisible();
  await press(page, "La reprendre");
  await expect(page.getByText(/^742.messages supprimés sur/)).toBeVisible();
  await expect(page.getByRole("button", { name: "Suspendre" })).toBeVisible();
  await meanwhile(page, "finish");
  await expect(page.getByText("Purge terminée à 9 h 26")).toBeVisible();
  for (const words of ["1 281 messages supprimés, 3,1 Go libérés", "1 Déjà absents du serveur", "2 Marqués « suivis » depuis le plan. Ils sont intacts."])
    await expect(page.getByRole("main")).toContainText(words, { useInnerText: true });
  await page.getByLabel("Refaire cette purge").focus();
  await page.keyboard.press("Space");
  await expect(page.getByText("Purge automatique enregistrée")).toBeVisible();
  await page.getByRole("link", { name: "Voir le journal" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByLabel("Action")).toHaveValue("purge");
});

test("stopped for good, it says what is gone and what is left, and the rest may be taken up again", async ({ page }) => {
  await open(page);
  await plan(page);
  await page.getByText("messages à supprimer").waitFor();
  await page.keyboard.press("Control+Enter");
  await page.getByRole("button", { name: "Suspendre" }).waitFor();
  await meanwhile(page, "advance", 1000);
  await expect(page.getByRole("progressbar")).toHaveAttribute("aria-valuenow", "1000");
  await press(page, "Arrêter ici");
  await expect(page.getByText("Purge arrêtée à")).toBeVisible();
  await expect(page.getByRole("main")).toContainText("284 Pas encore supprimés. Ils sont intacts.", { useInnerText: true });
  await press(page, /Reprendre les 284/);
  await expect(page.getByRole("button", { name: "Suspendre" })).toBeVisible();
});

test("where nobody says which folder holds what was sent, the person does; it is never guessed", async ({ page }) => {
  await open(page, "?sansenvoyes");
  await plan(page);
  await expect(page.getByText("Quel dossier contient vos messages envoyés")).toBeVisible();
  await expect(page.getByRole("button", { name: /^Supprimer/ })).toHaveCount(0);
  await page.keyboard.press("Control+Enter");
  await expect(page.getByRole("progressbar")).toHaveCount(0);
  await page.getByLabel("Dossier des envoyés").selectOption({ index: 1 });
  await press(page, "Utiliser ce dossier");
  await expect(page.getByText("messages à supprimer")).toBeVisible();
});

test("where deletion would put other messages at risk, the plan is shown and nothing can be begun", async ({ page }) => {
  await open(page, "?obstacle=purgeUnsafe");
  await plan(page);
  await expect(page.getByRole("alert")).toContainText("sans risque pour les autres");
  await expect(page.getByRole("button", { name: /^Supprimer/ })).toBeDisabled();
});

test("the bin is emptied by the same three steps", async ({ page }) => {
  await open(page);
  await page.keyboard.press("j");
  await page.keyboard.press("Delete");
  await leap(page, "d");
  await expect(page.getByRole("dialog").locator("input")).toBeFocused();
  await page.keyboard.type("corbeille");
  await page.keyboard.press("Enter");
  await press(page, "Vider la corbeille");
  await expect(page.getByRole("heading", { level: 1, name: "Vider la corbeille" })).toBeVisible();
  await expect(page.getByLabel("Ancienneté")).toHaveValue("0");
  await page.getByText("messages à supprimer").waitFor();
  expect((await heard(page, "room")).at(-1)).toMatchObject({ account: 1, scope: { of: "trash", olderThanDays: 0 } });
});

test("room is made with what is chosen: nothing beforehand, only what is filed, read and not followed when proposed", async ({ page }) => {
  await open(page, "?place=91");
  await space(page);
  await expect(page.locator(".mid tbody input:checked")).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Voir le plan" })).toBeDisabled();
  await press(page, "Proposer une sélection");
  await expect(page.getByText("messages proposés")).toBeVisible();
  const chosen = page.locator(".mid tbody tr:has(input:checked)");
  await expect.poll(() => chosen.count()).toBeGreaterThan(5);
  for (const words of await chosen.allInnerTexts()) {
    expect(words).toContain("Classé");
    expect(words).not.toMatch(/Non lu|Suivi|Pas classé/);
  }
  await expect(page.getByText("Après suppression", { exact: true })).toBeVisible();
  // One that would be missed may be chosen, and it is said.
  const other = page.locator(".mid tbody tr", { hasText: "Pas classé" }).first().getByRole("checkbox");
  await other.focus();
  await page.keyboard.press("Space");
  await expect(page.getByText("Dans votre sélection, 1 message n’est pas lu")).toBeVisible();
  const count = await page.locator(".mid tbody input:checked").count();
  await page.keyboard.press("Control+Enter");
  await expect(page.getByRole("heading", { level: 1, name: "Suppression de la sélection" })).toBeVisible();
  await expect(page.getByRole("button", { name: new RegExp(`^Supprimer ${count}.messages`) })).toBeVisible();
  const asked = (await heard(page, "room")).at(-1) as { scope: { of: string; messages: number[] }; keepLocal: boolean };
  expect(asked.scope.of).toBe("chosen");
  expect(asked.scope.messages).toHaveLength(count);
});

test("what weighs is told by age, size, kind, correspondent and folder, and a group shows its messages", async ({ page }) => {
  await open(page);
  await space(page);
  for (const [by, group] of [["size", "Plus de 5 Mo"], ["kind", "Documents de santé"], ["correspondent", "Laboratoire Bio-Rivage"], ["folder", "Réception"], ["age", "Plus d’un mois"]] as const) {
    await page.getByLabel("Regrouper par").selectOption(by);
    const line = page.getByRole("button", { name: new RegExp(group.replace(" ", ".")) });
    await line.focus();
    await page.keyboard.press("Enter");
    await expect(page.locator(".mid").getByRole("heading", { level: 2 })).toHaveText(new RegExp(group.replaceAll(" ", ".")));
    const told = /(\d+).message/.exec(flat(await line.innerText()))?.[1];
    await expect(page.locator(".filters .tn")).toHaveText(new RegExp(`^${told}.message`));
  }
});
