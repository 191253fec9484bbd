// The login by Pro Santé Connect: the two digits, the browser, and every way it may fail, in plain French.
import type { Page } from "@playwright/test";
import { askDigits } from "./entry-screens";
import { expect, open, test } from "./window";

interface Told {
  readonly code: string;
  readonly about?: string;
  /** What happened, what is safe, what to do. */
  readonly happened: string;
  readonly safe: string;
  readonly todo: string;
  /** The gesture that leads. */
  readonly next: string;
}

/** Ends the login under way as the core would. */
async function end(page: Page, code: string, about: string | null = null): Promise<void> {
  await page.evaluate(
    ([failed, name]) => (window as unknown as { pliFixture: { entry: { refuse(failure: object): void } } }).pliFixture.entry.refuse({ code: failed, about: name, server: null }),
    [code, about] as const,
  );
}

const NONE = "Aucune session n’a été ouverte.";

const byPhone: readonly Told[] = [
  { code: "loginCancelled", happened: "La connexion a été abandonnée.", safe: NONE, todo: "Recommencez quand vous le souhaitez.", next: "Recommencer" },
  { code: "loginDenied", happened: "La demande de connexion a été refusée.", safe: NONE, todo: "vous avez bien fait. Sinon, recommencez.", next: "Recommencer" },
  { code: "loginExpired", happened: "Le délai est passé sans votre accord", safe: NONE, todo: "un nouveau numéro s’affichera", next: "Recommencer" },
  { code: "unknownPerson", happened: "ne connaît pas cet identifiant national", safe: NONE, todo: "Vérifiez-le chiffre par chiffre", next: "Corriger l’identifiant" },
  { code: "pscUnavailable", happened: "Pro Santé Connect ne répond pas par ce moyen.", safe: "reste lisible", todo: "Utilisez l’autre moyen de connexion", next: "Utiliser le navigateur" },
  { code: "phoneUnavailable", happened: "La connexion par le téléphone n’est pas proposée ici.", safe: NONE, todo: "Utilisez le navigateur", next: "Utiliser le navigateur" },
  { code: "tooManyAttempts", about: "45", happened: "Trop de demandes de connexion", safe: NONE, todo: "Patientez un moment", next: "Recommencer dans 45 s" },
  {
    code: "otherPerson",
    about: "Dr Élise Martin",
    happened: "Ce profil est celui de Dr Élise Martin : une autre personne s’est connectée.",
    safe: "Rien de ce profil ne lui a été montré.",
    todo: "Changez de profil",
    next: "Changer de profil",
  },
  { code: "loginNotConfigured", happened: "n’est pas réglé sur ce poste", safe: "reste lisible", todo: "Indiquez son adresse", next: "Indiquer l’adresse de l’intermédiaire" },
];

const byBrowser: readonly Told[] = [
  { code: "loginTimedOut", happened: "est restée sans réponse, ou a été fermée", safe: NONE, todo: "la page s’ouvrira de nouveau", next: "Recommencer" },
  { code: "portTaken", happened: "Un autre programme occupe la place", safe: NONE, todo: "Connectez-vous avec votre téléphone", next: "Utiliser le téléphone" },
  { code: "loginMismatch", happened: "n’est pas celle de cette connexion", safe: "Pli l’a ignorée", todo: "Fermez les anciennes pages", next: "Recommencer" },
  { code: "loginDenied", happened: "La demande de connexion a été refusée.", safe: NONE, todo: "recommencez", next: "Recommencer" },
  { code: "noBrowser", happened: "Aucun navigateur n’a pu être ouvert.", safe: "La connexion vous attend.", todo: "Copiez l’adresse", next: "Recommencer" },
];

const plain = (text: string): string => text.replace(/[\u00a0\u202f]/g, " ");

async function told(page: Page, each: Told): Promise<void> {
  const alert = page.getByRole("alert");
  await expect(alert).toBeVisible();
  const words = plain(await alert.innerText());
  for (const part of [each.happened, each.safe, each.todo]) expect(words).toContain(part);
  const order = [each.happened, each.safe, each.todo].map((part) => words.indexOf(part));
  expect([...order].sort((a, b) => a - b)).toEqual(order);
  const next = page.locator(".panel .btn.primary");
  await expect(next).toContainText(each.next);
  await expect(next.and(page.locator(":focus")).or(next.and(page.locator(":disabled")))).toHaveCount(1);
}

for (const each of byPhone) {
  test(`by the phone: ${each.code}`, async ({ page }) => {
    await open(page, "?vide");
    await askDigits(page);
    await page.getByRole("timer").waitFor();
    await end(page, each.code, each.about ?? null);
    await told(page, each);
  });
}

for (const each of byBrowser) {
  test(`by the browser: ${each.code}`, async ({ page }) => {
    await open(page, "?vide");
    await page.getByLabel("Identifiant national").fill("99700000013");
    await page.keyboard.press("Control+b");
    await page.getByLabel("Adresse à ouvrir").waitFor();
    await end(page, each.code);
    await told(page, each);
  });
}

