// Every journey without the mouse.
import { leap } from "../keys";
import { expect, open, test } from "./window";

test("from the terms of use to the inbox, with two boxes", async ({ page }) => {
  await open(page, "?vide&conditions&approuve");
  await expect(page.getByRole("region", { name: "Conditions d’utilisation" })).toBeFocused();
  await page.keyboard.press("Control+Enter");
  await expect(page.getByLabel("Identifiant national")).toBeFocused();
  await page.keyboard.type("8 99 700 000 013");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("img", { name: "Quatre, sept" })).toBeVisible();
  await expect(page.getByText("Bonjour Dr Élise Martin")).toBeVisible();
  for (const [address, name] of [
    ["elise.martin@cabinet-lilas.mssante.example", "Adresse MSSanté"],
    ["cabinet@cabinet-lilas.mssante.example", "Adresse MSSanté"],
  ] as const) {
    await page.getByLabel(name).focus();
    await page.keyboard.type(address);
    await page.keyboard.press("Enter");
    await expect(page.getByText("Votre boîte est trouvée")).toBeVisible();
    await page.keyboard.press("Enter");
    await expect(page.getByText(address)).toBeVisible();
    await expect(page.getByRole("button", { name: "Ouvrir ma messagerie" })).toBeFocused();
  }
  await page.keyboard.press("Enter");
  await expect(page.getByRole("listbox", { name: "Messages" })).toBeVisible();
});

test("the list is walked, read, picked and emptied", async ({ page }) => {
  await open(page);
  await page.keyboard.press("j");
  await page.keyboard.press("ArrowDown");
  const current = page.locator(".row.is-current");
  await expect(current).toContainText("CH de Valmont-sur-Aure");
  await expect(page.getByRole("heading", { level: 2, name: "CH de Valmont-sur-Aure" })).toBeVisible();
  // Opened for a moment, it counts as read; U takes that back.
  await expect(current).not.toHaveClass(/is-unread/);
  await page.keyboard.press("u");
  await expect(current).toHaveClass(/is-unread/);
  await page.keyboard.press("s");
  await expect(current).toContainText("Suivi");
  await page.keyboard.press("Delete");
  await expect(page.getByText("1 message à la corbeille")).toBeVisible();
  await expect(current).toContainText("Dr Hélène CASTAING");
  await page.keyboard.press("Control+z");
  await expect(page.locator(".row").nth(1)).toContainText("CH de Valmont-sur-Aure");
  await page.keyboard.press("End");
  await expect(current).toHaveAttribute("aria-posinset", "412");
  await page.keyboard.press("Home");
  await expect(current).toHaveAttribute("aria-posinset", "1");
  await page.keyboard.press("Space");
  await page.keyboard.press("Shift+ArrowDown");
  await page.keyboard.press("Shift+ArrowDown");
  await expect(page.getByText("3 sélectionnés")).toBeVisible();
  await page.keyboard.press("Control+a");
  await expect(page.getByText("412 sélectionnés")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByText("412 sélectionnés")).toBeHidden();
});

test("a message is moved by the name of a folder, and found there", async ({ page }) => {
  await open(page);
  await page.keyboard.press("j");
  const folder = page.getByRole("dialog").locator("input");
  await page.keyboard.press("m");
  await expect(folder).toBeFocused();
  await page.keyboard.type("ete");
  await page.keyboard.press("Enter");
  await expect(page.getByText("Courriers réglés / Été 2026 »")).toBeVisible();
  await leap(page, "d");
  await expect(folder).toBeFocused();
  await page.keyboard.type("ete");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(/Été 2026/);
  await expect(page.locator(".row")).toHaveCount(1);
  await expect(page.locator(".row")).toContainText("Laboratoire Bio-Rivage");
});

test("the search finds as one types, opens, and is left", async ({ page }) => {
  await open(page);
  await page.keyboard.press("/");
  await expect(page.getByLabel("Rechercher", { exact: true })).toBeFocused();
  await page.keyboard.type("bisoprolol");
  await expect(page.locator(".row").first()).toContainText("Dr Hélène CASTAING");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Dr Hélène CASTAING" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.locator(".row").first()).toContainText("Laboratoire Bio-Rivage");
});

test("an answer is written, sent, and taken back before it leaves", async ({ page }) => {
  await open(page);
  for (let step = 0; step < 3; step++) await page.keyboard.press("ArrowDown");
  await page.getByRole("heading", { name: "Dr Hélène CASTAING" }).waitFor();
  await page.keyboard.press("r");
  const text = page.getByRole("textbox", { name: "Texte du message" });
  await expect(text).toBeFocused();
  await page.keyboard.type("Merci, je fais comme proposé.");
  await expect(page.getByText("Brouillon enregistré")).toBeVisible();
  await page.keyboard.press("Control+j");
  await expect(page.getByText("2026-11-10_ECG.pdf")).toBeVisible();
  await page.keyboard.press("Control+Enter");
  await expect(page.getByText("départ dans")).toBeVisible();
  await page.keyboard.press("Control+z");
  await expect(page.getByRole("textbox", { name: "Objet" })).toHaveValue(/^Re : Avis/);
  await page.keyboard.press("Escape");
  await leap(page, "r");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Brouillons");
  await expect(page.locator(".row")).toHaveCount(1);
});

