// Every screen of a mailbox's life, and the keys that lead there: room, purge, rules, shared boxes, backups.
import type { Page } from "@playwright/test";
import { leap } from "../keys";

interface Script {
  readonly pliFixture: {
    readonly room: { advance(done: number): void; finish(alreadyGone?: number, flaggedSince?: number): void; readonly asked: unknown[] };
    readonly shared: { somebodyTakes(message: number): void; readonly asked: unknown[] };
  };
}

/** What the script does meanwhile: the operator's part, or somebody else's. */
export function meanwhile(page: Page, what: "advance" | "finish" | "take", value = 0): Promise<void> {
  return page.evaluate(
    ([what, value]) => {
      const { room, shared } = (window as unknown as Script).pliFixture;
      if (what === "advance") room.advance(value);
      else if (what === "finish") room.finish();
      else shared.somebodyTakes(value);
    },
    [what, value] as const,
  );
}

/** What was asked of the core, as the script heard it. */
export function heard(page: Page, part: "room" | "shared"): Promise<Record<string, unknown>[]> {
  return page.evaluate((part) => (window as unknown as Script).pliFixture[part].asked as Record<string, unknown>[], part);
}

async function down(page: Page, steps: number): Promise<void> {
  for (let step = 0; step < steps; step++) await page.keyboard.press("ArrowDown");
}

/** Presses a button that the keyboard reached. */
export async function press(page: Page, name: string | RegExp): Promise<void> {
  await page.getByRole("button", { name, exact: typeof name === "string" }).first().focus();
  await page.keyboard.press("Enter");
}

/** The settings of the second box. */
export async function box(page: Page): Promise<void> {
  await leap(page, "s");
  await press(page, "Régler Cabinet des Lilas");
  await page.getByRole("heading", { name: "Vie de la boîte" }).waitFor();
}

/** The plan of a purge of what the second box sent. */
export async function plan(page: Page): Promise<void> {
  await leap(page, "e");
  await press(page, "Purger les envoyés");
  await page.getByRole("heading", { level: 1, name: "Purge des éléments envoyés" }).waitFor();
}

/** The rules of the first box. */
export async function rules(page: Page): Promise<void> {
  await leap(page, "b");
  await press(page, "Ouvrir les règles");
  await page.getByRole("heading", { level: 1, name: "Règles sur le serveur" }).waitFor();
}

/** « Libérer de la place » of the second box. */
export async function space(page: Page): Promise<void> {
  await box(page);
  await press(page, "Libérer de la place");
  await page.getByRole("heading", { name: "Ce qui pèse" }).waitFor();
  await page.locator(".mid tbody tr").first().waitFor();
}

/** A message of the shared box that somebody took charge of. */
export async function shared(page: Page): Promise<void> {
  await down(page, 2);
  await page.getByRole("region", { name: "Suivi dans la boîte partagée" }).getByText("Pris en charge par Nora Renaud").waitFor();
}

interface Screen {
  readonly name: string;
  readonly query: string;
  readonly go: (page: Page) => Promise<void>;
}

const seen = (name: string, query: string, words: string): Screen => ({
  name,
  query,
  go: async (page) => page.getByText(words).first().waitFor(),
});

