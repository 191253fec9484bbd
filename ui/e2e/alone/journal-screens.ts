// Every screen of the journal and of its settings, and the keys that lead there.
import type { Page } from "@playwright/test";
import { leap } from "../keys";

/** The journal, its first rows drawn. */
export async function journal(page: Page): Promise<void> {
  await leap(page, "j");
  await page.locator(".jr:not(.head)").first().waitFor();
}

/** The settings of the traces, in sight. */
export async function traceSettings(page: Page): Promise<void> {
  await journal(page);
  await page.getByRole("button", { name: "Réglages et contrôle d’export" }).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Journal et traces" }).waitFor();
}

interface Screen {
  readonly name: string;
  readonly query: string;
  readonly go: (page: Page) => Promise<void>;
}

const told = (problem: string, words: string): Screen => ({
  name: `journal, ${problem}`,
  query: `?preuve=${problem}`,
  go: async (page) => {
    await journal(page);
    await page.getByText(words).waitFor();
    await page.getByRole("button", { name: "Ce que cela prouve" }).click();
  },
});

export const journalScreens: readonly Screen[] = [
  told("altered", "La trace 12 471 a été modifiée"),
  told("clock", "a reculé 5 fois"),
  told("restored", "Journal restauré le 16/11/2026"),
  {
    name: "journal, vérification en cours",
    query: "?preuve=slow",
    go: async (page) => {
      await journal(page);
      await page.evaluate(() => (window as unknown as { pliFixture: { journal: { progress(done: number): void } } }).pliFixture.journal.progress(4000));
      await page.getByText("4 000 traces sur 12 480").waitFor();
    },
  },
  {
    name: "journal filtré",
    query: "",
    go: async (page) => {
      await journal(page);
      await page.getByLabel("Période").selectOption("custom");
      await page.getByLabel("Du", { exact: true }).fill("17/11/2026");
      await page.getByLabel("Au", { exact: true }).fill("01/11/2026");
      await page.getByText("Le premier jour est après").waitFor();
      await page.getByRole("button", { name: "Plus de filtres" }).click();
      await page.getByLabel("Correspondant").fill("mercier");
    },
  },
  {
    name: "journal sans trace",
    query: "",
    go: async (page) => {
      await journal(page);
      await page.getByRole("button", { name: "Plus de filtres" }).click();
      await page.getByLabel("Correspondant").fill("personne");
      await page.getByText("Aucune trace pour ces filtres").waitFor();
    },
  },
  {
    name: "journal d'un million de traces",
    query: "?traces=1000000",
    go: async (page) => {
      await journal(page);
      await page.getByLabel("Période").selectOption("ever");
      await page.getByText("908 333 traces pour ces filtres").waitFor();
      await page.locator("#journal-rows").evaluate((rows) => (rows.scrollTop = rows.scrollHeight / 2));
      await page.getByText("août 2026").first().waitFor();
      await page.locator(".jr:not(.head) [role=gridcell]").first().waitFor();
    },
  },
  {
    name: "demandes, nouvelles traces",
    query: "",
    go: async (page) => {
      await journal(page);
      await page.getByRole("button", { name: "Plus de filtres" }).click();
      await page.getByLabel("Montrer aussi les demandes").check();
      await page.locator(".jr").getByText("Demande", { exact: true }).first().click();
      await page.evaluate(() => (window as unknown as { pliFixture: { journal: { arrive(count: number): void } } }).pliFixture.journal.arrive(12));
      await page.getByRole("button", { name: "12 nouvelles traces" }).waitFor();
    },
  },
  {
    name: "demande restée sans réponse",
    query: "",
    go: async (page) => {
      await journal(page);
      for (let step = 0; step < 43; step++) await page.keyboard.press("ArrowDown");
      await page.locator(".jr").getByText("Demande restée sans réponse").first().click();
      await page.getByText("Pli ou le poste s’est arrêté").waitFor();
    },
  },
  {
    name: "vie d'un message",
    query: "",
    go: async (page) => {
      await journal(page);
      await page.locator(".jr").getByText("Envoi", { exact: true }).first().click();
      await page.keyboard.press("l");
      await page.getByRole("heading", { name: "Vie de ce message" }).waitFor();
    },
  },
  {
    name: "aller à un jour",
    query: "",
    go: async (page) => {
      await journal(page);
      await page.keyboard.press("d");
      await page.getByLabel("Aller au jour").last().fill("demain");
      await page.keyboard.press("Enter");
      await page.getByText("Écrivez le jour ainsi").waitFor();
    },
  },
  {
    name: "exporter",
    query: "?export=large",
    go: async (page) => {
      await journal(page);
      await page.keyboard.press("x");
      await page.getByRole("radio", { name: /PDF/ }).check();
      await page.keyboard.press("Enter");
      await page.getByText("100 000").waitFor();
    },
  },
  {
    name: "export écrit",
    query: "",
    go: async (page) => {
      await journal(page);
      await page.keyboard.press("x");
      await page.keyboard.press("Enter");
      await page.getByText("L’export est écrit").waitFor();
    },
  },
  ...(["other", "notAnExport"] as const).map(
    (checked): Screen => ({
      name: `export vérifié : ${checked}`,
      query: `?controle=${checked}`,
      go: async (page) => {
        await journal(page);
        await page.keyboard.press("Shift+V");
        await page.getByRole("dialog").waitFor();
        if (checked === "other") await page.getByLabel("Empreinte qu’on vous a donnée").fill("19d0 4c5c");
      },
    }),
  ),
  ...(["trouble", "fixed"] as const).map((kept): Screen => ({ name: `réglages des traces : ${kept}`, query: `?conservation=${kept}`, go: traceSettings })),
  {
    name: "effacer avant une date",
    query: "?conservation=file",
    go: async (page) => {
      await traceSettings(page);
      await page.getByRole("button", { name: "Effacer avant une date…" }).click();
      await page.getByLabel("Effacer ce qui est d’avant le").fill("01/07/2026");
      await page.getByText("3 023 traces").first().waitFor();
    },
  },
  {
    name: "garder moins longtemps",
    query: "?conservation=file",
    go: async (page) => {
      await traceSettings(page);
      await page.getByLabel("Garder les traces pendant").selectOption("3");
      await page.getByRole("dialog").waitFor();
    },
  },
];
