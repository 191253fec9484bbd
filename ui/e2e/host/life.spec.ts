// The life of a mailbox on the real engine and real servers: it fills up and gives room back, what was sent is purged, a reply
// is left on the server, two people share a box. Each story is told in order, by an operator of its own.
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { leap } from "../keys";
import { Operator } from "../stage";
import { deliver, LABO, shot, Workstation } from "./workstation";

test.describe.configure({ mode: "serial" });
test.skip(!process.env.PLI_E2E_STAGED, "these stories start their own operator");

const MARTIN = "dr.martin@alpha.mssante.test";
const CABINET = "cabinet@alpha.mssante.test";
const [DR_MARTIN, DR_LEROY] = ["899700000013", "899700000021"];
const MIB = 1 << 20;
const BACKUP = "une phrase pour la sauvegarde";

let operator: Operator;
let martin: Workstation;

const flat = (text: string): string => text.replace(/[\u00a0\u202f]/g, " ").replace(/\s+/g, " ");

test.beforeAll(async ({ browser }) => {
  operator = new Operator("--auto-approve");
  const heavy = [
    ["Scanner thoracique du 3 septembre", 5],
    ["IRM du genou gauche", 4],
    ["Échographie abdominale", 3],
    ["Mammographie, comparaison", 4],
    ["Radiographie du bassin", 2],
  ] as const;
  for (const [subject, size] of heavy) deliver(operator, MARTIN, subject, size * MIB);
  operator.run("quota", "--box", MARTIN, "--kio", String(27 * 1024));
  martin = await Workstation.open(browser, operator, DR_MARTIN, [[MARTIN, "PER"], [CABINET, "CAB"]]);
  const { rows } = await martin.ask("message_list", { scope: { of: "all" }, filter: "unread", offset: 0, limit: 20 });
  const old = rows.filter(({ subject }) => heavy.some(([each]) => each === subject)).map(({ id }) => id);
  await martin.ask("message_flag", { messages: old, flag: "seen", on: true });
});

test.afterAll(async () => {
  await martin?.close();
  operator?.stop();
});

test("a box fills up: each threshold is told with what follows from it; full, mail for it is refused, and that is told too", async () => {
  const { page } = martin;
  const account = await martin.account(MARTIN);
  const link = page.locator(`a[href='#boite-${account}']`);
  const told = page.locator(".told");
  await expect(link).toContainText(/7\d.%\sutilisés/);
  await expect(told).toHaveCount(0);
  /** A letter that brings the box to so many percent. */
  const fill = async (percent: number, subject: string): Promise<void> => {
    const { storage } = await martin.ask("quota_read", { account });
    if (!storage?.limit) throw new Error("the operator limits this box");
    deliver(operator, MARTIN, subject, Math.round((storage.limit * (percent + 0.5)) / 100 - storage.used));
    await expect(page.locator(".row").filter({ hasText: subject })).toBeVisible();
  };
  const warned = async (gauge: RegExp, words: string): Promise<void> => {
    await expect(link).toContainText(gauge);
    await expect(told).toHaveCount(1);
    await expect(told).toContainText(words, { useInnerText: true });
  };
  await fill(82, "Radiographie du poignet droit");
  await warned(/82.%\sbientôt pleine/, "est remplie à 82 %. À 100 %, elle ne pourra plus ni recevoir ni envoyer.");
  await martin.capture("boite-80");
  await fill(93, "Scanner cérébral");
  await warned(/93.%\spresque pleine/, "est remplie à 93 %. À 100 %, elle ne pourra plus ni recevoir ni envoyer.");
  await martin.capture("boite-90");
  // The operator grants a little less than what is there: nothing enters any more. It says so to connections that come after.
  operator.run("quota", "--box", MARTIN, "--kio", String(25 * 1024));
  await martin.reopen();
  await warned(/ni réception ni envoi/, "est pleine. Elle ne peut plus ni recevoir ni envoyer.");
  await martin.capture("boite-pleine");

  // Somebody of the practice writes to it: refused, and why is said.
  await page.keyboard.press("n");
  const from = page.getByLabel("De", { exact: true });
  await from.selectOption(String(account));
  await page.getByRole("combobox", { name: "À", exact: true }).fill(`${MARTIN},`);
  await expect(page.getByText("Votre boîte est pleine")).toBeVisible();
  await from.selectOption(String(await martin.account(CABINET)));
  await expect(page.getByText("Votre boîte est pleine")).toHaveCount(0);
  await page.getByLabel("Objet").fill("Rappel d’un patient");
  await page.getByLabel("Texte du message").fill("Peux-tu rappeler ce patient ?");
  await page.keyboard.press("Control+Enter");
  await page.getByRole("link", { name: "Envois" }).click();
  const sent = page.locator(".row").filter({ hasText: "Rappel d’un patient" }).first();
  await sent.click();
  await expect(sent).toContainText("Refusé");
  await martin.capture("envoi-boite-pleine");
});

