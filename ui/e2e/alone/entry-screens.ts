// The screens about who is here, and the keys that lead there.
import type { Page } from "@playwright/test";
import { leap } from "../keys";

type Screen = { readonly name: string; readonly query: string; readonly go: (page: Page) => Promise<void> };

export const RPPS = "99 700 000 013";

/** Types who one is and asks for the two digits. */
export async function askDigits(page: Page): Promise<void> {
  await page.getByLabel("Identifiant national").fill(RPPS);
  await page.keyboard.press("Enter");
}

export const entryScreens: readonly Screen[] = [
  { name: "conditions à accepter", query: "?vide&conditions", go: async (page) => page.getByRole("heading", { name: "Conditions" }).waitFor() },
  {
    name: "identifiant",
    query: "?vide",
    go: async (page) => {
      await page.getByLabel("Identifiant national").fill("99700000014");
      await page.getByText("la clé de ce numéro ne correspond pas").waitFor();
    },
  },
  {
    name: "deux chiffres",
    query: "?vide&ecoule=26",
    go: async (page) => {
      await askDigits(page);
      await page.getByRole("timer").waitFor();
    },
  },
  {
    name: "navigateur",
    query: "?vide",
    go: async (page) => {
      await page.keyboard.press("Control+b");
      await page.getByLabel("Adresse à ouvrir").waitFor();
    },
  },
  {
    name: "connexion échouée",
    query: "?vide&echec=pscUnavailable",
    go: async (page) => {
      await askDigits(page);
      await page.getByRole("alert").waitFor();
    },
  },
  {
    name: "intermédiaire à régler",
    query: "?vide&service=unset",
    go: async (page) => {
      await page.keyboard.press("Control+b");
      await page.getByRole("button", { name: "Indiquer l’adresse" }).click();
      await page.getByLabel("Adresse (https").waitFor();
    },
  },
  {
    name: "boîtes de cette identité",
    query: "?vide&approuve",
    go: async (page) => {
      await askDigits(page);
      await page.getByLabel("Adresse MSSanté").fill("elise.martin@cabinet-lilas.mssante.example");
      await page.keyboard.press("Enter");
      await page.getByRole("button", { name: "Ajouter cette boîte" }).click();
      await page.getByRole("button", { name: "Ouvrir ma messagerie" }).waitFor();
    },
  },
  { name: "verrou", query: "?coffre=locked", go: async (page) => page.getByRole("button", { name: "Déverrouiller avec" }).waitFor() },
  {
    name: "verrou à code",
    query: "?coffre=locked&secret=pin&profils",
    go: async (page) => {
      await page.getByLabel("Code de déverrouillage").fill("0000");
      await page.keyboard.press("Enter");
      await page.getByRole("alert").waitFor();
    },
  },
  {
    name: "verrou qui fait attendre",
    query: "?coffre=locked&secret=pin",
    go: async (page) => {
      for (let wrong = 1; wrong <= 4; wrong++) {
        await page.getByLabel("Code de déverrouillage").fill("0000");
        await page.keyboard.press("Enter");
        await page.waitForFunction((count) => (window as unknown as { pliFixture: { entry: { wrong: number } } }).pliFixture.entry.wrong === count, wrong);
        await page.locator("form .btn.primary").filter({ hasText: "Déverrouiller" }).waitFor();
      }
      await page.getByText("Prochain essai dans").waitFor();
    },
  },
  {
    name: "session terminée, certificat bientôt expiré",
    query: "?session=ended&certificat=25",
    go: async (page) => page.getByText("Votre session Pro Santé Connect est terminée.").waitFor(),
  },
  {
    name: "certificat expiré",
    query: "?certificat=-2",
    go: async (page) => {
      await page.getByRole("button", { name: "Importer le nouveau certificat" }).click();
      await page.getByLabel("Phrase de passe du fichier").waitFor();
    },
  },
  {
    name: "se reconnecter",
    query: "?session=ended",
    go: async (page) => {
      await page.keyboard.press("Control+Shift+s");
      await page.getByRole("timer").waitFor();
    },
  },
  {
    name: "profils",
    query: "?profils",
    go: async (page) => {
      await page.keyboard.press("Control+Shift+p");
      await page.getByRole("button", { name: "Ajouter un profil" }).click();
      await page.getByLabel("Nom du profil").waitFor();
    },
  },
  {
    name: "menu du compte",
    query: "?profils",
    go: async (page) => {
      await page.getByRole("button", { name: "Votre session et vos profils" }).click();
      await page.getByRole("menu").waitFor();
    },
  },
  {
    name: "conditions dans l’aide",
    query: "?coffre=locked",
    go: async (page) => {
      await page.getByRole("button", { name: "Conditions d’utilisation" }).click();
      await page.getByText("Acceptées le").waitFor();
    },
  },
  {
    name: "aide à la connexion",
    query: "?coffre=locked",
    go: async (page) => {
      await page.getByRole("button", { name: "Aide à la connexion" }).click();
      await page.getByRole("dialog").waitFor();
    },
  },
  {
    name: "choisir un code",
    query: "?organisation&service=fixed",
    go: async (page) => {
      await leap(page, "s");
      await page.getByRole("button", { name: "Choisir un code…" }).click();
      await page.getByLabel("Nouveau code").fill("12");
      await page.getByText("Encore un peu court").waitFor();
    },
  },
];
