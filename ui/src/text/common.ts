import type { BalKind, FolderRole, Kind } from "../backend";

const kinds: Record<Kind, string> = { professional: "Professionnel", patient: "Patient", system: "Système" };

const balKinds: Record<BalKind, string> = {
  PER: "Boîte personnelle",
  CAB: "Boîte de cabinet",
  ORG: "Boîte d'organisation",
  APP: "Boîte applicative",
};

const roles: Record<Exclude<FolderRole, "other">, string> = {
  inbox: "Réception",
  sent: "Envoyés",
  drafts: "Brouillons (opérateur)",
  trash: "Corbeille",
  junk: "Indésirables",
  archive: "Archives",
  kept: "Conservés sur ce poste",
};

export const common = {
  kinds,
  patientSource: "Mon espace santé",
  balKinds,
  roles,
  cancel: "Annuler",
  close: "Fermer",
  undo: "Annuler",
  more: "Autres actions",
  serverWords: (code: string | null) => (code ? `Réponse du serveur (${code})` : "Réponse du serveur"),
  hideServerWords: "Masquer la réponse du serveur",
  reconnect: "Se reconnecter",
  offline: "Hors connexion.",
  offlineRest: (waiting: number) =>
    waiting === 0
      ? "Tout reste lisible, cherchable et imprimable."
      : `Tout reste lisible, cherchable et imprimable. ${waiting === 1 ? "1 envoi partira" : `${waiting} envois partiront`} au retour du réseau.`,
  loggedOut: (name: string) => `Session fermée pour ${name}.`,
  loggedOutRest: "Tout reste lisible. Connectez-vous pour relever et envoyer.",
  leavesIn: (seconds: number) => `départ dans ${seconds} s`,
  failureTitle: "Un problème est survenu",
  noSubject: "(sans objet)",
  noSender: "(expéditeur absent)",
  mac: "⌘",
  keys: {
    Ctrl: "Ctrl",
    Shift: "Maj",
    Enter: "Entrée",
    Escape: "Échap",
    Delete: "Suppr",
    ArrowUp: "↑",
    ArrowDown: "↓",
    " ": "Espace",
    Home: "Début",
    End: "Fin",
    PageUp: "Page ↑",
    PageDown: "Page ↓",
    F5: "F5",
  } satisfies Record<string, string> as Record<string, string>,
};
