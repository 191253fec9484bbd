// The journal: its proof, its filters, a million rows, one trace in full, a message's life, exports, how long it is kept.
import type { Page } from "@playwright/test";
import { leap } from "../keys";
import { journal, traceSettings } from "./journal-screens";
import { expect, open, test } from "./window";

interface Script {
  readonly pliFixture: {
    readonly journal: {
      arrive(count: number): void;
      progress(done: number): void;
      end(): void;
      readonly asked: unknown[];
    };
  };
}

const rows = (page: Page) => page.locator(".jr:not(.head)");
const plain = (text: string): string => text.replace(/[\u00a0\u202f]/g, " ").replace(/\s+/g, " ");

const problems: readonly [string, string, string | null][] = [
  ["altered", "La trace 12 471 a été modifiée après avoir été écrite, ou celle d’avant l’a été avec son empreinte. Les traces d’avant, jusqu’à la 12 469, sont intactes.", "12 471"],
  ["missing", "Les traces 12 300 à 12 318 ont été retirées du journal.", null],
  ["inserted", "Une trace a été ajoutée après coup à la place 12 455.", "12 455"],
  ["mislabelled", "Le classement de la trace 12 440 ne correspond plus à ce qu’elle dit : un filtre pourrait l’oublier. Les traces elles-mêmes sont intactes.", "12 440"],
  ["truncated", "Le journal a été coupé à sa fin : les traces 12 481 à 12 502 manquent. Celles qui restent, jusqu’à la 12 480, sont intactes.", null],
  ["replaced", "À partir de la trace 11 020, un fichier du journal a été remplacé", "11 020"],
  ["rewritten", "Les traces 12 001 à 12 480 ont été réécrites", "12 001"],
  ["sealForged", "Le sceau posé à la trace 12 400 n’a pas été fait par ce journal, ou un sceau d’avant a été retiré.", "12 400"],
  ["anchorForged", "L’attestation qui dit les traces détruites jusqu’à la 41 n’a pas été faite par ce journal", null],
  ["unreadable", "Le journal ne peut pas être lu à partir de la trace 9 001 : un fichier est abîmé, ou sa clé manque. Les traces d’avant, jusqu’à la 9 000, sont intactes.", null],
  ["keyChanged", "La clé qui scelle le journal n’est plus celle d’avant", null],
];

for (const [problem, words, target] of problems) {
  test(`what is wrong is said, with its place and what to do: ${problem}`, async ({ page }) => {
    await open(page, `?preuve=${problem}`);
    await journal(page);
    const alert = page.getByRole("alert");
    await expect(alert).toBeVisible();
    const said = plain(await alert.innerText());
    expect(said).toContain(words);
    expect(said).toContain("n’effacez aucune trace, et prévenez le responsable de traitement");
    const see = alert.getByRole("button", { name: /Voir la trace/ });
    if (target === null) await expect(see).toHaveCount(0);
    else {
      await see.click();
      await expect(page.locator("#trace")).toContainText(new RegExp(`Trace ${target.replace(" ", ".")}`));
      await expect(page.locator("#trace")).toContainText("Sceau non vérifié");
      await page.keyboard.press("Escape");
      await expect(page.getByRole("button", { name: "Retour à la trace" })).toHaveCount(0);
    }
  });
}

test("a sound journal says since when, until where it is sealed, and who decides how long it is kept", async ({ page }) => {
  await open(page);
  await journal(page);
  const banner = page.locator(".banner.ok");
  await expect(banner).toBeVisible();
  const said = plain(await banner.innerText());
  expect(said).toContain("Chaîne vérifiée, 12 480 traces. Aucune n’a été modifiée, ajoutée ni retirée depuis le 17/05/2026.");
  expect(said).toContain("Vérification du 17/11/2026 à 9 h 11. Scellées jusqu’à la trace 12 466. Les 14 dernières le seront dans quelques minutes.");
  expect(said).toContain("Conservation : 6 mois, fixée par le responsable de traitement.");
});

test("what was destroyed at its end, and a clock that went back, are said without alarm", async ({ page }) => {
  await open(page, "?preuve=pruned");
  await journal(page);
  await expect(page.locator(".banner.ok")).toContainText("41 208 traces plus anciennes ont été détruites à la fin de leur conservation");
  await open(page, "?preuve=clock");
  await journal(page);
  await page.locator(".banner.ok").getByRole("button", { name: "Trace 12 437" }).click();
  await expect(page.locator("#trace")).toContainText(/L’horloge a reculé de 2.min.3.s depuis la trace d’avant/);
});

