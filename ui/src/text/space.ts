import type { KeptWhy, SpaceBy } from "../backend";
import { count, counted } from "./numbers";

const messages = (value: number): string => counted(value, "message", "messages");
const by: Record<SpaceBy, string> = {
  age: "Ancienneté",
  size: "Taille",
  kind: "Type",
  correspondent: "Correspondant",
  folder: "Dossier",
};
const marks: Record<KeptWhy, string> = {
  unread: "Non lu",
  flagged: "Suivi",
  notFiled: "Pas classé",
  tooRecent: "Récent",
  fateUnknown: "Sort inconnu",
  handledBySomebody: "Quelqu'un s'en occupe",
  notStoredHere: "Pas sur ce poste",
  flaggedSince: "Suivi",
  changedSince: "Changé",
  anotherMessage: "Changé",
};

const ages: Record<string, string> = {
  two_years: "Plus de deux ans",
  year: "Plus d'un an",
  half_year: "Plus de six mois",
  quarter: "Plus de trois mois",
  month: "Plus d'un mois",
};
const sizes: Record<string, string> = { huge: "Plus de 10 Mo", large: "Plus de 5 Mo", medium: "Plus de 1 Mo", small: "Plus de 100 Ko" };
const kinds: Record<string, string> = {
  document: "Documents de santé",
  pdf: "PDF",
  image: "Images",
  other: "Autres fichiers",
  none: "Sans pièce jointe",
};

export const space = {
  ages,
  sizes,
  kinds,
  otherPeople: "Autres correspondants",
  title: "Libérer de la place",
  by,
  marks,
  weighs: "Ce qui pèse",
  groupBy: "Regrouper par",
  total: (size: string, value: number) => `${size} dans ${messages(value)}`,
  everything: "Tout",
  filed: (value: number) => (value === 1 ? "1 classé" : `${count(value)} classés`),
  inGroup: (value: number) => messages(value),
  filedOnly: "Déjà classés seulement",
  list: "Messages, les classés d'abord, puis les plus lourds",
  from: "Correspondant et objet",
  date: "Date",
  size: "Taille",
  filedMark: "Classé",
  propose: "Proposer une sélection",
  proposeWhy: "Pli ne propose que des messages lus, classés et non suivis.",
  proposed: (value: number, size: string) => `${messages(value)} proposés, ${size}`,
  proposedNone: "Aucun message ne peut être proposé : ceux qui pèsent ne sont pas lus, pas classés, ou suivis.",
  clear: "Vider la sélection",
  chosen: (value: number, size: string) => (value === 0 ? "Aucun message choisi" : `${counted(value, "message choisi", "messages choisis")}, ${size}`),
  risky: (value: number) =>
    value === 1
      ? "Dans votre sélection, 1 message n'est pas lu, pas classé, ou est suivi."
      : `Dans votre sélection, ${messages(value)} ne sont pas lus, pas classés, ou sont suivis.`,
  pick: (what: string) => `Choisir ${what}`,
  go: (value: number) => `Voir le plan pour ${messages(value)}`,
  goNone: "Voir le plan",
  sentToo: "Purger les envoyés",
  trashToo: "Vider la corbeille",
  more: (value: number) => `Afficher la suite (${count(value)})`,
  empty: "Aucun message ici",
  emptyText: "Choisissez un autre groupe, ou décochez le filtre.",
  back: "Revenir",
};
