import { test as base, type CDPSession, type Page } from "@playwright/test";
import { leap } from "../keys";
import { askDigits, entryScreens } from "./entry-screens";
import { journalScreens } from "./journal-screens";
import { lifeScreens } from "./life-screens";

/** The morning of every story: nothing drawn depends on the day the test runs. */
export const NOW = new Date("2026-11-17T09:11:00+01:00");

/** A page that outlives its test, and the tools that make it as if it were new. */
interface Kept {
  readonly page: Page;
  readonly tools: CDPSession;
}

interface Said {
  readonly pliState: { readonly notices: { say(...words: readonly unknown[]): number; readonly timers: Map<number, number> } };
}

/**
 * A page whose errors fail the test. A worker keeps one page: a browser's process that begins anew takes five times as long
 * as the opening of a window. Each test has a document, a storage, a history, a size and a time of its own all the same;
 * `test.use({ own: true })` gives it a page that nothing was in before.
 */
export const test = base.extend<{ page: Page; own: boolean }, { kept: Kept }>({
  own: [false, { option: true }],
  kept: [
    async ({ browser }, use, { project }) => {
      const { baseURL, locale, timezoneId } = project.use;
      const page = await browser.newPage({ baseURL, locale, timezoneId });
      await page.clock.setFixedTime(NOW);
      await use({ page, tools: await page.context().newCDPSession(page) });
      await page.context().close();
    },
    { scope: "worker" },
  ],
  page: async ({ own, kept, browser, viewport, colorScheme, baseURL, locale, timezoneId }, use, info) => {
    const page = own ? await browser.newPage({ viewport, colorScheme, baseURL, locale, timezoneId }) : kept.page;
    if (own) await page.clock.setFixedTime(NOW);
    else {
      await kept.tools.send("Storage.clearDataForOrigin", { origin: new URL(baseURL ?? "").origin, storageTypes: "local_storage,cookies,indexeddb,service_workers,cache_storage" });
      await kept.tools.send("Page.resetNavigationHistory");
      await page.context().clearPermissions();
      await page.mouse.move(0, 0);
      if (viewport) await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      if ((await page.evaluate(() => Date.now())) !== NOW.getTime()) await page.clock.setFixedTime(NOW);
    }
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => {
      // The test's own clock is refused by the frame that shows mail, as anything else would be.
      if (message.type() === "error" && !message.text().startsWith("Blocked script execution")) errors.push(message.text());
    });
    await use(page);
    // Its picture is that of the failure; the worker ends with it.
    if (info.status !== info.expectedStatus) return;
    if (own) await page.context().close();
    // What the document does last is this test's still.
    else await page.goto("about:blank");
    page.removeAllListeners();
    base.expect(errors).toEqual([]);
  },
});

export const expect = base.expect;

/** Opens the window over scripted answers. */
export async function open(page: Page, query = ""): Promise<void> {
  await page.goto(`/fixture.html${query}`);
  await page.locator("main").first().waitFor();
  // What is said in passing stays until it is closed: no story depends on how long it takes.
  await page.evaluate(() => {
    const { notices } = (window as unknown as Said).pliState;
    const say = notices.say.bind(notices);
    notices.say = (...words) => {
      const id = say(...words);
      clearTimeout(notices.timers.get(id));
      return id;
    };
  });
}

