import { count, counted } from "./numbers";

/** The French name of each action's code; a code that is not here is shown as it is. */
const actions: Record<string, string> = {
  connect: "Connexion",
  disconnect: "Fin de connexion",
  login: "Authentification",
  logout: "Déconnexion",
  discover: "Découverte",
  folders: "Dossiers",
  sync: "Relève",
  receive: "Réception",
  read: "Lecture",
  download: "Pièce jointe",
  search: "Recherche",
  send: "Envoi",
  append: "Dépôt",
  flag: "Marquage",
  move: "Déplacement",
  delete: "Suppression",
  quota: "Place utilisée",
  purge: "Purge",
  rule: "Règle",
  print: "Impression",
  export: "Export",
  file: "Classement",
  backup: "Sauvegarde",
  settings: "Réglage",
  journal_export: "Export du journal",
  journal_prune: "Fin de conservation",
};

/** The codes offered by the filter; any other is, once a trace bears it. */
const offered: readonly string[] = [
  "connect", "disconnect", "login", "logout", "discover", "folders", "sync", "receive", "read", "download",
  "search", "send", "append", "flag", "move", "delete", "quota",
];

const authenticated: Record<string, string> = {
  code: "Pro Santé Connect",
  psc_code: "Pro Santé Connect",
  ciba: "Pro Santé Connect (deux chiffres)",
  psc_ciba: "Pro Santé Connect (deux chiffres)",
  certificate: "Certificat",
  none: "Sans identité",
};

const problems: Record<string, string> = {
  altered: "Une trace a été modifiée.",
  removed: "Une trace a été retirée.",
  inserted: "Une trace a été ajoutée.",
  truncated: "Les dernières traces manquent.",
};

export const journal = {
  title: "Journal des traces",
  verify: "Vérifier de nouveau",
  sound: (traces: number) =>
    traces < 2
      ? `Chaîne cohérente : ${counted(traces, "trace", "traces")}.`
      : `Chaîne cohérente : ${count(traces)} traces, chacune liée à la précédente.`,
  soundSince: (day: string) => `Première trace le ${day}.`,
  provesTitle: "Ce que cela prouve",
  proves:
    "une trace modifiée, retirée ou ajoutée entre deux autres se verrait. Un journal réécrit par qui en a la clé, remplacé en entier ou coupé à sa fin ne se voit pas encore.",
  verifiedAt: (day: string, hour: string) => `Vérification du ${day} à ${hour}.`,
  broken: (at: number | null) => (at === null ? "La chaîne est rompue." : `La chaîne est rompue à la trace ${count(at)}.`),
  brokenTodo:
    "Vos messages ne sont pas touchés. Prévenez le responsable de traitement et ne modifiez rien sur ce poste.",
  verifying: "Vérification de la chaîne…",
  actions,
  offered,
  authenticated,
  problems,
  filter: "Filtrer les traces",
  period: "Période",
  periods: { 1: "Aujourd'hui", 7: "7 derniers jours", 30: "30 derniers jours", 0: "Toutes" },
  box: "Boîte",
  author: "Auteur",
  action: "Action",
  allBoxes: "Toutes",
  allAuthors: "Tous",
  allActions: "Toutes",
  failures: "Échecs seuls",
  traces: "Traces",
  columns: {
    time: "Heure locale",
    author: "Auteur",
    box: "Boîte",
    action: "Action",
    request: "Demande au serveur",
    response: "Réponse",
  },
  failed: "Échec",
  intended: "Demande",
  tracesFor: (total: number) => `${counted(total, "trace", "traces")} pour ces filtres`,
  browse: "parcourir",
  doFilter: "filtrer",
  noAuthor: "Avant connexion",
  detail: "Détail de la trace",
  accepted: "Accepté par le serveur",
  rejected: "Échec",
  place: (sequence: number, total: number | null) =>
    total === null ? `Trace ${count(sequence)}` : `Trace ${count(sequence)} sur ${count(total)}`,
  fields: {
    author: "Auteur",
    identity: "Identité",
    box: "Boîte",
    time: "Heure locale",
    duration: "Durée",
    request: "Demande",
    response: "Réponse",
    sender: "Expéditeur",
    recipients: "Destinataires",
    size: "Taille",
    messageId: "Message-ID",
    internal: "Identifiant",
    station: "Poste",
    host: "Nom du poste",
    network: "Réseau",
    server: "Serveur",
    uid: "Trace",
    hash: "Empreinte",
    previous: "Précédente",
  },
  milliseconds: (value: number) => `${count(value)} ms`,
  octets: (value: number) => counted(value, "octet", "octets"),
  never: "Une trace ne contient jamais l'objet ni le contenu d'un message.",
  emptyTitle: "Aucune trace pour ces filtres",
  emptyText: "Chaque échange avec un serveur laisse une trace ici.",
  none: "Choisissez une trace pour la lire en entier.",
  dayCount: (heading: string) => heading,
};
