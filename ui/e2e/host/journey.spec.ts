// The whole journey on the real engine and real servers. One story told in order, on a profile that is empty at its start.
import { execFile } from "node:child_process";
import { cp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test, type Page } from "@playwright/test";
import { wrong } from "../axe";
import { leap } from "../keys";

test.describe.configure({ mode: "serial" });

const ADDRESS = process.env.PLI_E2E_ADDRESS ?? "dr.martin@alpha.mssante.test";
const COLLEAGUE = process.env.PLI_E2E_COLLEAGUE ?? "dr.leroy@alpha.mssante.test";
const RPPS = process.env.PLI_E2E_RPPS ?? "99 700 000 013";
const PASSPHRASE = "quatre mots sans rapport";
const SUBJECT = `Avis demandé ${Date.now()}`;

/** Whether the story answers for the person; without the stage, the operator approves by itself. */
const answers = process.env.PLI_E2E_OPERATOR ? (JSON.parse(process.env.PLI_E2E_OPERATOR) as string[]) : null;

/** What the person does on the phone or in the browser. */
async function answer(verb: "approve" | "refuse"): Promise<void> {
  const [program = "", ...at] = answers ?? [];
  if (program) await promisify(execFile)(program, [verb, `8${RPPS.replace(/ /g, "")}`, ...at]);
}

let page: Page;
const errors: string[] = [];
/** What was asked of any other place than the host. */
const asked: string[] = [];

test.beforeAll(async ({ browser }) => {
  page = await (await browser.newContext()).newPage();
  page.on("pageerror", (error) => errors.push(error.message));
  page.context().on("request", (request) => {
    const { hostname, protocol } = new URL(request.url());
    if (protocol.startsWith("http") && hostname !== "127.0.0.1" && hostname !== "localhost") asked.push(request.url());
  });
});

test.afterAll(async () => {
  expect(errors).toEqual([]);
  await page.context().close();
});

/** Which of these words are anywhere in the memory of the window's scripts, garbage apart. */
async function remembered(words: readonly string[]): Promise<string[]> {
  const tools = await page.context().newCDPSession(page);
  const chunks: string[] = [];
  tools.on("HeapProfiler.addHeapSnapshotChunk", ({ chunk }) => chunks.push(chunk));
  await tools.send("HeapProfiler.enable");
  await tools.send("HeapProfiler.collectGarbage");
  await tools.send("HeapProfiler.takeHeapSnapshot", { reportProgress: false });
  await tools.detach();
  const { strings } = JSON.parse(chunks.join("")) as { strings: string[] };
  return words.filter((word) => strings.some((each) => each.includes(word)));
}

async function axe(): Promise<void> {
  expect(await wrong(page)).toEqual([]);
}

test("the terms, the vault, the two digits, the address, the servers, the inbox", async () => {
  await page.goto(process.env.PLI_HOST_URL ?? "");
  const terms = page.getByRole("button", { name: "Accepter et continuer" });
  const choose = page.getByLabel("Phrase de passe", { exact: true });
  const person = page.getByLabel("Identifiant national");
  await expect(terms.or(choose).or(person).first()).toBeVisible();
  if (await terms.isVisible()) {
    await expect(page.getByRole("heading", { name: "Pro Santé Connect" })).toBeVisible();
    await axe();
    await page.keyboard.press("Control+Enter");
  }
  await expect(choose.or(person).first()).toBeVisible();
  if (await choose.isVisible()) {
    await choose.fill(PASSPHRASE);
    await page.getByLabel("La même, une seconde fois").fill(PASSPHRASE);
    await page.keyboard.press("Enter");
  }
  await expect(page.getByText("Service Pro Santé Connect disponible")).toBeVisible();
  await person.fill(RPPS);
  await expect(page.getByText("Ce numéro est bien formé.")).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("timer")).toBeVisible();
  await expect(page.getByRole("img").first()).toHaveAttribute("aria-label", /^\p{Lu}\p{Ll}+, \p{Ll}+$/u);
  await axe();
  await answer("approve");
  const address = page.getByLabel("Adresse MSSanté");
  await expect(address).toBeVisible();
  await address.fill(ADDRESS);
  await page.keyboard.press("Enter");
  await expect(page.getByText("Votre boîte est trouvée")).toBeVisible();
  await axe();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Ouvrir ma messagerie" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.locator(".row").first()).toBeVisible();
  await expect(page.getByText(/^À jour à/)).toBeVisible();
  await expect(page.getByRole("button", { name: /Session ouverte jusqu’à/ })).toBeVisible();
  await axe();
});

