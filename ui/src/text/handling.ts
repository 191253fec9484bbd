import type { Carried, HandlingState } from "../backend";
import { counted } from "./numbers";

const states: Record<HandlingState, string> = {
  none: "Personne ne s'en occupe",
  todo: "À traiter",
  taken: "Pris en charge",
  done: "Traité",
};
const carried: Record<Carried, string | null> = {
  server: null,
  keywordsOnly: "L'opérateur garde l'état, mais pas les noms ni les notes : ceux-ci restent sur ce poste.",
  localOnly: "L'opérateur ne garde rien de tout cela : c'est noté sur ce poste seulement, les autres ne le voient pas.",
};

export const handling = {
  states,
  carried,
  label: "Suivi dans la boîte partagée",
  later: "À traiter plus tard",
  notLater: "Plus à traiter",
  take: "Prendre en charge",
  release: "Ne plus prendre en charge",
  done: "Traité",
  undone: "Plus traité",
  assign: "Confier…",
  assignTitle: "Qui doit le traiter ?",
  assignName: "Nom",
  assignHint: "Dr Élise Martin",
  assignWhy: "Le nom entier, comme Pli le montre chez cette personne : c'est ainsi qu'elle le trouve dans « À traiter ».",
  assignGo: "Enregistrer",
  assignNobody: "Personne en particulier",
  known: "Déjà vus dans cette boîte",
  note: "Note",
  noteAdd: "Ajouter une note",
  noteChange: "Modifier la note",
  noteTitle: "Note d'une ligne",
  noteHint: "Rappeler mardi matin",
  noteWhy: "Visible de tous ceux qui ouvrent cette boîte avec Pli. Pas de résultat ni d'identité de patient ici.",
  noteSave: "Enregistrer la note",
  takenBy: (who: string, when: string) => `Pris en charge par ${who}, ${when}`,
  takenByMe: (when: string) => `Vous l'avez pris en charge, ${when}`,
  taken: "Pris en charge",
  doneBy: (who: string, when: string) => `Traité par ${who}, ${when}`,
  todoFor: (who: string) => `À traiter par ${who}`,
  conflict: "Deux personnes s'en occupent.",
  conflictText: "Rien n'est perdu : voici ce que chacun a noté. Parlez-vous, puis l'un de vous le reprend ou le marque traité.",
  facts: "Ce qui a été noté",
  seeFacts: "Historique",
  fact: {
    none: "l'a rendu disponible",
    todo: "l'a marqué à traiter",
    taken: "l'a pris en charge",
    done: "l'a marqué traité",
    note: (note: string) => `a noté « ${note} »`,
    noNote: "a retiré sa note",
    for: (name: string) => `l'a confié à ${name}`,
    forNobody: "ne l'a plus confié à personne en particulier",
  },
  entrusted: (count: number, name: string) => {
    const what = counted(count, "message", "messages");
    if (name !== "") return `${what} ${count === 1 ? "confié" : "confiés"} à ${name}`;
    return `${what} ${count === 1 ? "n'est plus confié" : "ne sont plus confiés"} à personne en particulier`;
  },
  unknownPerson: "une personne sans nom",
  mark: {
    todo: "À traiter",
    todoFor: (who: string) => `À traiter : ${who}`,
    taken: (who: string) => who,
    takenVh: "Pris en charge par ",
    done: "Traité",
    conflict: "En double",
    note: "Note",
  },
  told: {
    none: "Rendu disponible",
    todo: "Marqué à traiter",
    taken: "Pris en charge",
    done: "Marqué traité",
  } satisfies Record<HandlingState, string>,
};
