import { shortDay } from "./dates";
import { count, counted, size } from "./numbers";
import { months as monthsWords } from "./retention";

const number = (digits: string | undefined): string => count(Number(digits ?? 0));
const months = (digits: string | undefined): string => monthsWords(Number(digits ?? 0));
const end = (word: string | undefined): string => (word === "ANONYMISE" ? "anonymiser" : "détruire");
const day = (seconds: string | undefined): string => shortDay(new Date(Number(seconds ?? 0) * 1000));

const reasons: Record<string, string> = {
  demand: "À votre demande",
  inactivity: "Après un temps sans activité",
  sleep: "À la mise en veille du poste",
  session_end: "À la fin de la session",
  start: "Au démarrage",
};
const ways: Record<string, string> = {
  PIN: "Par le code",
  PASSPHRASE: "Par la phrase de passe",
  LOGIN: "Par Pro Santé Connect",
  KEYRING: "Par le trousseau du système",
};
const flags: Record<string, string> = {
  "+SEEN": "lu",
  "-SEEN": "non lu",
  "+FLAGGED": "suivi",
  "-FLAGGED": "non suivi",
  "+ANSWERED": "répondu",
  "-ANSWERED": "non répondu",
};
const formats: Record<string, string> = { csv: "CSV", jsonLines: "JSON Lines", json_lines: "JSON Lines", "json-lines": "JSON Lines", pdf: "PDF" };

const purges: Record<string, string> = {
  START: "Début de la purge",
  SCHEDULE: "Début de la purge automatique",
  RESUME: "Reprise de la purge",
  STOP: "Suspension demandée, purge",
  PAUSED: "Suspension de la purge",
  DONE: "Fin de la purge",
  FAILED: "Échec de la purge",
};
const handlings: Record<string, string> = { NONE: "rendu disponible", TODO: "à traiter", TAKEN: "pris en charge", DONE: "traité", FOR: "confié", NOTE: "note" };
/** A message handled on a shared box: what was said of it, not whom nor the note. */
const handled = (words: string | undefined): string =>
  (words ?? "").split(" ").map((word) => handlings[word] ?? "").filter(Boolean).join(", ") || "suivi du message";
/** Rules set: which of them run, and where mail goes. */
function rulesWords(words: string | undefined): string {
  const said = [
    ...(words?.includes("reply on") ? ["réponse automatique"] : words?.includes("reply off") ? ["sans réponse automatique"] : []),
    ...[/redirect to (\S+) (with|without) copy/.exec(words ?? "")].flatMap((found) =>
      found ? [`redirection vers ${found[1]} ${found[2] === "with" ? "avec copie" : "sans copie"}`] : [],
    ),
    ...(words?.includes("redirect off") ? ["sans redirection"] : []),
    ...[/sorting (\d+)/.exec(words ?? "")].flatMap((found) => (found && found[1] !== "0" ? [counted(Number(found[1]), "tri", "tris")] : [])),
  ];
  return said.length > 0 ? ` : ${said.join(", ")}` : "";
}

type Say = (...parts: (string | undefined)[]) => string;

