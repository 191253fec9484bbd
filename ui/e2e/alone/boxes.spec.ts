// A box's life: its gauge and warnings, its rules, who takes charge of what, its settings, backups.
import { leap } from "../keys";
import { box, heard, meanwhile, press, rules, shared } from "./life-screens";
import { expect, open, test } from "./window";

for (const [percent, gauge, banner] of [
  [79, "79 % utilisés", null],
  [82, "82 % bientôt pleine", "La boîte Cabinet des Lilas est remplie à 82 %. À 100 %, elle ne pourra plus ni recevoir ni envoyer."],
  [93, "93 % presque pleine", "La boîte Cabinet des Lilas est remplie à 93 %."],
  [100, "100 % ni réception ni envoi", "La boîte Cabinet des Lilas est pleine. Elle ne peut plus ni recevoir ni envoyer."],
] as const) {
  test(`a box at ${percent} % says so under its name${banner ? ", and what follows from it" : ""}`, async ({ page }) => {
    await open(page, `?place=${percent}`);
    const link = page.locator("a[href='#boite-2']");
    await expect(link).toContainText(new RegExp(gauge.replaceAll(" ", ".")));
    const told = page.locator(".told");
    if (!banner) return expect(told).toHaveCount(0);
    await expect(told).toContainText(banner, { useInnerText: true });
    await press(page, "Plus tard");
    await expect(told).toHaveCount(0);
    await expect(link).toContainText(new RegExp(gauge.replaceAll(" ", ".")));
  });
}

test("a warning leads to what weighs", async ({ page }) => {
  await open(page, "?place=91");
  await press(page, "Libérer de la place");
  await expect(page.getByRole("heading", { level: 1, name: "Libérer de la place" })).toBeVisible();
  // Where one acts already, nothing insists.
  await expect(page.locator(".told.warn")).toHaveCount(0);
});

test("where the operator says nothing of its room, the local total is shown and called an estimate", async ({ page }) => {
  await open(page, "?place=estimation");
  await expect(page.locator("a[href='#boite-2']")).toContainText(/3,1.Go environ/);
  await box(page);
  await expect(page.getByText("L’opérateur n’indique pas la place occupée")).toBeVisible();
});

test("an automatic reply is said as long as it is active, and is stopped from where it is said", async ({ page }) => {
  await open(page, "?absence=retour");
  const told = page.locator(".told");
  await expect(told).toContainText("Réponse automatique active pour Dr Élise Martin");
  await expect(told).toContainText("Vous écrivez de nouveau");
  await press(page, "Arrêter la réponse");
  await expect(told).toHaveCount(0);
  await expect(page.getByText("Réponse automatique arrêtée")).toBeVisible();
});

test("rules are forms: a reply with its period, a rule added, saved by the keyboard alone", async ({ page }) => {
  await open(page);
  await rules(page);
  await expect(page.getByRole("button", { name: "Enregistrer les règles" })).toBeDisabled();
  await page.getByLabel("Répondre automatiquement").focus();
  await page.keyboard.press("Space");
  await expect(page.getByText("Écrivez le texte de la réponse.")).toBeVisible();
  await page.getByLabel("Du", { exact: true }).fill("20/11/2026");
  await page.getByLabel("Au", { exact: true }).fill("30/11/2026");
  await page.getByLabel("Texte de la réponse").fill("Le cabinet est fermé.");
  await press(page, "Ajouter une règle");
  await expect(page.getByLabel("Texte cherché").nth(1)).toBeFocused();
  await page.keyboard.type("[Garde]");
  await page.getByRole("combobox", { name: "Quand" }).nth(1).selectOption("subjectPrefix");
  await page.getByRole("combobox", { name: "Alors" }).nth(1).selectOption("flag");
  await page.keyboard.press("Control+Enter");
  await expect(page.getByText("Règles enregistrées chez l’opérateur")).toBeVisible();
  expect((await heard(page, "shared")).at(-1)).toMatchObject({
    account: 1,
    answer: { enabled: true, text: "Le cabinet est fermé.", from: "2026-11-20", until: "2026-11-30", who: "professionals", everyDays: 7 },
    redirect: null,
    sort: [{ name: "Biologie" }, { id: "", when: { is: "subjectPrefix", text: "[Garde]" }, then: { is: "flag" }, enabled: true }],
    samePerson: false,
    includeInForeign: false,
    seen: "1",
  });
  await page.keyboard.press("Escape");
  await expect(page.locator(".told")).toContainText("Réponse automatique active");
});