export const lifeScreens: readonly Screen[] = [
  seen("boîte à 82 %", "?place=82", "est remplie à 82"),
  seen("boîte pleine, absence, suppression annoncée", "?place=100&vie=leaving&absence=retour", "Elle ne peut plus ni recevoir ni envoyer"),
  seen("boîte inutilisée", "?vie=unused", "Elle sera retirée de l’annuaire"),
  {
    name: "libérer de la place",
    query: "?place=91",
    go: async (page) => {
      await space(page);
      await press(page, "Proposer une sélection");
      await page.getByText("messages proposés").waitFor();
      await page.getByRole("checkbox", { name: /^Choisir .*Imagerie/ }).last().check();
      await page.getByText("Dans votre sélection, 1 message").waitFor();
    },
  },
  {
    name: "place estimée",
    query: "?place=estimation",
    go: async (page) => {
      await space(page);
      await page.getByLabel("Regrouper par").selectOption("correspondent");
      await page.getByText("L’opérateur n’indique pas la place occupée").waitFor();
    },
  },
  {
    name: "purge, plan",
    query: "",
    go: async (page) => {
      await plan(page);
      await page.getByText("messages à supprimer").waitFor();
    },
  },
  {
    name: "purge, dossier à choisir",
    query: "?sansenvoyes",
    go: async (page) => {
      await plan(page);
      await page.getByText("Quel dossier contient vos messages envoyés").waitFor();
    },
  },
  {
    name: "purge, opérateur sans suppression sûre",
    query: "?obstacle=purgeUnsafe",
    go: async (page) => {
      await plan(page);
      await page.getByText("ne sait pas supprimer des messages précis").waitFor();
    },
  },
  {
    name: "purge, rien à supprimer",
    query: "",
    go: async (page) => {
      await plan(page);
      await page.getByLabel("Ancienneté").selectOption("365");
      await page.getByText("Rien à supprimer").waitFor();
    },
  },
  {
    name: "purge en cours",
    query: "",
    go: async (page) => {
      await plan(page);
      await page.keyboard.press("Control+Enter");
      await page.getByRole("button", { name: "Suspendre" }).waitFor();
      await meanwhile(page, "advance", 742);
      await page.getByText("Environ 2 minutes restantes").waitFor();
    },
  },
  {
    name: "purge suspendue",
    query: "",
    go: async (page) => {
      await plan(page);
      await page.keyboard.press("Control+Enter");
      await page.getByRole("button", { name: "Suspendre" }).waitFor();
      await meanwhile(page, "advance", 742);
      await page.keyboard.press("Space");
      await page.getByText("Purge suspendue").waitFor();
    },
  },
  {
    name: "purge, compte rendu",
    query: "",
    go: async (page) => {
      await plan(page);
      await page.keyboard.press("Control+Enter");
      await page.getByRole("button", { name: "Suspendre" }).waitFor();
      await meanwhile(page, "finish");
      await page.getByText("Purge terminée à").waitFor();
      await page.getByLabel("Refaire cette purge").waitFor();
    },
  },
  {
    name: "règles, réponse automatique",
    query: "?absence=yes",
    go: async (page) => {
      await rules(page);
      await page.getByLabel("Au", { exact: true }).fill("01/11/2026");
      await page.getByText("Le premier jour est après").waitFor();
    },
  },
  {
    name: "règles d'un autre logiciel",
    query: "?regles=foreign",
    go: async (page) => {
      await rules(page);
      await page.getByText("Voir ces règles").click();
      await page.getByLabel("Rediriger les messages").check();
      await page.getByLabel("Vers l’adresse").fill("e.martin@autre.mssante.example");
      await page.getByText("Je certifie que la boîte").waitFor();
    },
  },
  {
    name: "règles, opérateur sans règles",
    query: "?regles=none",
    go: async (page) => {
      await rules(page);
      await page.getByText("n’offre pas de règles").waitFor();
    },
  },
  { name: "à traiter", query: "?tri=medecin", go: async (page) => (await leap(page, "a"), await down(page, 1), page.getByText("À traiter par Dr Élise Martin").waitFor()) },
  { name: "boîte partagée, pris en charge", query: "", go: shared },
  {
    name: "boîte partagée, deux personnes",
    query: "?suivi=keywordsOnly",
    go: async (page) => {
      await down(page, 9);
      await page.getByText("Deux personnes s’en occupent").waitFor();
    },
  },
  {
    name: "boîte partagée, confier",
    query: "",
    go: async (page) => {
      await shared(page);
      await page.keyboard.press("i");
      await page.getByRole("button", { name: "Dr Denis Faure" }).waitFor();
    },
  },
  {
    name: "boîte partagée, note",
    query: "?suivi=localOnly",
    go: async (page) => {
      await shared(page);
      await page.keyboard.press("o");
      await page.getByRole("dialog", { name: "Note d’une ligne" }).waitFor();
    },
  },
  {
    name: "répondre depuis une autre boîte",
    query: "",
    go: async (page) => {
      await shared(page);
      await page.keyboard.press("r");
      await page.getByLabel("De", { exact: true }).selectOption("1");
      await page.getByText("Ce message a été reçu par Cabinet des Lilas").waitFor();
    },
  },
  {
    name: "réglages d'une boîte",
    query: "",
    go: async (page) => {
      await box(page);
      await page.getByLabel("Purger les envoyés automatiquement").check();
      await page.getByText("Prochaine").waitFor();
    },
  },
  {
    name: "purge automatique fixée",
    query: "?purgefixe",
    go: async (page) => {
      await box(page);
      await page.getByText("Fixé par le responsable de traitement").waitFor();
    },
  },
  {
    name: "retirer une boîte dont des messages ne sont qu’ici",
    query: "?vie=leaving",
    go: async (page) => {
      await press(page, "Les garder sur ce poste");
      await leap(page, "s");
      await press(page, "Retirer de ce poste Cabinet des Lilas");
      await page.getByText("ne sont plus que sur ce poste").waitFor();
    },
  },
  {
    name: "restaurer tout un profil",
    query: "",
    go: async (page) => {
      await leap(page, "s");
      await press(page, "Restaurer une sauvegarde");
      await page.getByRole("radio", { name: /Tout un profil/ }).check();
      await page.getByRole("button", { name: "Ouvrir un profil neuf" }).waitFor();
    },
  },
  {
    name: "sauvegarder",
    query: "",
    go: async (page) => {
      await leap(page, "s");
      await press(page, "Faire une sauvegarde");
      await page.getByLabel("Phrase de passe de la sauvegarde").fill("court");
      await page.getByText("Encore un peu courte").waitFor();
    },
  },
  {
    name: "sauvegarde vérifiée",
    query: "?programmee",
    go: async (page) => {
      await leap(page, "s");
      await press(page, "Vérifier une sauvegarde");
      await page.getByLabel("Phrase de passe de la sauvegarde").fill("quatre mots sans rapport");
      await page.keyboard.press("Enter");
      await page.getByText("La sauvegarde est entière").waitFor();
    },
  },
  {
    name: "restaurer une sauvegarde abîmée",
    query: "?vide&coffre=newNeedsPassphrase&sauvegarde=backupDamaged",
    go: async (page) => {
      await press(page, "Restaurer une sauvegarde");
      await page.getByLabel("Phrase de passe de la sauvegarde").fill("quatre mots sans rapport");
      await page.getByLabel("Phrase de passe de ce poste").fill("douze lettres et plus");
      await page.getByRole("dialog").getByLabel("La même, une seconde fois").fill("douze lettres et plus");
      await page.keyboard.press("Enter");
      await page.getByText("abîmée ou incomplète").waitFor();
    },
  },
];
