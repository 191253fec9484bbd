import { describe, expect, it } from "vitest";
import type { Trace } from "../../backend";
import { clockWords, exchange, hasLife, message, station, who } from "./facts";
import { outcomeOf, statusOf } from "./outcome";

const plain = (words: string): string => words.replace(/[\u00a0\u202f]/g, " ");

const BARE: Trace = {
  sequence: 12, uid: "01jcw5q7v2r8", at: "2026-11-17T09:11:04.204+01:00", author: "", authorName: "", authenticated: "none", bal: "", balKind: "",
  action: "lock", request: "LOCK demand", response: "", failed: false, code: null, enhanced: null, intended: false, unanswered: false, mailbox: "",
  target: "", folder: null, targetFolder: null, uids: "", octetsOut: null, octetsIn: null, synchronised: null, gapMs: null, setBackMs: null, durationMs: 0,
  messageId: null, internalId: null, sender: null, recipients: [], size: null, system: "", program: "", host: "", localAddress: "", server: "", hash: "a", previous: "b",
};
const SENT: Trace = { ...BARE, action: "send", request: "DATA", server: "smtp.exemple.fr 192.0.2.1:465", response: "250 2.0.0", code: "250", enhanced: "2.0.0", authorName: "Dr É. Martin", author: "899700000013", authenticated: "code" };

const named = (facts: ReturnType<typeof who>): Record<string, string> => Object.fromEntries(facts.map(({ name, value }) => [name, plain(value)]));

describe("a trace in full", () => {
  it("says what was not recorded, and why", () => {
    expect(named(who(BARE))).toMatchObject({ Auteur: "Personne n’était encore connecté", Boîte: "Aucune boîte en particulier" });
    expect(named(exchange(BARE))).toMatchObject({ Demande: "À votre demande", Réponse: "Aucun : action sur ce poste" });
    expect(named(station(BARE))).toMatchObject({ Poste: "Non enregistré", Réseau: "Non enregistré", Serveur: "Aucun : action sur ce poste" });
    expect(message(BARE)).toEqual([]);
    expect(named(message(SENT))).toEqual({ Taille: "Non enregistré", "Message-ID": "Non enregistré", Identifiant: "Non enregistré" });
    expect(named(exchange({ ...SENT, response: "", code: null, enhanced: null }))).toMatchObject({ Réponse: "Non communiqué par le serveur", Code: "Non communiqué par le serveur" });
    expect(named(exchange({ ...SENT, response: "", code: null, unanswered: true, intended: true }))).toMatchObject({ Réponse: "Aucune réponse inscrite" });
    expect(hasLife(SENT)).toBe(false);
    expect(hasLife({ ...SENT, internalId: "m1" })).toBe(true);
  });

  it("says what the clock is worth", () => {
    expect(plain(clockWords({ synchronised: true, gapMs: 12 }))).toBe("Horloge synchronisée, écart de 12 ms avec le serveur (en avance)");
    expect(plain(clockWords({ synchronised: false, gapMs: -3200 }))).toBe("Horloge non synchronisée, écart de 3,2 s avec le serveur (en retard)");
    expect(clockWords({ synchronised: true, gapMs: 0 })).toBe("Horloge synchronisée, à l’heure du serveur");
    expect(clockWords({ synchronised: null, gapMs: null })).toBe("Heure non vérifiée, écart non mesuré");
  });

  it("explains a folder's pseudonym, and gives its name where it is known", () => {
    const moved = { ...SENT, mailbox: "dossier-5f1c09ae77b2", target: "Trash" };
    const [folder, target] = exchange(moved).filter(({ name }) => name === "Dossier" || name === "Vers");
    expect(folder?.more).toContain("un dossier peut porter celui d’un patient");
    expect(target).toEqual({ name: "Vers", value: "Trash" });
    const known = exchange({ ...moved, folder: "Mme Dupont" }).find(({ name }) => name === "Dossier");
    expect(known?.value).toBe("Mme Dupont");
    expect(plain(known?.more ?? "")).toBe("Inscrit « dossier-5f1c09ae77b2 » : le journal ne garde pas ce nom.");
  });

  it("tells success, refusal, failure, request and silence apart by shape and word", () => {
    const seen = [SENT, { ...SENT, failed: true }, { ...SENT, intended: true }, { ...SENT, intended: true, unanswered: true }].map(outcomeOf);
    expect(new Set(seen.map(({ icon }) => icon)).size).toBe(4);
    expect(seen.map(({ lead }) => lead)).toEqual(["", "Échec", "Demande", "Demande restée sans réponse"]);
    expect(outcomeOf(BARE).rest).toBe("Fait");
    expect([SENT, BARE, { ...SENT, failed: true }, { ...SENT, failed: true, code: null }].map((each) => statusOf(each).words)).toEqual([
      "Accepté par le serveur", "Fait sur ce poste", "Refusé par le serveur", "Échec",
    ]);
  });
});