test("a narrow window holds every field of the forms", async ({ page }) => {
  await page.setViewportSize({ width: 1024, height: 700 });
  await open(page, "?absence=yes");
  await rules(page);
  for (const label of ["Objet", "Texte de la réponse"]) await expect(page.getByLabel(label, { exact: true })).toBeVisible();
  await expect(page.getByLabel("Texte cherché")).toBeVisible();
});

test("mail goes to another box only once its owner says it is theirs, each time", async ({ page }) => {
  await open(page);
  await rules(page);
  const save = page.getByRole("button", { name: "Enregistrer les règles" });
  await page.getByLabel("Rediriger les messages").check();
  await page.getByLabel("Vers l’adresse").fill("elise.martin@cabinet-lilas.mssante.example");
  await expect(page.getByText("C’est l’adresse de cette boîte.")).toBeVisible();
  await page.getByLabel("Vers l’adresse").fill("e.martin@hopital.mssante.example");
  await expect(save).toBeDisabled();
  await expect(page.getByLabel("Garder une copie dans cette boîte")).toBeChecked();
  await page.getByLabel("Je certifie que la boîte").focus();
  await page.keyboard.press("Space");
  await expect(save).toBeEnabled();
  // Another address is another promise.
  await page.getByLabel("Vers l’adresse").fill("e.martin2@hopital.mssante.example");
  await expect(page.getByLabel("Je certifie que la boîte")).not.toBeChecked();
  await page.getByLabel("Je certifie que la boîte").check();
  await page.keyboard.press("Control+Enter");
  await expect(page.getByText("Certifié par Dr Élise Martin")).toBeVisible();
  expect((await heard(page, "shared")).at(-1)).toMatchObject({
    redirect: { enabled: true, to: "e.martin2@hopital.mssante.example", keepCopy: true },
    samePerson: true,
  });
});

test("somebody else's rules are shown and left alone; ours run beside them only when asked", async ({ page }) => {
  await open(page, "?regles=foreign");
  await rules(page);
  await page.getByText("Voir ces règles").focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("region", { name: "Règles de l’autre logiciel" })).toContainText('fileinto "Formation"');
  const include = page.getByLabel("Appliquer les miennes, en gardant les leurs");
  await expect(include).not.toBeChecked();
  await include.focus();
  await page.keyboard.press("Space");
  await page.keyboard.press("Control+Enter");
  await expect(page.getByText("suivies de celles d’un autre logiciel")).toBeVisible();
  expect((await heard(page, "shared")).at(-1)).toMatchObject({ includeInForeign: true });
});

test("an operator without rules is said to be, with what can be done elsewhere", async ({ page }) => {
  await open(page, "?regles=none");
  await rules(page);
  await expect(page.getByText("Le webmail de l’opérateur le permet souvent")).toBeVisible();
  await expect(page.getByLabel("Répondre automatiquement")).toHaveCount(0);
});

test("on a shared box one takes charge by C, is done by T, entrusts by I, notes by O; Ctrl Z takes back", async ({ page }) => {
  await open(page);
  await shared(page);
  const strip = page.getByRole("region", { name: "Suivi dans la boîte partagée" });
  const row = page.locator(".row").nth(1);
  await expect(row).toContainText("N. Renaud");
  await expect(strip).toContainText("Rappeler la famille mardi matin");
  await page.keyboard.press("c");
  await expect(strip).toContainText("Vous l’avez pris en charge");
  await page.keyboard.press("t");
  await expect(row).toContainText("Traité");
  await page.keyboard.press("Control+z");
  await expect(strip).toContainText("Vous l’avez pris en charge");
  await page.keyboard.press("i");
  await page.getByLabel("Nom", { exact: true }).fill("Dr Faure");
  await page.keyboard.press("Enter");
  await expect(strip).toContainText("À traiter par Dr Faure");
  await page.keyboard.press("o");
  await page.getByRole("textbox", { name: "Note" }).fill("Ordonnance faite");
  await page.keyboard.press("Enter");
  await expect(strip).toContainText("Ordonnance faite");
  // Nothing of what was noted before is lost.
  await press(page, "Historique");
  await expect(strip).toContainText("Nora Renaud l’a pris en charge");
  await expect(strip).toContainText("a noté « Rappeler la famille mardi matin »");
});