test("the warning leads to what weighs; what is chosen is removed, and the way back below is told", async () => {
  const { page } = martin;
  const account = await martin.account(MARTIN);
  await page.getByRole("button", { name: "Libérer de la place" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Libérer de la place" })).toBeVisible();
  await page.getByLabel("Regrouper par").selectOption("size");
  await page.getByRole("button", { name: /Plus de 1.Mo/ }).click();
  const boxes = page.locator(".mid tbody input");
  await expect(boxes).toHaveCount(7);
  // Nothing is chosen in advance.
  await expect(page.locator(".mid tbody input:checked")).toHaveCount(0);
  for (const subject of ["Scanner thoracique", "IRM du genou", "Mammographie"]) await page.getByRole("checkbox", { name: new RegExp(subject) }).check();
  await expect(page.getByText(/^3.messages choisis/)).toBeVisible();
  await martin.capture("place");
  await page.keyboard.press("Control+Enter");
  await expect(page.getByRole("heading", { level: 1, name: "Suppression de la sélection" })).toBeVisible();
  const go = page.getByRole("button", { name: /^Supprimer 3.messages/ });
  await expect(go).toBeVisible();
  await page.keyboard.press("Control+Enter");
  await expect(page.getByText(/Purge terminée à/)).toBeVisible();
  await expect(page.getByRole("main")).toContainText("3 messages supprimés, 14 Mo libérés", { useInnerText: true });
  await page.keyboard.press("Escape");
  await leap(page, "t");
  const link = page.locator(`a[href='#boite-${account}']`);
  await expect(link).toContainText(/4\d.%\sutilisés/);
  await expect(page.locator(".told")).toHaveCount(0);
  // It receives again.
  deliver(operator, MARTIN, "Compte rendu retrouvé", 40_000);
  await expect(page.locator(".row").filter({ hasText: "Compte rendu retrouvé" })).toBeVisible();
  await martin.capture("boite-retour");
});

test("what was sent is purged: the plan first, then the plan and nothing else, then its report", async () => {
  const { page } = martin;
  const account = await martin.account(MARTIN);
  const folders = await martin.ask("folder_list", { account });
  const sent = folders.find(({ role }) => role === "sent");
  if (!sent) throw new Error("the operator says which folder holds what was sent");
  await leap(page, "b");
  await page.getByRole("button", { name: "Purger les envoyés" }).click();
  await expect(page.getByText("messages à supprimer")).toBeVisible();
  const plan = page.getByRole("main");
  await expect(plan).toContainText("Envoyés depuis moins de");
  const go = page.getByRole("button", { name: /^Supprimer [\d\s]+messages/ });
  const count = Number(/\d+/.exec(flat(await go.innerText()))?.[0]);
  expect(count).toBeGreaterThan(50);
  expect(count).toBeLessThan(sent.total);
  await martin.capture("purge-plan");
  await page.keyboard.press("Control+Enter");
  await expect(page.getByText(/Purge terminée à/)).toBeVisible();
  await expect(page.getByRole("main")).toContainText(`${count} messages supprimés`, { useInnerText: true });
  await martin.capture("purge-compte-rendu");
  await page.getByRole("link", { name: "Voir le journal" }).click();
  await expect(page.getByLabel("Action")).toHaveValue("purge");
  await expect(page.locator(".jr:not(.head)").first()).toBeVisible();
});

test("an automatic reply is left on the server, said as long as it is active, and stopped from where it is said", async () => {
  const { page } = martin;
  await leap(page, "t");
  await leap(page, "b");
  await page.getByRole("button", { name: "Ouvrir les règles" }).click();
  await page.getByLabel("Répondre automatiquement").check();
  await page.getByLabel("Texte de la réponse").fill("Je suis absente jusqu’à lundi.\nEn cas d’urgence, composez le 15 ; pour un avis, écrivez au cabinet.");
  await page.keyboard.press("Control+Enter");
  await expect(page.getByText("Règles enregistrées chez l’opérateur")).toBeVisible();
  await expect(page.getByText("Active en ce moment")).toBeVisible();
  await martin.capture("regles");
  await page.keyboard.press("Escape");
  const told = page.locator(".told");
  await expect(told).toContainText("Réponse automatique active");
  await martin.capture("reponse-automatique");
  // The server answers by itself, as an automatic reply must say that it is.
  const answered = (): number => operator.inbox(LABO).filter((raw) => /^Auto-Submitted: auto-replied/m.test(raw)).length;
  expect(answered()).toBe(0);
  deliver(operator, MARTIN, "Question sur un bilan", 4_000);
  await expect.poll(answered).toBe(1);
  await page.getByRole("button", { name: "Arrêter la réponse" }).click();
  await expect(page.getByText("Réponse automatique arrêtée")).toBeVisible();
  await expect(told).toHaveCount(0);
});

test("on a shared box what one takes, and notes, the other sees; what the other deals with comes back", async ({ browser }) => {
  const { page } = martin;
  const leroy = await Workstation.open(browser, operator, DR_LEROY, [[CABINET, "CAB"]]);
  await page.locator(`a[href='#boite-${await martin.account(CABINET)}']`).click();
  const row = page.locator(".row").filter({ hasText: "Professionnel" }).first();
  await row.click();
  const subject = await row.locator(".subj").innerText();
  const strip = page.getByRole("region", { name: "Suivi dans la boîte partagée" });
  await page.keyboard.press("c");
  await expect(strip).toContainText("Vous l’avez pris en charge");
  await page.keyboard.press("o");
  await page.getByRole("textbox", { name: "Note" }).fill("Rappeler le laboratoire à 14 h");
  await page.keyboard.press("Enter");
  await expect(strip).toContainText("Rappeler le laboratoire à 14 h");

  const there = leroy.page;
  const theirs = there.locator(".row").filter({ hasText: subject }).first();
  await expect(theirs).toContainText("MARTIN");
  await theirs.click();
  const strips = there.getByRole("region", { name: "Suivi dans la boîte partagée" });
  await expect(strips).toContainText(/Pris en charge par Claire MARTIN/);
  await expect(strips).toContainText("Rappeler le laboratoire à 14 h");
  await leroy.capture("boite-partagee");
  await there.keyboard.press("t");
  await expect(strips).toContainText("Traité");
  await expect(strip).toContainText("Traité par Paul LEROY");
  await leroy.close();
});

test("a backup made here comes back whole at another workstation, from its first screens", async ({ browser }) => {
  const { page } = martin;
  await leap(page, "s");
  await page.getByRole("button", { name: "Faire une sauvegarde" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Phrase de passe de la sauvegarde").fill(BACKUP);
  await dialog.getByLabel("La même, une seconde fois").fill(BACKUP);
  await page.keyboard.press("Enter");
  await expect(dialog).toContainText("Sauvegarde faite et vérifiée", { timeout: 120_000 });
  const said = flat(await dialog.innerText());
  const count = /([\d ]+) messages/.exec(said)?.[1]?.trim() ?? "";
  await page.keyboard.press("Enter");

  const other = await operator.host("another");
  await cp(join(martin.files, "backups"), join(other.files, "restore"), { recursive: true });
  const there = await (await browser.newContext()).newPage();
  await there.goto(other.url);
  await expect(there.getByText("Vous venez d’un autre poste ?")).toBeVisible();
  await shot(there, "conditions");
  await there.keyboard.press("Control+Enter");
  // No keyring here: where the passphrase is chosen, the backup is offered still.
  await expect(there.getByRole("button", { name: "Protéger et continuer" })).toBeVisible();
  await shot(there, "premiere-ouverture");
  await there.getByRole("button", { name: "Restaurer une sauvegarde" }).click();
  const sheet = there.getByRole("dialog");
  await sheet.getByLabel("Phrase de passe de la sauvegarde").fill(BACKUP);
  await sheet.getByLabel("Phrase de passe de ce poste").fill(BACKUP);
  await sheet.getByLabel("La même, une seconde fois").fill(BACKUP);
  await there.keyboard.press("Enter");
  await expect(sheet).toContainText("Vos messages sont de retour", { timeout: 120_000 });
  await expect(sheet).toContainText(`${count} messages`, { useInnerText: true });
  await there.keyboard.press("Enter");
  await expect(there.locator(".row").filter({ hasText: "Scanner cérébral" })).toBeVisible();
  await expect(there.getByText("Vous n’êtes pas connecté à Pro Santé Connect.")).toBeVisible();
  // The journal came too, and says so.
  await leap(there, "j");
  await expect(there.getByText(/^Chaîne vérifiée/)).toBeVisible();
  await expect(there.getByText(/Journal restauré le .* d’une sauvegarde du/)).toBeVisible();
  await there.context().close();
  await other.stop();
});