test("a journal that came back from a backup says from which, until where, and leads to the trace that says so", async ({ page }) => {
  await open(page, "?preuve=restored");
  await journal(page);
  const banner = page.locator(".banner.ok");
  await expect(banner).toContainText("Journal restauré le 16/11/2026 d’une sauvegarde du 15/11/2026, jusqu’à la trace 12 400.");
  await banner.getByRole("button", { name: "Trace 12 401" }).click();
  await expect(page.locator("#trace")).toContainText("12 401");
});

test("a verification says how far it is, keeps the screen usable, and is asked for again by V", async ({ page }) => {
  await open(page, "?preuve=slow");
  await journal(page);
  const bar = page.getByRole("progressbar", { name: "Vérification de la chaîne" });
  await expect(bar).toBeVisible();
  await page.evaluate(() => (window as unknown as Script).pliFixture.journal.progress(6240));
  await expect(bar).toHaveAttribute("aria-valuetext", /6.240.traces sur 12.480/);
  await page.keyboard.press("ArrowDown");
  await expect(rows(page).nth(1)).toHaveAttribute("aria-selected", "true");
  await page.evaluate(() => (window as unknown as Script).pliFixture.journal.end());
  await expect(page.getByText(/Chaîne vérifiée/)).toBeVisible();
  await expect(bar).toHaveCount(0);
  // What was found stays in sight meanwhile.
  await page.keyboard.press("v");
  await expect(bar).toBeVisible();
  await expect(page.getByText(/Chaîne vérifiée/)).toBeVisible();
  await page.evaluate(() => (window as unknown as Script).pliFixture.journal.end());
  await expect(bar).toHaveCount(0);
});

test("filters narrow the list as they are set, are said in words, kept, and cleared, by the keyboard alone", async ({ page }) => {
  await open(page);
  await journal(page);
  const foot = page.locator(".said");
  await expect(foot).toHaveText(/^393.traces pour ces filtres \(7.derniers jours\)$/);
  await page.keyboard.press("f");
  await expect(page.getByLabel("Période")).toBeFocused();
  await page.getByLabel("Période").selectOption("today");
  await expect(foot).toContainText(/^23.traces/);
  await page.getByLabel("Période").selectOption("ever");
  await page.getByLabel("Échecs seuls").focus();
  await page.keyboard.press("Space");
  await expect(foot).toContainText("échecs seuls");
  await expect(rows(page).first()).toContainText("Échec");
  await page.getByLabel("Action").selectOption({ label: "Envoi" });
  await expect(rows(page).first()).toContainText("boîte pleine");
  await page.getByRole("button", { name: "Plus de filtres" }).focus();
  await page.keyboard.press("Enter");
  await page.getByLabel("Correspondant").focus();
  await page.keyboard.type("mercier");
  await expect(foot).toContainText(/correspondant «.mercier.»/);
  await expect(rows(page).first()).toContainText("boîte pleine");
  await expect(foot).toHaveText(/^104.traces/);
  const words = await foot.innerText();
  // Left and come back to, everything is as it was.
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await leap(page, "t");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Tous");
  await journal(page);
  await expect(foot).toHaveText(words);
  await expect(page.getByLabel("Correspondant")).toHaveValue("mercier");
  await page.keyboard.press("Shift+F");
  await expect(foot).toHaveText(/^393.traces pour ces filtres \(7.derniers jours\)$/);
  await expect(page.getByLabel("Échecs seuls")).not.toBeChecked();
});

test("a period is typed as days, and a wrong one is said where it is typed", async ({ page }) => {
  await open(page);
  await journal(page);
  await page.getByLabel("Période").selectOption("custom");
  await page.getByLabel("Du", { exact: true }).fill("31/02/2026");
  await expect(page.getByLabel("Du", { exact: true })).toHaveAttribute("aria-invalid", "false");
  await page.keyboard.press("Enter");
  await expect(page.getByText("Écrivez le jour ainsi")).toBeVisible();
  await page.getByLabel("Du", { exact: true }).fill("01/11/2026");
  await page.getByLabel("Au", { exact: true }).fill("30/10/2026");
  await expect(page.getByText("Le premier jour est après le dernier.")).toBeVisible();
  await page.getByLabel("Au", { exact: true }).fill("2/11/26");
  await page.keyboard.press("Enter");
  await expect(page.locator(".said")).toContainText("(du 01/11/2026 au 02/11/2026)");
  await expect(page.locator(".pin")).toContainText(/Lundi 2.novembre 2026/);
});

