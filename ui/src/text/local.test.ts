import { describe, expect, it } from "vitest";
import { text } from ".";

const plain = (words: string | null): string | null => words && words.replace(/[\u00a0\u202f]/g, " ");
const said = (request: string): string | null => plain(text.localWords(request));

describe("what is done on this workstation", () => {
  it("is said in French, with its figures", () => {
    expect(said("OPEN")).toBe("Ouverture du message");
    expect(said("SAVE PART 2 812400 OCTETS")).toBe("Pièce jointe 2, 812 Ko");
    expect(said("MOVE dossier-5f1c09ae77b2")).toBe("Vers dossier-5f1c09ae77b2");
    expect(said("FLAG +SEEN -FLAGGED")).toBe("Lu, non suivi");
    expect(said("UNLOCK BY LOGIN")).toBe("Par Pro Santé Connect");
    expect(said("LOCK inactivity")).toBe("Après un temps sans activité");
    expect(said("LOCK AFTER 10 MINUTES AND AT SESSION END")).toBe("Verrouiller après 10 minutes et à la fin de la session");
    expect(said("OPEN AFTER 12480 AFTER AN UNCLEAN END")).toBe("Après la trace 12 480, arrêt sans fermeture");
    expect(said("EXPIRY 6 MONTHS END DESTROY BEFORE 1779055200")).toBe("Échéance de 6 mois : détruire ce qui est d’avant le 18/05/2026");
    expect(said("RETENTION 6 -> 240 TECHNICAL 6 -> 6 END DESTROY -> DESTROY")).toBe("Conservation de 6 mois à 20 ans");
    expect(said("RETENTION 6 -> 6 TECHNICAL 6 -> 12 END DESTROY -> ANONYMISE")).toBe(
      "Journaux techniques de 6 mois à 1 an, à la fin anonymiser, non plus détruire",
    );
    expect(said("SEND 12:48")).toBe("Traces 12 à 48");
  });

  it("leaves alone what it does not know", () => {
    expect(said("UID FETCH 1:4")).toBeNull();
    expect(said("OPENING")).toBeNull();
  });
});
