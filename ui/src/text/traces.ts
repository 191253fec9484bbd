import { count } from "./numbers";

/** The French name of each action's code; a code that is not here is shown as it is. */
export const actions: Record<string, string> = {
  receive: "Réception",
  read: "Lecture",
  download: "Pièce jointe sortie",
  search: "Recherche",
  flag: "Marquage",
  move: "Déplacement",
  file: "Classement",
  delete: "Suppression",
  print: "Impression",
  export: "Export",
  send: "Envoi",
  append: "Dépôt",
  connect: "Connexion",
  disconnect: "Fin de connexion",
  login: "Authentification",
  logout: "Déconnexion",
  lock: "Verrouillage",
  unlock: "Déverrouillage",
  discover: "Découverte des serveurs",
  folders: "Dossiers",
  sync: "Relève",
  quota: "Place utilisée",
  rule: "Règle",
  purge: "Purge",
  backup: "Sauvegarde",
  settings: "Réglage",
  start: "Ouverture du journal",
  journal_export: "Export du journal",
  journal_prune: "Fin de conservation",
  collector: "Envoi des traces au collecteur",
};

/** Shorter, where a list leaves little room. */
export const shortActions: Record<string, string> = {
  discover: "Découverte",
  download: "Pièce jointe",
  collector: "Collecteur",
  start: "Ouverture",
  journal_export: "Export journal",
  journal_prune: "Échéance",
};

/** The actions as the filter offers them. */
export const actionGroups: readonly { readonly name: string; readonly actions: readonly string[] }[] = [
  { name: "Messages", actions: ["receive", "read", "download", "search", "flag", "move", "file", "delete", "print", "export"] },
  { name: "Envois", actions: ["send", "append"] },
  { name: "Accès", actions: ["connect", "disconnect", "login", "logout", "lock", "unlock", "discover"] },
  { name: "Boîtes et dossiers", actions: ["sync", "folders", "quota", "rule", "purge", "backup"] },
  { name: "Journal et réglages", actions: ["settings", "start", "journal_export", "journal_prune", "collector"] },
];

export const authenticated: Record<string, string> = {
  code: "Pro Santé Connect",
  psc_code: "Pro Santé Connect",
  ciba: "Pro Santé Connect (deux chiffres)",
  psc_ciba: "Pro Santé Connect (deux chiffres)",
  certificate: "Certificat de la boîte",
  none: "Sans identité : avant toute connexion",
};

/** Where a problem is, as the verification found it. */
export interface Place {
  readonly at: number | null;
  readonly until: number | null;
  readonly file: string | null;
}

const here = ({ at }: Place, before: string, after: string, otherwise: string): string =>
  at === null ? otherwise : `${before}${count(at)}${after}`;

const span = ({ at, until }: Place): string | null =>
  at === null ? null : until === null || until === at ? `La trace ${count(at)}` : `Les traces ${count(at)} à ${count(until)}`;