test("what was only asked shows on demand; what was never answered always does, and says what that means", async ({ page }) => {
  await open(page);
  await journal(page);
  await expect(rows(page).filter({ hasText: "Demande" }).first()).toBeHidden();
  await page.getByRole("button", { name: "Plus de filtres" }).click();
  await page.getByLabel("Montrer aussi les demandes").check();
  await expect(rows(page).nth(1)).toContainText("Demande");
  await rows(page).nth(1).click();
  await expect(page.locator("#trace")).toContainText("La réponse est dans une autre trace.");
  await page.keyboard.press("Shift+F");
  await page.locator("#journal-rows").focus();
  for (let step = 0; step < 43; step++) await page.keyboard.press("ArrowDown");
  const unanswered = rows(page).filter({ hasText: "Demande restée sans réponse" }).first();
  // Its words are read whole.
  await expect.poll(() => unanswered.locator(".two").evaluate((words) => words.scrollWidth <= words.clientWidth + 1)).toBe(true);
  await unanswered.click();
  await expect(page.locator("#trace")).toContainText("l’action a pu avoir lieu sur le serveur, ou non");
});

test("a million traces are walked from one end to the other, by day, and nowhere is more drawn than seen", async ({ page }) => {
  await open(page, "?traces=1000000");
  await journal(page);
  await page.getByLabel("Période").selectOption("ever");
  await expect(page.getByText(/908.333.traces pour ces filtres/)).toBeVisible();
  const list = page.locator("#journal-rows");
  await list.focus();
  const selected = page.locator(".jr.is-selected");
  await expect.poll(() => list.evaluate((each) => each.scrollHeight)).toBeLessThan(8_000_000);
  await page.keyboard.press("End");
  await expect(selected).toHaveAttribute("aria-rowindex", "908334");
  await expect(page.locator("#trace")).toContainText(/Trace 1 sur 1.000.000/);
  await page.keyboard.press("ArrowUp");
  await expect(selected).toHaveAttribute("aria-rowindex", "908333");
  await page.keyboard.press("PageUp");
  await expect.poll(async () => Number(await selected.getAttribute("aria-rowindex"))).toBeLessThan(908_325);
  await page.keyboard.press("Home");
  await expect(selected).toHaveAttribute("aria-rowindex", "2");
  // By day, then to a day.
  await page.keyboard.press("Shift+ArrowDown");
  await expect(page.locator(".pin")).toContainText(/Lundi 16.novembre 2026/);
  await page.keyboard.press("d");
  await page.locator("#journal-day").fill("14/07/2026");
  await expect(page.locator(".pin")).toContainText(/Mardi 14.juillet 2026/);
  await expect(selected).toBeInViewport();
  await expect(page.locator("#trace")).toContainText("14/07/2026 23:59");
  // Far by the bar, near by the wheel: a row that was in sight moves by what the wheel moved.
  await list.evaluate((each) => (each.scrollTop = each.scrollHeight / 3));
  await expect(selected).toHaveCount(0);
  const middle = rows(page).nth(12);
  await expect(middle.locator("[role=gridcell]").first()).toBeVisible();
  // It comes to rest, which moves no row.
  await page.waitForTimeout(400);
  const id = await middle.getAttribute("id");
  const place = (await middle.boundingBox())?.y ?? 0;
  await list.hover();
  await page.mouse.wheel(0, 120);
  await expect.poll(async () => Math.round(((await page.locator(`#${id}`).boundingBox())?.y ?? 0) - place)).toBe(-120);
  // Put back at rest, nothing moved.
  await page.waitForTimeout(500);
  expect(Math.round(((await page.locator(`#${id}`).boundingBox())?.y ?? 0) - place)).toBe(-120);
  await expect.poll(() => rows(page).count()).toBeLessThan(60);
});

