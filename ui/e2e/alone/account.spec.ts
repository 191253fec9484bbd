// Who is here: the end of the session, the profiles, certificates, and what is set about them.
import { leap } from "../keys";
import { expect, open, test } from "./window";

type Script = { pliFixture: { entry: { end(): void; approve(): void } } };

test("the end of the session is said, and one logs in again without leaving what one writes", async ({ page }) => {
  await open(page);
  await expect(page.getByRole("button", { name: /Session ouverte jusqu’à 12.h.40/ })).toBeVisible();
  await page.keyboard.press("n");
  const body = page.getByLabel("Texte du message");
  await body.fill("Une phrase commencée");
  await page.evaluate(() => (window as unknown as Script).pliFixture.entry.end());
  await expect(page.getByText("Votre session Pro Santé Connect est terminée. Vos messages restent lisibles.")).toBeVisible();
  await body.focus();
  await page.keyboard.press("Control+Shift+S");
  await expect(page.getByRole("dialog")).toContainText("Approuvez ce numéro sur votre téléphone");
  await page.evaluate(() => (window as unknown as Script).pliFixture.entry.approve());
  await expect(page.getByText("Votre session Pro Santé Connect est terminée.")).toHaveCount(0);
  await expect(page.getByText("Bonjour Dr Élise Martin")).toBeVisible();
  await expect(body).toHaveValue("Une phrase commencée");
  await expect(body).toBeFocused();
});

test("the account menu says who is here and closes the session", async ({ page }) => {
  await open(page);
  await page.getByRole("button", { name: /Session ouverte/ }).click();
  await expect(page.getByText("8 99 700 000 013")).toBeVisible();
  await expect(page.getByText("par l’e-CPS ou la carte CPS")).toBeVisible();
  await page.getByRole("menuitem", { name: "Fermer la session" }).click();
  await expect(page.getByText("Vous n’êtes pas connecté à Pro Santé Connect.")).toBeVisible();
  await expect(page.locator(".bal").first()).toContainText("session fermée");
});

test("one gesture leads to another profile, where nothing of the first is", async ({ page }) => {
  await open(page, "?profils");
  await page.locator(".row").first().waitFor();
  await page.keyboard.press("Control+Shift+P");
  await expect(page.getByRole("dialog")).toContainText("Un profil par personne");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(page.getByLabel("Identifiant national")).toBeVisible();
  const all = await page.content();
  for (const word of ["Bio-Rivage", "CASTAING", "elise.martin@"]) expect(all).not.toContain(word);
});

test("a profile is added by its name, from the lock too", async ({ page }) => {
  await open(page, "?coffre=locked&profils");
  await page.getByRole("button", { name: "Changer de profil" }).click();
  await page.getByRole("button", { name: "Ajouter un profil" }).click();
  await expect(page.getByLabel("Nom du profil")).toBeFocused();
  await page.keyboard.type("Dr Paul Ansermet");
  await page.keyboard.press("Enter");
  // Nobody's yet: it begins as a first start does.
  await expect(page.getByRole("button", { name: "Accepter et continuer" })).toBeVisible();
  await page.keyboard.press("Control+Enter");
  await expect(page.getByLabel("Identifiant national")).toBeVisible();
});

test("the terms come first, and nothing else until they are accepted", async ({ page }) => {
  await open(page, "?conditions");
  await expect(page.getByRole("heading", { name: "Avant de commencer" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "Pro Santé Connect" })).toBeVisible();
  await expect(page.locator(".row")).toHaveCount(0);
  await page.keyboard.press("Control+Enter");
  await expect(page.locator(".row").first()).toBeVisible();
  await page.keyboard.press("?");
  await page.getByRole("button", { name: "Conditions d’utilisation" }).click();
  await expect(page.getByText("Acceptées le 17/11/2026.")).toBeVisible();
});

for (const [days, words] of [
  [55, "expire dans 55 jours, le 11/01/2027."],
  [25, "expire dans 25 jours, le 12/12/2026."],
  [1, "expire dans 1 jour, le 18/11/2026."],
] as const) {
  test(`a certificate that ends in ${days} days is announced, and may be put off`, async ({ page }) => {
    await open(page, `?certificat=${days}`);
    const banner = page.getByRole("status").filter({ hasText: "Le certificat de" });
    await expect(banner).toContainText(words);
    await banner.getByRole("button", { name: "Plus tard" }).click();
    await expect(banner).toHaveCount(0);
  });
}

test("an expired certificate stays announced until the new one is imported", async ({ page }) => {
  await open(page, "?certificat=-2");
  const banner = page.getByRole("status").filter({ hasText: "a expiré le 15/11/2026" });
  await expect(banner).toBeVisible();
  await expect(banner.getByRole("button", { name: "Plus tard" })).toHaveCount(0);
  await banner.getByRole("button", { name: "Importer le nouveau certificat" }).click();
  await page.getByLabel("Phrase de passe du fichier").fill("autre");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert")).toContainText("ne s’ouvre pas avec cette phrase de passe");
  await page.getByLabel("Phrase de passe du fichier").fill("secret");
  await page.keyboard.press("Enter");
  await expect(page.getByText("Certificat importé")).toBeVisible();
  await expect(banner).toHaveCount(0);
});

test("no certificate far from its end is announced", async ({ page }) => {
  await open(page, "?certificat=200");
  await page.locator(".row").first().waitFor();
  await expect(page.getByText("Le certificat de")).toHaveCount(0);
});

test("the lock is set: its minutes, the end of the session, a code that is then asked for", async ({ page }) => {
  await open(page);
  await leap(page, "s");
  await page.getByLabel("Verrouiller après").selectOption("5");
  await expect(page.getByText("Réglage du verrouillage enregistré")).toBeVisible();
  await page.getByRole("button", { name: "Choisir un code…" }).click();
  await page.getByLabel("Nouveau code").fill("2468");
  await page.getByLabel("Le même, une seconde fois").fill("2468");
  await page.keyboard.press("Enter");
  await expect(page.getByText("Un code déverrouille Pli sur ce poste")).toBeVisible();
  await page.getByRole("button", { name: "Changer le code…" }).click();
  await page.getByLabel("Code actuel").fill("1111");
  await page.getByLabel("Nouveau code").fill("1357");
  await page.getByLabel("Le même, une seconde fois").fill("1357");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert")).toContainText("Ce code n’est pas le bon.");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+l");
  await page.getByLabel("Code de déverrouillage").fill("2468");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Réglages" })).toBeVisible();
});

test("what the organisation decides is shown as such, and cannot be changed", async ({ page }) => {
  await open(page, "?organisation&service=fixed");
  await leap(page, "s");
  await expect(page.getByText("Ce délai est fixé par votre organisation.")).toBeVisible();
  await expect(page.getByLabel("Verrouiller après")).toBeDisabled();
  await expect(page.getByLabel("Verrouiller à la fin de la session")).toBeDisabled();
  await expect(page.getByText("Cette adresse est fixée par votre organisation.")).toBeVisible();
  await expect(page.getByLabel("Adresse (https")).toHaveCount(0);
});