test("a message is read: its text, its HTML in a frame of another origin, its attachments", async () => {
  await page.keyboard.press("ArrowDown");
  const current = page.locator(".row.is-current");
  await expect(current).toBeVisible();
  await expect(page.locator("#reader-content")).toBeVisible();
  await expect(current).not.toHaveClass(/is-unread/);
  // The first message that comes as HTML.
  const frame = page.locator("#reader-content iframe");
  for (let step = 0; step < 60 && (await frame.count()) === 0; step++) {
    await page.keyboard.press("ArrowDown");
    await expect(page.locator("main .subject")).toHaveText(await current.locator(".subj").innerText());
  }
  await expect(frame).toBeVisible();
  await expect(frame).toHaveAttribute("sandbox", "allow-popups allow-popups-to-escape-sandbox");
  const source = (await frame.getAttribute("src")) ?? "";
  expect(new URL(source, page.url()).origin).not.toBe(new URL(page.url()).origin);
  await axe();
  // Nothing of another place was asked for; a link is, in a window of its own, when it is pressed.
  expect(asked).toEqual([]);
  const link = page.frameLocator("#reader-content iframe").locator("a[href^=https]").first();
  const target = (await link.getAttribute("href")) ?? "";
  const popup = page.waitForEvent("popup");
  await link.click();
  const opened = await popup;
  await expect.poll(() => [...new Set(asked)]).toEqual([target]);
  await opened.close();
  asked.length = 0;
  // The keys were the frame's: they are the window's again once something of the window has the focus.
  await page.getByRole("listbox", { name: "Messages" }).focus();
});