test("what somebody else does meanwhile does not take the note away that one is writing", async ({ page }) => {
  await open(page);
  await shared(page);
  await page.keyboard.press("o");
  await page.getByRole("textbox", { name: "Note" }).fill("Ordonnance");
  await page.keyboard.press("Control+a");
  await meanwhile(page, "take", 1003);
  await meanwhile(page, "take", 1001);
  await expect(page.locator(".row").nth(1)).toContainText("N. Renaud");
  await page.keyboard.type("Ordonnance faite");
  await page.keyboard.press("Enter");
  await expect(page.locator(".strip")).toContainText("Ordonnance faite");
});

test("two people at once: both facts are shown, to each", async ({ page }) => {
  await open(page);
  await shared(page);
  await page.keyboard.press("c");
  await expect(page.locator(".strip")).toContainText("Vous l’avez pris en charge");
  await meanwhile(page, "take", 1001);
  await expect(page.getByText("Deux personnes s’en occupent")).toBeVisible();
  await expect(page.locator(".strip")).toContainText("Dr Élise Martin l’a pris en charge");
  await expect(page.locator(".strip")).toContainText("Nora Renaud l’a pris en charge");
  await expect(page.locator(".row").nth(1)).toContainText("En double");
  await page.keyboard.press("t");
  await expect(page.getByText("Deux personnes s’en occupent")).toHaveCount(0);
});

test("an answer from another box than the one that received waits for the person's word", async ({ page }) => {
  await open(page);
  await shared(page);
  await page.keyboard.press("r");
  const from = page.getByLabel("De", { exact: true });
  await expect(from).toHaveValue("2");
  await expect(page.getByText("Part de Cabinet des Lilas")).toBeVisible();
  await from.selectOption("1");
  const alert = page.getByRole("alert");
  await expect(alert).toContainText("Ce message a été reçu par Cabinet des Lilas");
  await expect(page.locator(".send .btn.primary")).toBeDisabled();
  await press(page, "Répondre depuis Cabinet des Lilas");
  await expect(from).toHaveValue("2");
  await expect(alert).toHaveCount(0);
  await from.selectOption("1");
  await press(page, "Envoyer depuis Dr Élise Martin");
  await expect(alert).toHaveCount(0);
  await expect(page.getByText("Part de Dr Élise Martin")).toBeVisible();
  await page.keyboard.press("Control+Enter");
  await expect(page.getByText("départ dans")).toBeVisible();
});

test("a box has its name, its colour, what is kept here, and whom to write to", async ({ page }) => {
  await open(page);
  await box(page);
  await page.getByLabel("Nom affiché").fill("Les Lilas");
  await page.getByLabel("Prune").check();
  await press(page, "Enregistrer");
  await expect(page.locator("a[href='#boite-2'] .nm")).toHaveText("Les Lilas");
  await expect(page.locator("a[href='#boite-2'] .swatch")).toHaveAttribute("data-color", "plum");
  await page.getByLabel("Garder hors connexion").selectOption("12");
  await expect(page.getByText("Durée enregistrée")).toBeVisible();
  await expect(page.getByRole("heading", { name: "Faire supprimer cette boîte" })).toBeVisible();
  await expect(page.getByText("support@cabinet-lilas.mssante.example")).toBeVisible();
});

test("what an operator is about to delete is kept here in one gesture", async ({ page }) => {
  await open(page, "?vie=leaving");
  await expect(page.locator(".told")).toContainText("vont être supprimés par l’opérateur");
  await press(page, "Les garder sur ce poste");
  await expect(page.getByText(/34.messages gardés, chiffrés, sur ce poste/)).toBeVisible();
  await expect(page.locator(".told")).toHaveCount(0);
});