test("the digits are large, said, and count down; a screen reader is not told each second", async ({ page }) => {
  await open(page, "?coffre=locked&ecoule=26");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("img", { name: "Quatre, sept" })).toBeVisible();
  await expect(page.getByRole("timer")).toHaveText(/encore 1.min.34.s/);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Approuvez ce numéro sur votre téléphone");
  await expect(page.getByText("Dr Élise Martin, identifiant 8 99 700 000 013")).toBeVisible();
  const status = page.locator(".panel [role=status]");
  await expect(status).toHaveText(/Numéro à comparer.: quatre, sept\. Il reste 1.min.34.s\./);
  const shown = await page.locator(".panel .gauge i").evaluate((bar) => bar.style.width);
  expect(Math.round(parseFloat(shown))).toBe(78);
  await page.clock.setFixedTime(new Date("2026-11-17T09:11:20+01:00"));
  await expect(page.getByRole("timer")).toHaveText(/encore 1.min.14.s/);
  await expect(status).toHaveText(/Il reste 1.min.34.s/);
  await page.clock.setFixedTime(new Date("2026-11-17T09:11:35+01:00"));
  await expect(status).toHaveText(/^Il reste 59.s\.$/);
});

test("the identifier is checked as it is typed, kindly, and is asked for only once", async ({ page }) => {
  await open(page, "?vide&approuve");
  const field = page.getByLabel("Identifiant national");
  await expect(field).toBeFocused();
  await field.pressSequentially("8 99 700 000 0");
  await expect(page.getByText("Encore 2 chiffres.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Recevoir la demande" })).toBeDisabled();
  await field.pressSequentially("14");
  await expect(page.getByText("Un chiffre n’est sans doute pas le bon")).toBeVisible();
  await page.keyboard.press("Backspace");
  await field.pressSequentially("3");
  await expect(page.getByText("Ce numéro est bien formé.")).toBeVisible();
  await page.getByLabel("Carte CPS dans le lecteur").check();
  await page.getByRole("button", { name: "Continuer avec la carte" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Approuvez ce numéro avec votre carte CPS");
  await expect(page.getByLabel("Adresse MSSanté")).toBeVisible();
  const asked = await page.evaluate(() => (window as unknown as { pliFixture: { entry: { asked: unknown } } }).pliFixture.entry.asked);
  expect(asked).toEqual([{ way: "phone", nationalId: "899700000013", channel: "card", account: null }]);
});

test("each way leads to the other by its key, and what is left is given up", async ({ page }) => {
  await open(page, "?coffre=locked");
  await page.keyboard.press("Enter");
  await page.getByRole("timer").waitFor();
  await page.keyboard.press("Control+b");
  await expect(page.getByLabel("Adresse à ouvrir")).toHaveValue(/^https:\/\/psc\./);
  await page.keyboard.press("Control+e");
  await page.getByRole("timer").waitFor();
  await page.getByRole("button", { name: "Changer" }).click();
  await expect(page.getByLabel("Identifiant national")).toHaveValue("899700000013");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("heading", { name: "Pli est verrouillé" })).toBeVisible();
  const cancelled = await page.evaluate(() => (window as unknown as { pliFixture: { entry: { cancelled: number[] } } }).pliFixture.entry.cancelled);
  expect(cancelled).toEqual([1, 2, 3]);
});

test("where the two digits are not offered, only the browser is", async ({ page }) => {
  await open(page, "?vide&service=browserOnly");
  await expect(page.getByRole("button", { name: "Utiliser le navigateur" })).toBeFocused();
  await expect(page.getByLabel("Identifiant national")).toHaveCount(0);
});

test("the foot says whether the service answers, and leads to the terms and to the help", async ({ page }) => {
  await open(page, "?vide");
  await expect(page.getByText("Service Pro Santé Connect disponible")).toBeVisible();
  await open(page, "?vide&service=down");
  await expect(page.getByText("Service Pro Santé Connect injoignable")).toBeVisible();
  await page.getByRole("button", { name: "Conditions d’utilisation" }).click();
  await expect(page.getByRole("dialog")).toContainText("téléservice Pro Santé Connect");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Aide à la connexion" }).click();
  await expect(page.getByRole("dialog")).toContainText("Si les chiffres sont différents, refusez");
});

test("the address of the intermediary is set where none is, and the login goes on", async ({ page }) => {
  await open(page, "?vide&service=unset");
  await page.keyboard.press("Control+b");
  await page.getByRole("button", { name: "Indiquer l’adresse de l’intermédiaire" }).click();
  await page.getByLabel("Adresse (https").fill("http://psc.exemple.fr");
  await expect(page.getByText("Une adresse qui commence par https://.")).toBeVisible();
  await page.getByLabel("Adresse (https").fill("https://psc.exemple.fr/.well-known/openid-configuration");
  await page.keyboard.press("Enter");
  await expect(page.getByLabel("Identifiant national")).toBeVisible();
  await expect(page.getByText("Service Pro Santé Connect disponible")).toBeVisible();
});