test("an address outside the trust space keeps the message here until it is put right", async ({ page }) => {
  await open(page);
  await page.keyboard.press("n");
  const to = page.getByRole("combobox", { name: "À", exact: true });
  await expect(to).toBeFocused();
  await page.keyboard.type("a.perrin@courriel.example,");
  await expect(page.getByText("1 destinataire hors de l’espace de confiance")).toBeVisible();
  await page.keyboard.press("Control+Enter");
  await expect(page.getByRole("button", { name: "Envoyer" })).toBeDisabled();
  await page.keyboard.press("Backspace");
  await page.keyboard.type("bio");
  await page.locator(".ac [role=option]").first().waitFor();
  await page.keyboard.press("Enter");
  await expect(page.getByText("Destinataires dans l’espace de confiance")).toBeVisible();
  await expect(page.getByRole("button", { name: "Envoyer" })).toBeEnabled();
});

test("each fate is told, and a message whose fate is not known is settled by the person alone", async ({ page }) => {
  await open(page);
  await leap(page, "e");
  await expect(page.getByText("La boîte de Dr Paul Mercier est pleine")).toBeVisible();
  for (let step = 0; step < 3; step++) await page.keyboard.press("ArrowDown");
  await expect(page.getByText("Pli ne sait pas si ce message est parti.")).toBeVisible();
  const left = page.getByRole("button", { name: "Il est bien parti" });
  await left.focus();
  await page.keyboard.press("Enter");
  await expect(page.getByText("Pli ne sait pas si ce message est parti.")).toBeHidden();
});

test("single letters can be turned off, and every screen is still reached", async ({ page }) => {
  await open(page);
  await leap(page, "s");
  await page.getByLabel("Raccourcis à une lettre").focus();
  await page.keyboard.press("Space");
  await page.keyboard.press("n");
  await expect(page.getByRole("heading", { name: "Nouveau message" })).toBeHidden();
  await page.getByRole("button", { name: "Écrire" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Nouveau message" })).toBeVisible();
});

test("a dialogue keeps the focus and gives it back", async ({ page }) => {
  await open(page);
  await page.getByRole("button", { name: "Écrire" }).focus();
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog")).toBeVisible();
  for (let step = 0; step < 4; step++) {
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.closest("[role=dialog]") ?? null)).not.toBeNull();
  }
  await page.keyboard.press("Escape");
  await expect(page.getByRole("button", { name: "Écrire" })).toBeFocused();
});

test("a box is removed after what is lost is said; one from which a message still waits is not", async ({ page }) => {
  await open(page);
  await leap(page, "s");
  const dialog = page.getByRole("dialog");
  await page.getByRole("button", { name: "Retirer de ce poste Dr Élise Martin" }).focus();
  await page.keyboard.press("Enter");
  await expect(dialog).toContainText("ses brouillons");
  await expect(dialog).toContainText("Rien n’est supprimé chez l’opérateur");
  await dialog.getByRole("button", { name: "Retirer cette boîte" }).focus();
  await page.keyboard.press("Enter");
  await expect(dialog.getByRole("alert")).toContainText("attend encore de partir");
  await dialog.getByRole("button", { name: "Voir les envois" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByText("Refusé à")).toBeVisible();
  await leap(page, "s");
  await page.getByRole("button", { name: "Retirer de ce poste Secrétariat" }).focus();
  await page.keyboard.press("Enter");
  await expect(dialog.getByRole("alert")).toHaveCount(0);
  await dialog.getByRole("button", { name: "Retirer cette boîte" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByText("Boîte retirée de ce poste")).toBeVisible();
  await expect(page.getByRole("button", { name: "Retirer de ce poste Secrétariat" })).toHaveCount(0);
});

test("the boxes count what their lists hold", async ({ page }) => {
  await open(page);
  const count = page.locator("a[href='#tous'] .n");
  await expect(count).toHaveText(/^\d+$/);
  const all = Number(await count.innerText());
  await expect(page.getByText(`${all} non lus`, { exact: true })).toBeVisible();
  // Neither of the first two was read: each counts once it has been opened for a moment.
  for (const left of [all - 1, all - 2]) {
    await page.keyboard.press("j");
    await expect(count).toHaveText(String(left));
    await expect(page.getByText(`${left} non lus`, { exact: true })).toBeVisible();
  }
});
