import { counted } from "./numbers";

/** « À traiter »: what is still to be dealt with, and by whom. */
export const todo = {
  title: "À traiter",
  which: "Que montrer",
  filters: { mine: "Pour moi", open: "Tout ce qui reste" },
  everywhere: "Toutes les boîtes",
  boxes: "Boîtes",
  /** Said, not shown: the number stands beside. */
  left: (count: number) => (count === 0 ? "Rien n'attend" : `${counted(count, "message", "messages")} à traiter`),
  leftForYou: (count: number) => (count === 1 ? " message vous attend" : " messages vous attendent"),
  emptyMine: "Rien ne vous attend",
  emptyMineText: "Vous trouverez ici ce qui vous est confié, ce que vous prenez en charge et ce qui n'est confié à personne.",
  emptyOpen: "Rien n'attend",
  emptyOpenText: "Tout est traité. Vous trouverez ici ce que l'un de vous marque à traiter ou prend en charge.",
  emptyAloneText: "« À traiter plus tard » (Maj A, ou le menu d'un message) le garde ici jusqu'à ce qu'il soit traité.",
  seeOpen: (count: number) => `Voir tout ce qui reste : ${counted(count, "message", "messages")}`,
  seeAllBoxes: "Voir toutes les boîtes",
};