test("what is written meanwhile moves no row under the eye, and is shown when asked for", async ({ page }) => {
  await open(page);
  await journal(page);
  await page.keyboard.press("ArrowDown");
  const first = await rows(page).first().innerText();
  await page.evaluate(() => (window as unknown as Script).pliFixture.journal.arrive(24));
  const fresh = page.getByRole("button", { name: /nouvelles traces/ });
  await expect(fresh).toHaveText(/22.nouvelles traces/);
  expect(await rows(page).first().innerText()).toBe(first);
  await expect(page.getByText(/393.traces pour ces filtres/)).toBeVisible();
  // Further down, the list is still the one that was read.
  await page.keyboard.press("End");
  await expect(page.locator(".jr.is-selected")).toHaveAttribute("aria-rowindex", "394");
  await page.keyboard.press("r");
  await expect(fresh).toHaveCount(0);
  await expect(page.getByText(/415.traces pour ces filtres/)).toBeVisible();
  await expect(page.locator(".jr.is-selected")).toHaveAttribute("aria-rowindex", "2");
});

test("where nobody reads yet, what is written shows by itself", async ({ page }) => {
  await open(page);
  await journal(page);
  await page.evaluate(() => (window as unknown as Script).pliFixture.journal.arrive(24));
  await expect(page.getByText(/415.traces pour ces filtres/)).toBeVisible();
  await expect(page.getByRole("button", { name: /nouvelles traces/ })).toHaveCount(0);
});

test("a trace is read in full: what was recorded, what was not, and what the clock is worth", async ({ page }) => {
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await open(page);
  await journal(page);
  const detail = page.locator("#trace");
  const fact = (name: string) => detail.locator("dt", { hasText: new RegExp(`^${name}$`) }).locator("+ dd");
  await rows(page).filter({ hasText: "Envoi" }).first().click();
  await expect(detail).toContainText("Accepté par le serveur");
  await expect(fact("Auteur")).toContainText(/8.99.700.000.013/);
  await expect(fact("Source de l’heure")).toContainText(/Horloge synchronisée, écart de \d+.ms avec le serveur \(en avance\)/);
  await expect(fact("Destinataires")).toContainText("257039999921887@patient.mssante.fr");
  await expect(fact("Taille")).toHaveText(/3.984.112.octets/);
  await expect(fact("Code étendu")).toHaveText("2.0.0");
  // The seal comes every few minutes: what was just written waits for it.
  await expect(fact("Sceau")).toHaveText("Pas encore scellée");
  await detail.getByRole("button", { name: "Copier : Empreinte" }).click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toMatch(/^[0-9a-f]{64}$/);
  // A folder that may bear a patient's name.
  await rows(page).filter({ hasText: "Déplacement" }).first().click();
  await expect(fact("Vers")).toContainText("dossier-5f1c09ae77b2");
  await expect(fact("Vers")).toContainText("un dossier peut porter celui d’un patient");
  await rows(page).filter({ hasText: "9077:9081" }).first().click();
  await expect(fact("Dossier")).toContainText("Courriers réglés");
  await expect(fact("Dossier")).toContainText(/Inscrit «.dossier-0d44a1b7c3e9.»/);
  // What is not there is said.
  await rows(page).filter({ hasText: "Après un temps sans activité" }).first().click();
  await expect(fact("Auteur")).toHaveText("Personne n’était encore connecté");
  await expect(fact("Serveur")).toHaveText("Aucun : action sur ce poste");
  await rows(page).filter({ hasText: "Suppression" }).first().click();
  await expect(fact("Source de l’heure")).toHaveText("Heure non vérifiée, écart non mesuré");
  await expect(fact("Échangé")).toHaveText("Non enregistré");
  await page.keyboard.press("End");
  await expect(fact("Sceau")).toHaveText("Scellée");
});