test("the search finds as one types", async () => {
  await page.keyboard.press("/");
  await page.keyboard.type("diabete");
  await expect(page.locator(".row").first()).toContainText(/diab/i);
  await page.keyboard.press("Enter");
  await expect(page.locator("#reader-content")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Tous");
});

test("a message is written, sent, taken back, sent again, and followed to its delivery", async () => {
  await page.keyboard.press("n");
  const to = page.getByRole("combobox", { name: "À", exact: true });
  await expect(to).toBeFocused();
  await page.keyboard.type(`${COLLEAGUE},`);
  await page.getByLabel("Objet").fill(SUBJECT);
  await page.getByLabel("Texte du message").fill("Cher confrère,\n\nMerci de votre avis.");
  await expect(page.getByText("Destinataires dans l’espace de confiance")).toBeVisible();
  if (process.env.PLI_E2E_STAGED) {
    await page.keyboard.press("Control+j");
    await expect(page.getByText("Bilan du 10 novembre.txt", { exact: true })).toBeVisible();
    await expect(page.getByLabel("Texte du message")).toHaveValue(/^Cher confrère/);
  }
  await axe();
  await page.keyboard.press("Control+Enter");
  await expect(page.getByText("départ dans")).toBeVisible();
  await page.keyboard.press("Control+z");
  await expect(page.getByLabel("Objet")).toHaveValue(SUBJECT);
  await page.keyboard.press("Control+Enter");
  await expect(page.getByText("départ dans")).toBeVisible();
  await page.getByRole("link", { name: "Envois" }).click();
  const sent = page.locator(".row").filter({ hasText: SUBJECT }).filter({ hasNotText: "Repris" });
  await sent.first().click();
  await expect(sent.first()).toContainText(/Confié|Remis/);
  await axe();
});

test("a text that was sent is shown in place, in a frame with no right", async () => {
  test.skip(!process.env.PLI_E2E_STAGED, "the files to attach are the stage's");
  await leap(page, "t");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Tous");
  await leap(page, "d");
  await expect(page.getByRole("dialog", { name: "Dossiers" })).toBeVisible();
  await page.keyboard.type("envoyes");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Envoyés");
  const copy = page.locator(".row").filter({ hasText: SUBJECT }).first();
  await expect(copy).toBeVisible();
  await copy.click();
  await page.getByRole("tab", { name: /Pièces jointes/ }).click();
  await page.getByRole("button", { name: "Aperçu Bilan du 10 novembre.txt" }).click();
  const frame = page.locator("#reader-content iframe");
  await expect(frame).toHaveAttribute("sandbox", "");
  await expect(page.frameLocator("#reader-content iframe").getByText("Créatinine 88 µmol/L")).toBeVisible();
  expect(asked).toEqual([]);
  await page.keyboard.press("Escape");
});

test("every step is in the journal, and the chain holds", async () => {
  await leap(page, "j");
  await expect(page.getByText(/Chaîne vérifiée/)).toBeVisible();
  const rows = page.locator(".jr:not(.head)");
  for (const action of ["Authentification", "Lecture", "Envoi"]) {
    await page.getByLabel("Action").selectOption({ label: action });
    await expect(rows.first()).toContainText(action);
  }
  await axe();
  // The correspondent and the message are found by a part of what one knows of them.
  await page.getByRole("button", { name: "Plus de filtres" }).click();
  await page.getByLabel("Correspondant").fill(COLLEAGUE.split("@")[0] ?? "");
  await expect(page.locator(".said")).toContainText("correspondant");
  await expect(rows.first()).toContainText("Envoi");
  await rows.first().click();
  const detail = page.locator("#trace");
  await expect(detail).toContainText(COLLEAGUE);
  // Nothing of what was written is in it.
  expect(await detail.innerText()).not.toContain(SUBJECT);
  await page.keyboard.press("l");
  await expect(detail.getByRole("heading", { name: "Vie de ce message" })).toBeVisible();
  await expect.poll(() => detail.locator(".step").count()).toBeGreaterThan(1);
  await axe();
  await page.keyboard.press("Escape");
  await page.locator("#journal-rows").focus();
  await page.keyboard.press("Shift+F");
  await expect(page.getByLabel("Correspondant")).toBeHidden();
});

test("traces are exported with the filters, and the export is checked; changed, it is found out", async () => {
  test.skip(!process.env.PLI_E2E_FILES, "the files are the stage's");
  const files = process.env.PLI_E2E_FILES ?? "";
  await page.keyboard.press("x");
  const dialog = page.getByRole("dialog");
  await page.keyboard.press("ArrowDown");
  await expect(dialog.getByRole("radio", { name: /JSON Lines/ })).toBeChecked();
  await page.keyboard.press("Enter");
  await expect(dialog.getByRole("heading", { name: "L’export est écrit" })).toBeVisible();
  await axe();
  const print = (await dialog.locator("dd.tn").innerText()).trim();
  expect(print).toMatch(/^([0-9a-f]{4} ){7}[0-9a-f]{4}$/);
  await page.keyboard.press("Escape");
  const written = await readdir(join(files, "exports"));
  const name = written.find((each) => each.endsWith(".jsonl")) ?? "";
  expect(written).toContain(`${name}.manifeste.json`);
  const lines = await readFile(join(files, "exports", name), "utf8");
  expect(lines).toContain(COLLEAGUE);
  expect(lines).not.toContain(SUBJECT);
  await cp(join(files, "exports"), join(files, "check"), { recursive: true });
  await page.keyboard.press("Shift+V");
  await expect(dialog).toContainText("c’est le journal de ce profil qui l’a signé");
  await expect(dialog).toContainText(print);
  await axe();
  await page.keyboard.press("Escape");
  await writeFile(join(files, "check", name), lines.replace(COLLEAGUE, `x${COLLEAGUE.slice(1)}`));
  await page.keyboard.press("Shift+V");
  await expect(dialog.getByRole("alert")).toContainText("Cet export n’est pas tel qu’il a été écrit.");
  await page.keyboard.press("Escape");
});

test("how long traces are kept is set, and what that does is a trace too", async () => {
  await leap(page, "s");
  const kept = page.getByLabel("Garder les traces pendant");
  await expect(kept).toHaveValue("6");
  await kept.selectOption({ label: "2 ans" });
  await expect(page.getByText("Conservation enregistrée")).toBeVisible();
  await axe();
  // The field keeps its own letters.
  await page.getByRole("link", { name: "Journal" }).click();
  await expect(page.getByText(/Conservation.: 2.ans, choisie sur ce poste/)).toBeVisible();
  await page.getByLabel("Action").selectOption({ label: "Réglage" });
  await expect(page.locator(".jr:not(.head)").first()).toContainText(/Conservation de 6.mois à 2.ans/);
  await page.keyboard.press("Shift+F");
});

test("the theme is kept, and dark is as readable", async () => {
  await leap(page, "s");
  await page.getByRole("button", { name: "Sombre" }).click();
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await expect(page.locator(".row").first()).toBeVisible();
  await axe();
});

test("locked, the window holds nothing of its content, nor after a reload; opened again, one is where one was", async () => {
  await leap(page, "t");
  await page.keyboard.press("ArrowDown");
  const row = page.locator(".row.is-current");
  await expect(row).toBeVisible();
  const place = await row.getAttribute("aria-posinset");
  // What is read on the screen is in memory now, and must not be once locked.
  const seen = (await page.locator(".row .subj").allInnerTexts()).filter((each) => each.length > 8).slice(0, 20);
  expect(await remembered([SUBJECT, ADDRESS])).toEqual([SUBJECT, ADDRESS]);
  await page.keyboard.press("n");
  await page.getByLabel("Objet").fill("Objet à garder");
  await page.getByLabel("Texte du message").fill("Phrase à garder");
  await page.getByLabel("Texte du message").press("Control+l");
  await expect(page.getByRole("heading", { name: "Pli est verrouillé" })).toBeVisible();
  await expect(page.getByText("Un brouillon est en sécurité")).toBeVisible();
  await axe();
  const nothing = async (): Promise<void> => {
    const held = await page.evaluate(() => document.documentElement.outerHTML + document.title + location.href);
    for (const word of ["à garder", SUBJECT, ADDRESS, COLLEAGUE, "mssante.test"]) expect(held).not.toContain(word);
    await expect.poll(() => page.frames().length).toBe(1);
  };
  await nothing();
  // An answer that was on its way is dropped once it is here: then nothing is left.
  await expect.poll(() => remembered([SUBJECT, ADDRESS, COLLEAGUE, ...seen])).toEqual([]);
  // What a window that is locked asks for all the same is not answered.
  for (const command of ["account_list", "draft_list", "outbox_list"]) {
    const refused = await page.request.post(new URL(`/api/${command}`, page.url()).href, { data: command === "outbox_list" ? { days: 30 } : {} });
    expect(refused.status()).toBe(422);
    expect(((await refused.json()) as { code: string }).code).toBe("locked");
  }
  await page.reload();
  const secret = page.getByLabel("Phrase de passe", { exact: true });
  await expect(secret).toBeVisible();
  await nothing();
  await secret.fill("autre chose que la phrase");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert")).toContainText("n’ouvre pas vos messages");
  await secret.fill(PASSPHRASE);
  await page.keyboard.press("Enter");
  await expect(page.locator(".row").first()).toBeVisible();
  await expect(page.getByRole("button", { name: /Session ouverte jusqu’à/ })).toBeVisible();
  // Without a reload, the place is kept too.
  await page.keyboard.press("ArrowDown");
  await expect(page.locator(".row.is-current")).toHaveAttribute("aria-posinset", place ?? "1");
  await page.keyboard.press("Control+l");
  await secret.fill(PASSPHRASE);
  await page.keyboard.press("Enter");
  await expect(page.locator(".row.is-current")).toHaveAttribute("aria-posinset", place ?? "1");
  await leap(page, "r");
  await expect(page.locator(".row").filter({ hasText: "Objet à garder" })).toHaveCount(1);
});

test("the session is closed from the lock and opened again by the browser; a refusal is said", async () => {
  test.skip(!answers, "the operator approves by itself");
  await page.keyboard.press("Control+l");
  // Logging out needs no unlocking, and what is locked stays so.
  await page.getByRole("button", { name: "Fermer la session" }).click();
  await expect(page.getByText("Session Pro Santé Connect fermée. Pli reste verrouillé.")).toBeVisible();
  await expect(page.getByRole("heading", { name: "Pli est verrouillé" })).toBeVisible();
  await page.getByLabel("Phrase de passe", { exact: true }).fill(PASSPHRASE);
  await page.keyboard.press("Enter");
  await expect(page.getByText("Vous n’êtes pas connecté à Pro Santé Connect.")).toBeVisible();
  await page.keyboard.press("Control+Shift+S");
  await expect(page.getByRole("timer")).toBeVisible();
  await answer("refuse");
  await expect(page.getByRole("alert")).toContainText("La demande de connexion a été refusée.");
  await axe();
  await page.keyboard.press("Control+b");
  await expect(page.getByLabel("Adresse à ouvrir")).toBeVisible();
  await answer("approve");
  await expect(page.getByRole("button", { name: /Session ouverte jusqu’à/ })).toBeVisible();
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(page.getByText(/^À jour à/)).toBeVisible();
});

test("ten minutes without anybody lock the window; a key pressed begins them anew", async () => {
  test.skip(!answers, "the time is the stage's");
  const pass = async (seconds: number): Promise<void> => {
    const moved = await page.request.post(new URL(`/test/advance?seconds=${seconds}`, page.url()).href);
    expect(moved.ok()).toBe(true);
  };
  let told = 0;
  page.on("response", (response) => {
    if (response.url().endsWith("/api/activity") && response.ok()) told += 1;
  });
  // The window tells of it every ten seconds at most: one that just opened has told nothing yet.
  await page.reload();
  await expect(page.locator(".row").first()).toBeVisible();
  await pass(130);
  const before = told;
  await expect(async () => {
    await page.keyboard.press("ArrowDown");
    await expect.poll(() => told, { timeout: 2_000 }).toBeGreaterThan(before);
  }).toPass();
  // More than ten minutes since the window opened, less since the key.
  await pass(480);
  const open = await page.request.post(new URL("/api/account_list", page.url()).href, { data: {} });
  expect(open.ok()).toBe(true);
  await expect(page.locator(".row").first()).toBeVisible();
  await pass(130);
  await expect(page.getByText("après 10 minutes sans activité")).toBeVisible();
  await expect.poll(() => page.frames().length).toBe(1);
});