/** What a verification found: what happened, and what is sure all the same. */
export const problems: Record<string, { what: (place: Place) => string; sure: (place: Place) => string }> = {
  altered: {
    what: (place) =>
      here(
        place,
        "La trace ",
        " a été modifiée après avoir été écrite, ou celle d'avant l'a été avec son empreinte.",
        "Une trace a été modifiée après avoir été écrite.",
      ),
    sure: (place) => before({ ...place, at: place.at === null ? null : place.at - 1 }),
  },
  missing: {
    what: (place) => {
      const { at, until } = place;
      if (at === null) return "Des traces ont été retirées du journal.";
      if (until === null || until === at) return `La trace ${count(at)} a été retirée du journal.`;
      return `Les traces ${count(at)} à ${count(until)} ont été retirées du journal.`;
    },
    sure: (place) => before(place),
  },
  inserted: {
    what: (place) => here(place, "Une trace a été ajoutée après coup à la place ", ".", "Une trace a été ajoutée après coup."),
    sure: (place) => before(place),
  },
  mislabelled: {
    what: (place) =>
      here(place, "Le classement de la trace ", " ne correspond plus à ce qu'elle dit : un filtre pourrait l'oublier.", "Le classement des traces ne correspond plus à ce qu'elles disent : un filtre pourrait en oublier."),
    sure: () => "Les traces elles-mêmes sont intactes.",
  },
  truncated: {
    what: ({ at, until }) => {
      if (at === null) return "Les dernières traces manquent : le journal a été coupé à sa fin.";
      if (until === null || until <= at) return `Le journal a été coupé à sa fin : la trace ${count(at)} manque.`;
      return `Le journal a été coupé à sa fin : les traces ${count(at)} à ${count(until)} manquent.`;
    },
    sure: ({ at }) => (at === null || at <= 1 ? "" : `Celles qui restent, jusqu'à la ${count(at - 1)}, sont intactes.`),
  },
  replaced: {
    what: (place) =>
      here(
        place,
        "À partir de la trace ",
        ", un fichier du journal a été remplacé : par celui d'un autre journal, ou par une copie plus ancienne.",
        place.file
          ? `Le fichier « ${place.file} » du journal a été remplacé : par celui d'un autre journal, ou par une copie plus ancienne.`
          : "Un fichier du journal a été remplacé : par celui d'un autre journal, ou par une copie plus ancienne.",
      ),
    sure: (place) => before(place),
  },
  rewritten: {
    what: (place) => {
      const which = span(place);
      if (!which) return "Une partie du journal a été réécrite : elle se tient, mais le sceau posé à l'époque ne lui correspond pas.";
      return place.until === null || place.until === place.at
        ? `${which} a été réécrite : la suite se tient, mais le sceau posé à l'époque ne lui correspond pas.`
        : `${which} ont été réécrites : la suite se tient, mais le sceau posé à l'époque ne leur correspond pas.`;
    },
    sure: (place) => before(place),
  },
  sealForged: {
    what: (place) =>
      here(
        place,
        "Le sceau posé à la trace ",
        " n'a pas été fait par ce journal, ou un sceau d'avant a été retiré.",
        "Un sceau n'a pas été fait par ce journal, ou a été retiré.",
      ),
    sure: (place) => before(place),
  },
  anchorForged: {
    what: (place) =>
      here(
        place,
        "L'attestation qui dit les traces détruites jusqu'à la ",
        " n'a pas été faite par ce journal : rien ne prouve ce qui manque avant.",
        "L'attestation d'une destruction n'a pas été faite par ce journal : rien ne prouve ce qui manque avant.",
      ),
    sure: () => "Ce qui reste du journal s'enchaîne correctement.",
  },
  unreadable: {
    what: (place) =>
      here(
        place,
        "Le journal ne peut pas être lu à partir de la trace ",
        " : un fichier est abîmé, ou sa clé manque.",
        place.file
          ? `Le fichier « ${place.file} » du journal ne peut pas être lu : il est abîmé, ou sa clé manque.`
          : "Une partie du journal ne peut pas être lue : un fichier est abîmé, ou sa clé manque.",
      ),
    sure: (place) => before(place),
  },
  keyChanged: {
    what: () => "La clé qui scelle le journal n'est plus celle d'avant : les sceaux déjà posés ne peuvent pas être reconnus.",
    sure: () => "Les traces sont là et lisibles ; seul leur sceau n'est plus une preuve.",
  },
};

/** What is sure when the problem has a place: all that comes before it. */
function before({ at }: Place): string {
  if (at === null || at <= 1) return "";
  return at === 2 ? "La trace d'avant est intacte." : `Les traces d'avant, jusqu'à la ${count(at - 1)}, sont intactes.`;
}

/** A problem that this version of the window does not know. */
export const otherProblem = {
  what: (place: Place) =>
    here(place, "À partir de la trace ", ", le journal n'est plus tel qu'il a été écrit.", "Le journal n'est plus tel qu'il a été écrit."),
  sure: before,
};