test("a backup is made once its passphrase is long enough and typed twice", async ({ page }) => {
  await open(page);
  await leap(page, "s");
  await press(page, "Faire une sauvegarde");
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByLabel("Phrase de passe de la sauvegarde")).toBeFocused();
  const go = dialog.getByRole("button", { name: "Choisir le fichier et sauvegarder" });
  await page.keyboard.type("quatre mots sans rapport");
  await expect(go).toBeDisabled();
  await dialog.getByLabel("La même, une seconde fois").fill("quatre mots sans rappor");
  await expect(dialog).toContainText("Les deux ne sont pas les mêmes");
  await dialog.getByLabel("La même, une seconde fois").fill("quatre mots sans rapport");
  await page.keyboard.press("Enter");
  await expect(dialog).toContainText("Sauvegarde faite et vérifiée");
  await expect(dialog).toContainText("20 412 messages, 12 480 traces, 2,5 Go", { useInnerText: true });
});

test("at the first run a backup brings everything back; a wrong passphrase changes nothing", async ({ page }) => {
  await open(page, "?vide&coffre=newNeedsPassphrase");
  await press(page, "Restaurer une sauvegarde");
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByLabel("Phrase de passe de la sauvegarde")).toBeFocused();
  await page.keyboard.type("autre chose");
  await dialog.getByLabel("Phrase de passe de ce poste").fill("douze lettres et plus");
  await dialog.getByLabel("La même, une seconde fois").fill("douze lettres et plus");
  await page.keyboard.press("Enter");
  await expect(dialog.getByRole("alert")).toContainText("Rien n’a changé sur ce poste");
  await dialog.getByLabel("Phrase de passe de la sauvegarde").fill("quatre mots sans rapport");
  await page.keyboard.press("Enter");
  await expect(dialog).toContainText("Vos messages sont de retour");
  await page.keyboard.press("Enter");
  await expect(page.locator(".row").first()).toContainText("Laboratoire Bio-Rivage");
});

test("from the settings a whole backup comes back into a new profile, one box into this one", async ({ page }) => {
  await open(page);
  await leap(page, "s");
  await press(page, "Restaurer une sauvegarde");
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("radio", { name: /Une seule boîte/ })).toBeFocused();
  await expect(dialog.getByLabel("Phrase de passe de la sauvegarde")).toBeVisible();
  await page.keyboard.press("ArrowDown");
  await expect(dialog).toContainText("Le profil ouvert se verrouille");
  await expect(dialog.getByLabel("Phrase de passe de la sauvegarde")).toHaveCount(0);
  await press(page, "Ouvrir un profil neuf");
  // In the new profile the same sheet asks for the passphrase at once.
  await expect(dialog).toContainText("Retrouvez vos messages depuis une sauvegarde");
  await expect(dialog.getByLabel("Phrase de passe de la sauvegarde")).toBeFocused();
  await page.keyboard.type("quatre mots sans rapport");
  await page.keyboard.press("Enter");
  await expect(dialog).toContainText("Vos messages sont de retour");
});

test("a box whose messages are nowhere else is saved before it is removed, or removed knowingly", async ({ page }) => {
  await open(page, "?vie=leaving");
  await press(page, "Les garder sur ce poste");
  await leap(page, "s");
  await press(page, "Retirer de ce poste Cabinet des Lilas");
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("34 de ses messages ne sont plus que sur ce poste. L’opérateur ne les a plus : sans sauvegarde, les retirer d’ici, c’est les perdre.", { useInnerText: true });
  await press(page, "Sauvegarder d’abord");
  await expect(dialog.getByLabel("Que sauvegarder")).toHaveValue("2");
  await dialog.getByLabel("Phrase de passe de la sauvegarde").fill("quatre mots sans rapport");
  await dialog.getByLabel("La même, une seconde fois").fill("quatre mots sans rapport");
  await page.keyboard.press("Enter");
  await expect(dialog).toContainText("Sauvegarde faite et vérifiée");
  await page.keyboard.press("Enter");
  await expect(dialog).toContainText("La sauvegarde de cette boîte est faite et vérifiée.");
  await press(page, "Retirer cette boîte");
  await expect(page.getByText("Boîte retirée de ce poste")).toBeVisible();
});