test("one message's life: each step opens its trace, and each way back returns to where one was", async ({ page }) => {
  await open(page);
  await journal(page);
  await rows(page).filter({ hasText: "Envoi" }).first().click();
  await page.keyboard.press("l");
  const detail = page.locator("#trace");
  await expect(detail.getByRole("heading", { name: "Vie de ce message" })).toBeVisible();
  await expect(detail).toBeFocused();
  await expect(detail.locator(".step")).toHaveCount(3);
  await expect(detail.locator(".step").first()).toHaveAttribute("aria-current", "step");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(detail.getByRole("heading", { name: "Dépôt" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(detail.getByRole("heading", { name: "Vie de ce message" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(detail.getByRole("heading", { name: "Envoi" })).toBeVisible();
  await expect(page.locator("#journal-rows")).toBeFocused();
  // A trace about no message has no life to follow.
  await rows(page).filter({ hasText: "GETQUOTAROOT" }).first().click();
  await expect(detail.getByRole("button", { name: "Vie de ce message" })).toHaveCount(0);
});

test("an export says what it is for, takes the filters, and tells how the other side verifies it", async ({ page }) => {
  await open(page);
  await journal(page);
  await page.getByLabel("Échecs seuls").check();
  await expect(page.getByText(/traces pour ces filtres \(7.derniers jours · échecs seuls\)/)).toBeVisible();
  await page.keyboard.press("x");
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("échecs seuls");
  await expect(dialog.getByRole("radio", { name: /CSV/ })).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await expect(dialog.getByRole("radio", { name: /Pour une demande judiciaire/ })).toBeChecked();
  await page.keyboard.press("Enter");
  await expect(dialog.getByRole("heading", { name: "L’export est écrit" })).toBeVisible();
  await expect(dialog).toContainText("journal-2026-11-17.pdf.manifeste.json");
  await expect(dialog.locator("code")).toHaveText('pli traces verify "journal-2026-11-17.pdf" --fingerprint "7c1e 90ab 44d2 0f31 a7b2 c3d4 e5f6 5f08"');
  const asked = await page.evaluate(() => (window as unknown as Script).pliFixture.journal.asked);
  expect(asked).toMatchObject([{ format: "pdf", filter: { failures: true, since: "2026-11-10T23:00:00.000Z" } }]);
  await page.keyboard.press("Enter");
  await expect(dialog).toHaveCount(0);
});

test("an export given up leaves the sheet; one too large is refused kindly", async ({ page }) => {
  await open(page, "?export=none");
  await journal(page);
  await page.keyboard.press("x");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog", { name: "Exporter les traces" })).toBeVisible();
  await open(page, "?export=large");
  await journal(page);
  await page.keyboard.press("x");
  await page.getByRole("radio", { name: /PDF/ }).check();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert")).toContainText(/qui en tient 100.000 au plus/);
});

test("an export that somebody handed over is checked, and its key compared with the one that was given", async ({ page }) => {
  const dialog = page.getByRole("dialog");
  await open(page);
  await journal(page);
  await page.keyboard.press("Shift+V");
  await expect(dialog).toContainText("c’est le journal de ce profil qui l’a signé");
  await open(page, "?controle=other");
  await journal(page);
  await page.keyboard.press("Shift+V");
  await expect(dialog).toContainText("la clé qui l’a signé n’est pas celle de ce profil");
  const given = dialog.getByLabel("Empreinte qu’on vous a donnée");
  await given.fill("19D0-4c5b");
  await expect(dialog).toContainText("Il en manque encore.");
  await given.fill("19d04c5b7a2188fe0c3db6a491e72f50");
  await expect(dialog).toContainText("C’est la même");
  await given.fill("7c1e 90ab 44d2 0f31 a7b2 c3d4 e5f6 5f08");
  await expect(dialog).toContainText("Ce n’est pas la même : ne vous fiez pas à cet export.");
  await open(page, "?controle=recordAltered");
  await journal(page);
  await page.keyboard.press("Shift+V");
  await expect(dialog.getByRole("alert")).toContainText("Une trace du fichier a été modifiée depuis l’export.");
  await expect(dialog.getByRole("alert")).toContainText("ligne 214");
  await open(page, "?controle=none");
  await journal(page);
  await page.keyboard.press("Shift+V");
  await expect(dialog).toHaveCount(0);
});

test("how long traces are kept is set; a shorter time says first what it ends", async ({ page }) => {
  await open(page, "?conservation=file");
  await traceSettings(page);
  await expect(page.getByRole("heading", { name: "Journal et traces" })).toBeInViewport();
  await expect(page.getByText("une copie de tous les fichiers la contient")).toBeVisible();
  const kept = page.getByLabel("Garder les traces pendant");
  await expect(kept.locator("option")).toHaveCount(13);
  await kept.selectOption({ label: "20 ans" });
  await expect(page.getByText("Conservation enregistrée")).toBeVisible();
  await kept.selectOption("3");
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText(/6.237.traces d’avant le 17\/08\/2026/);
  await expect(dialog).toContainText("sans retour possible");
  await page.keyboard.press("Escape");
  await expect(kept).toHaveValue("240");
  await kept.selectOption("3");
  await dialog.getByRole("button", { name: "Ne garder que 3 mois" }).click();
  await expect(kept).toHaveValue("3");
  await page.getByLabel("Garder les journaux techniques pendant").selectOption({ label: "1 an" });
  await page.getByRole("radio", { name: /Anonymiser/ }).check();
  await expect(page.getByRole("radio", { name: /Anonymiser/ })).toBeChecked();
});

test("what the data controller fixed shows as fixed, and by whom", async ({ page }) => {
  await open(page, "?conservation=fixed");
  await traceSettings(page);
  await expect(page.getByLabel("Garder les traces pendant")).toBeDisabled();
  await expect(page.getByLabel("Garder les journaux techniques pendant")).toBeDisabled();
  await expect(page.getByRole("radio", { name: /Détruire/ })).toBeDisabled();
  await expect(page.getByText("Fixé par le responsable de traitement")).toHaveCount(3);
});

test("an expiry that waits for a sure clock, and a collector that takes nothing, say what is safe", async ({ page }) => {
  await open(page, "?conservation=waits");
  await traceSettings(page);
  await expect(page.getByText("rien n’est détruit tant qu’elle ne l’est pas")).toBeVisible();
  await open(page, "?conservation=trouble");
  await traceSettings(page);
  await expect(page.getByText(/68.traces attendent/)).toBeVisible();
  await expect(page.getByText("Aucune trace n’est perdue : elles partiront quand il répondra.")).toBeVisible();
});

test("traces are destroyed before their time only once what goes for ever was said", async ({ page }) => {
  await open(page, "?conservation=file");
  await traceSettings(page);
  await page.getByRole("button", { name: "Effacer avant une date…" }).click();
  const dialog = page.getByRole("dialog");
  const day = dialog.getByLabel("Effacer ce qui est d’avant le");
  await expect(day).toBeFocused();
  await day.fill("01/01/2027");
  await expect(dialog).toContainText("Ce jour n’est pas encore passé.");
  await day.fill("01/01/2026");
  await expect(dialog).toContainText("Aucune trace d’avant ce jour.");
  await expect(dialog.getByRole("button", { name: "Effacer", exact: true })).toBeDisabled();
  await day.fill("01/07/2026");
  await expect(dialog).toContainText(/3.023.traces, du 17\/05\/2026 au 30\/06\/2026/);
  await expect(dialog).toContainText("pour toujours : ni Pli, ni une copie des fichiers ne pourra les rendre");
  await dialog.getByRole("radio", { name: "Anonymiser" }).check();
  await expect(dialog).toContainText("leur nombre par mois et par action");
  await dialog.getByRole("button", { name: /Anonymiser 3.023.traces/ }).click();
  await expect(page.getByText(/3.023.traces effacées, attestation signée/)).toBeVisible();
  const asked = await page.evaluate(() => (window as unknown as Script).pliFixture.journal.asked);
  expect(asked).toEqual([{ before: "2026-06-30T22:00:00.000Z", atEnd: "anonymise" }]);
});

test("a journal that is not sound is not to be erased", async ({ page }) => {
  await open(page, "?conservation=file&preuve=altered");
  await traceSettings(page);
  await page.getByRole("button", { name: "Effacer avant une date…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Effacer ce qui est d’avant le").fill("01/07/2026");
  await expect(dialog.getByRole("alert")).toContainText("gardez le journal tel quel");
  await expect(dialog.getByRole("button", { name: /Détruire/ })).toBeDisabled();
});

test("locked, nothing of the journal stays in the window", async ({ page }) => {
  await open(page, "?secret=pin");
  await journal(page);
  await page.getByRole("button", { name: "Plus de filtres" }).click();
  await page.getByLabel("Correspondant").fill("mercier");
  await rows(page).first().click();
  await page.keyboard.press("l");
  await page.keyboard.press("Control+l");
  await expect(page.getByRole("heading", { name: "Pli est verrouillé" })).toBeVisible();
  const held = await page.evaluate(() => {
    const { book, proof } = (window as unknown as { pliState: { book: object; proof: object } }).pliState;
    const texts: string[] = [document.documentElement.outerHTML];
    for (const each of [book, proof]) {
      for (let holder: object = each; holder !== Object.prototype; holder = Object.getPrototypeOf(holder) as object)
        for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(holder)))
          if (name !== "constructor" && typeof property.value !== "function") texts.push(JSON.stringify((each as Record<string, unknown>)[name]) ?? "");
    }
    return texts.join("\n");
  });
  for (const word of ["mercier", "mssante", "UID FETCH", "Martin@", "N. Renaud"]) expect(held).not.toContain(word);
});