/** What is done on this workstation is recorded in fixed words, as a server's verbs are: here in French. */
const sayings: readonly (readonly [RegExp, Say])[] = [
  [/^OPEN$/, () => "Ouverture du message"],
  [/^PRINT$/, () => "Impression du message"],
  [/^EXPORT MESSAGE$/, () => "Export du message"],
  [/^SAVE PART (\S+) (\d+) OCTETS$/, (part, octets) => `Pièce jointe ${part}, ${size(Number(octets))}`],
  [/^FLAG (.+)$/, (words) => (words ?? "").split(" ").map((word) => flags[word] ?? word).join(", ")],
  [/^MOVE(?: (.+))?$/, (folder) => (folder ? `Vers ${folder}` : "Déplacement du message")],
  [/^DELETE(?: .+)?$/, () => "Suppression du message"],
  [/^TAKE BACK$/, () => "Envoi repris"],
  [/^TRY AGAIN$/, () => "Nouvel essai demandé"],
  [/^SETTLE AS SENT$/, () => "Tenu pour parti, à votre réponse"],
  [/^SEND AGAIN$/, () => "Renvoyé, à votre réponse"],
  [/^QUEUE$/, () => "Mise en attente d'envoi"],
  [/^LOCK ([a-z_]+)$/, (reason) => reasons[reason ?? ""] ?? "Verrouillage"],
  [/^UNLOCK BY (\w+)$/, (way) => ways[way ?? ""] ?? "Déverrouillage"],
  [
    /^LOCK AFTER (\d+) MINUTES (AND|NOT) AT SESSION END$/,
    (minutes, also) =>
      `Verrouiller après ${counted(Number(minutes), "minute", "minutes")}${also === "AND" ? " et à la fin de la session" : ", non à la fin de la session"}`,
  ],
  [/^SET PIN$/, () => "Choix d'un code de déverrouillage"],
  [/^REMOVE PIN$/, () => "Retrait du code de déverrouillage"],
  [/^SESSION BEGIN$/, () => "Début de la session"],
  [/^SESSION END$/, () => "Fin de la session"],
  [/^LOGOUT$/, () => "Fermeture de la session"],
  [/^ADD BAL$/, () => "Ajout de la boîte"],
  [/^RENAME BAL$/, () => "Nom de la boîte"],
  [/^REMOVE BAL$/, () => "Retrait de la boîte de ce poste"],
  [/^IMPORT CERTIFICATE$/, () => "Import du certificat"],
  [/^REMOVE CERTIFICATE$/, () => "Retrait du certificat"],
  [/^RENAME PROFILE$/, () => "Nom du profil"],
  [/^ACCEPT TERMS (\S+)$/, (version) => `Conditions d'utilisation acceptées, version ${version}`],
  [/^SET PROVIDER(?: (\S+))?$/, (host) => (host ? `Intermédiaire : ${host}` : "Intermédiaire de Pro Santé Connect")],
  [/^OPEN AFTER (\d+) CLEAN$/, (last) => (last === "0" ? "Première ouverture" : `Après la trace ${number(last)}, fermeture en ordre`)],
  [/^OPEN AFTER (\d+) AFTER AN UNCLEAN END$/, (last) => `Après la trace ${number(last)}, arrêt sans fermeture`],
  [/^EXPORT (csv|jsonLines|json_lines|json-lines|pdf)\b.*$/, (format) => `En ${formats[format ?? ""] ?? format}`],
  [/^EXPIRY (\d+) MONTHS END (\w+) BEFORE (-?\d+)$/, (kept, word, before) => `Échéance de ${months(kept)} : ${end(word)} ce qui est d'avant le ${day(before)}`],
  [/^PRUNE END (\w+) BEFORE (-?\d+)$/, (word, before) => `À la demande : ${end(word)} ce qui est d'avant le ${day(before)}`],
  [
    /^RETENTION (\d+) -> (\d+) TECHNICAL (\d+) -> (\d+) END (\w+) -> (\w+)$/,
    (before, after, technicalBefore, technicalAfter, endBefore, endAfter) =>
      [
        ...(before === after ? [] : [`conservation de ${months(before)} à ${months(after)}`]),
        ...(technicalBefore === technicalAfter ? [] : [`journaux techniques de ${months(technicalBefore)} à ${months(technicalAfter)}`]),
        ...(endBefore === endAfter ? [] : [`à la fin ${end(endAfter)}, non plus ${end(endBefore)}`]),
      ].join(", ") || `Conservation de ${months(after)}, inchangée`,
  ],
  [/^WARN (80|90|100)$/, (percent) => (percent === "100" ? "Avertissement : boîte pleine" : `Avertissement : boîte remplie à ${percent} %`)],
  [/^PUT OFF WARNING$/, () => "Avertissement remis à plus tard"],
  [/^PURGE ID=(\d+)$/, (purge) => `Suppression, purge ${number(purge)}`],
  [
    /^PURGE (\w+) ID=(\d+)(?: COUNT=(\d+))?$/,
    (what, purge, amount) => `${purges[what ?? ""] ?? "Purge"} ${number(purge)}${amount ? `, ${counted(Number(amount), "message", "messages")}` : ""}`,
  ],
  [
    /^PURGE SCHEDULE (ON|OFF) DAYS=(\d+)$/,
    (word, days) => (word === "ON" ? `Purge automatique, au-delà de ${counted(Number(days), "jour", "jours")}` : "Purge automatique arrêtée"),
  ],
  [/^SENT FOLDER(?: .+)?$/, () => "Choix du dossier des envoyés"],
  [/^SET RULES(?: (.+))?$/, (words) => `Règles sur le serveur${rulesWords(words)}`],
  [/^HANDLE(?: (.+))?$/, (words) => handled(words)],
  [/^KEEP HERE$/, () => "Gardé sur ce poste"],
  [/^KEEP BODIES (\d+) MONTHS$/, (kept) => `Copie sur ce poste : ${months(kept)}`],
  [/^KEEP BODIES ALWAYS$/, () => "Copie sur ce poste : tout"],
  [/^REMOVE OLD BODIES FROM HERE (\d+)$/, (bodies) => `${counted(Number(bodies), "texte ancien retiré", "textes anciens retirés")} de ce poste`],
  [/^PUT BOX NOTICE ASIDE$/, () => "Annonce sur la boîte remise à plus tard"],
  [/^SET BAL$/, () => "Nom et couleur de la boîte"],
  [/^CREATE WHOLE$/, () => "Sauvegarde du profil"],
  [/^CREATE ONE BAL$/, () => "Sauvegarde d'une boîte"],
  [/^RESTORE WHOLE MADE (\d+)$/, (made) => `Restauration du profil, sauvegarde du ${day(made)}`],
  [/^RESTORE ONE BAL MADE (\d+)$/, (made) => `Restauration d'une boîte, sauvegarde du ${day(made)}`],
  [/^SCHEDULE BACKUPS KEEP (\d+)$/, (keep) => `Sauvegarde automatique, ${counted(Number(keep), "gardée", "gardées")}`],
  [/^STOP BACKUPS KEEP (\d+)$/, () => "Sauvegarde automatique arrêtée"],
  [/^BEGIN FROM (\d+)$/, (first) => `Début, depuis la trace ${number(first)}`],
  [/^GO ON FROM (\d+)$/, (first) => `Reprise depuis la trace ${number(first)}`],
  [/^SEND$/, () => "Transmission des traces"],
  [/^SEND (\d+) ?: ?(\d+)$/, (first, last) => `Traces ${number(first)} à ${number(last)}`],
];

/** The French of an action of this workstation; `null`: it is shown as it is. */
export function localWords(request: string): string | null {
  for (const [pattern, say] of sayings) {
    const found = pattern.exec(request.trim());
    if (!found) continue;
    const words = say(...found.slice(1));
    return words.charAt(0).toUpperCase() + words.slice(1);
  }
  return null;
}
