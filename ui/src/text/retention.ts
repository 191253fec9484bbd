import { count, counted } from "./numbers";

/** A length of time in months: « 6 mois », « 1 an », « 18 mois », « 20 ans ». */
export function months(value: number): string {
  return value >= 12 && value % 12 === 0 ? counted(value / 12, "an", "ans") : `${value} mois`;
}

/** Settings: how long traces are kept, and what becomes of them. */
export const retention = {
  title: "Journal et traces",
  months,
  kept: "Garder les traces pendant",
  keptWhy: "Elles protègent le praticien : 6 mois sont recommandés, 20 ans sont le plus.",
  technical: "Garder les journaux techniques pendant",
  technicalWhy: "Erreurs et événements du programme, sans donnée personnelle : de 6 à 12 mois.",
  fixed: "Fixé par le responsable de traitement",
  atEnd: "À la fin",
  atEnds: {
    destroy: ["Détruire", "La clé des traces échues est détruite : personne ne peut plus les lire, pas même dans une copie."],
    anonymise: ["Anonymiser", "Elles sont détruites de même ; restent des nombres par mois et par action, qui ne parlent de personne."],
  },
  saved: "Conservation enregistrée",
  expiry: {
    title: "Prochaine échéance",
    none: "Rien n'arrive à échéance pour l'instant.",
    next: (day: string) => `Le ${day}, les traces les plus anciennes arriveront au bout de leur conservation.`,
    since: (day: string) => `La plus ancienne est du ${day}.`,
    waits: "L'échéance attend.",
    waitsWhy: "L'heure de ce poste n'est pas sûre : rien n'est détruit tant qu'elle ne l'est pas. Vérifiez la date du poste.",
  },
  shorten: {
    title: (time: string) => `Ne garder les traces que ${time} ?`,
    text: (traces: number, day: string) =>
      `${traces === 1 ? "1 trace d'avant" : `${count(traces)} traces d'avant`} le ${day} ${traces === 1 ? "arrivera" : "arriveront"} aussitôt au bout de leur conservation :`,
    destroyed: "elles seront détruites, sans retour possible.",
    anonymised: "il n'en restera que des nombres, sans retour possible.",
    go: (time: string) => `Ne garder que ${time}`,
  },
  collector: {
    title: "Collecteur de l'organisation",
    none: "Aucun : les traces restent sur ce poste.",
    to: (address: string) => `Les traces sont transmises à ${address}.`,
    confirmed: (sequence: number, moment: string | null) => `Reçues jusqu'à la trace ${count(sequence)}${moment ? `, ${moment}` : ""}.`,
    notYet: "Il n'a encore confirmé aucune trace.",
    waiting: (traces: number) => (traces === 0 ? "Aucune n'attend." : traces === 1 ? "1 trace attend." : `${count(traces)} traces attendent.`),
    missing: (traces: number) =>
      traces === 1 ? "1 trace est arrivée à échéance avant d'avoir pu partir." : `${count(traces)} traces sont arrivées à échéance avant d'avoir pu partir.`,
    trouble: "Le collecteur ne reçoit pas.",
    troubleSince: (moment: string) => `Depuis ${moment}.`,
    troubleSafe: "Aucune trace n'est perdue : elles partiront quand il répondra. Vos messages ne sont pas retardés.",
  },
  key: {
    title: "Clé qui scelle le journal",
    fingerprint: "Empreinte",
    keyring: "Elle est dans le trousseau du système, hors du dossier du journal.",
    file: "Ce poste n'a pas de trousseau : elle est dans un fichier chiffré, et une copie de tous les fichiers la contient.",
  },
  verifyExport: "Vérifier un export…",
  openJournal: "Ouvrir le journal",
  prune: {
    open: "Effacer avant une date…",
    title: "Effacer des traces avant leur échéance",
    before: "Effacer ce qui est d'avant le",
    hint: "jj/mm/aaaa",
    badDay: "Écrivez le jour ainsi : 17/11/2026.",
    future: "Ce jour n'est pas encore passé.",
    nothing: "Aucune trace d'avant ce jour.",
    plan: (traces: number, from: string, to: string) =>
      traces === 1 ? `1 trace, du ${from}.` : `${count(traces)} traces, du ${from} au ${to}.`,
    destroy: "Elles seront détruites pour toujours : ni Pli, ni une copie des fichiers ne pourra les rendre.",
    anonymise: "Elles seront détruites pour toujours. Resteront leur nombre par mois et par action, sans personne, adresse ni message.",
    stays: "Une attestation signée dira ce qui a été effacé, quand et par qui ; le reste du journal se vérifiera toujours.",
    law: "La loi peut demander de les garder. Vérifiez auprès du responsable de traitement, ou exportez-les d'abord.",
    unsound: "La dernière vérification a trouvé un problème : gardez le journal tel quel. Effacer maintenant ferait perdre ce qui permet de comprendre.",
    goDestroy: (traces: number) => `Détruire ${counted(traces, "trace", "traces")}`,
    goAnonymise: (traces: number) => `Anonymiser ${counted(traces, "trace", "traces")}`,
    goNone: "Effacer",
    doing: "Effacement en cours",
    done: (traces: number) => (traces === 1 ? "1 trace effacée, attestation signée" : `${count(traces)} traces effacées, attestation signée`),
  },
};