/** Every screen, and the keys that lead there. */
export const screens: readonly { name: string; query: string; go: (page: Page) => Promise<void> }[] = [
  {
    name: "réception",
    query: "",
    go: async (page) => {
      for (let step = 0; step < 3; step++) await page.keyboard.press("ArrowDown");
      await page.getByRole("heading", { name: "Dr Hélène CASTAING" }).waitFor();
    },
  },
  {
    name: "message mis en forme",
    query: "",
    go: async (page) => {
      for (let step = 0; step < 6; step++) await page.keyboard.press("ArrowDown");
      await page.locator("iframe").waitFor();
      await page.getByRole("button", { name: "Détails" }).click();
    },
  },
  {
    name: "accusé de remise",
    query: "",
    go: async (page) => {
      for (let step = 0; step < 9; step++) await page.keyboard.press("ArrowDown");
      await page.getByRole("button", { name: "Réponse du serveur" }).click();
    },
  },
  {
    name: "pièces jointes",
    query: "",
    go: async (page) => {
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("ArrowDown");
      await page.getByRole("tab", { name: "Pièces jointes" }).click();
      await page.getByRole("button", { name: "Aperçu Bilan du 10 novembre.txt" }).click();
    },
  },
  {
    name: "sélection",
    query: "",
    go: async (page) => {
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Space");
      for (let step = 0; step < 3; step++) await page.keyboard.press("Shift+ArrowDown");
      await page.getByText("4 sélectionnés").waitFor();
    },
  },
  {
    name: "dossiers",
    query: "",
    go: async (page) => {
      await leap(page, "d");
      await page.getByRole("dialog", { name: "Dossiers" }).waitFor();
    },
  },
  {
    name: "recherche",
    query: "",
    go: async (page) => {
      await page.keyboard.press("/");
      await expect(page.getByLabel("Rechercher", { exact: true })).toBeFocused();
      await page.keyboard.type("médicament");
      await page.locator("#messages mark").first().waitFor();
    },
  },
  {
    name: "écrire",
    query: "",
    go: async (page) => {
      await page.keyboard.press("n");
      const to = page.getByRole("combobox", { name: "À", exact: true });
      await to.fill("a.perrin@courriel.example,");
      await to.press(",");
      await page.getByText("hors MSSanté").waitFor();
      await to.pressSequentially("bio");
      await page.locator(".ac [role=option]").first().waitFor();
    },
  },
  {
    name: "envois",
    query: "",
    go: async (page) => {
      await leap(page, "e");
      await page.getByText("Refusé à").waitFor();
    },
  },
  {
    name: "journal",
    query: "",
    go: async (page) => {
      await leap(page, "j");
      await page.getByText("Chaîne vérifiée").waitFor();
      await page.locator(".jr:not(.head)").nth(8).click();
      await page.getByRole("heading", { name: "Authentification" }).waitFor();
    },
  },
  ...journalScreens,
  {
    name: "réglages",
    query: "",
    go: async (page) => {
      await leap(page, "s");
      await page.getByRole("heading", { name: "Apparence" }).waitFor();
    },
  },
  {
    name: "retirer une boîte",
    query: "",
    go: async (page) => {
      await leap(page, "s");
      await page.getByRole("button", { name: "Retirer de ce poste Dr Élise Martin" }).click();
      await page.getByRole("button", { name: "Retirer cette boîte" }).click();
      await page.getByText("attend encore de partir, ou").waitFor();
    },
  },
  {
    name: "aide",
    query: "",
    go: async (page) => {
      await page.keyboard.press("?");
      await page.getByRole("dialog").waitFor();
    },
  },
  { name: "hors connexion", query: "?horsligne", go: async (page) => page.getByText("Tout reste lisible").waitFor() },
  {
    name: "première adresse",
    query: "?vide&approuve",
    go: async (page) => {
      await askDigits(page);
      await page.getByLabel("Adresse MSSanté").waitFor();
    },
  },
  {
    name: "serveurs trouvés",
    query: "?vide&approuve",
    go: async (page) => {
      await askDigits(page);
      await page.getByLabel("Adresse MSSanté").fill("elise.martin@cabinet-lilas.mssante.example");
      await page.keyboard.press("Enter");
      await page.getByText("Votre boîte est trouvée").waitFor();
    },
  },
  {
    name: "adresse refusée",
    query: "?vide&approuve",
    go: async (page) => {
      await askDigits(page);
      await page.getByLabel("Adresse MSSanté").fill("quelquun@courriel.example");
      await page.keyboard.press("Enter");
      await page.getByRole("alert").waitFor();
    },
  },
  {
    name: "phrase de passe à choisir",
    query: "?coffre=newNeedsPassphrase",
    go: async (page) => {
      await page.getByLabel("Phrase de passe").fill("court");
      await page.getByText("Encore un peu courte").waitFor();
    },
  },
  {
    name: "verrouillé",
    query: "?coffre=needsPassphrase",
    go: async (page) => {
      await page.getByLabel("Phrase de passe").fill("autre chose");
      await page.keyboard.press("Enter");
      await page.getByRole("alert").waitFor();
    },
  },
  {
    name: "trousseau verrouillé",
    query: "?coffre=keyringLocked",
    go: async (page) => page.getByRole("heading", { name: "trousseau" }).waitFor(),
  },
  ...lifeScreens,
  ...entryScreens,
];
