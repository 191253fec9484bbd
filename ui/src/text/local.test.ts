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
    expect(said("WARN 90")).toBe("Avertissement : boîte remplie à 90 %");
    expect(said("PURGE ID=3")).toBe("Suppression, purge 3");
    expect(said("PURGE START ID=3 COUNT=1284")).toBe("Début de la purge 3, 1 284 messages");
    expect(said("PURGE SCHEDULE ON DAYS=30")).toBe("Purge automatique, au-delà de 30 jours");
    expect(said("HANDLE TODO FOR")).toBe("À traiter, confié");
    expect(said("SET RULES reply on redirect to e.martin@autre.mssante.fr with copy sorting 2")).toBe(
      "Règles sur le serveur : réponse automatique, redirection vers e.martin@autre.mssante.fr avec copie, 2 tris",
    );
    expect(said("SET RULES sorting 0")).toBe("Règles sur le serveur");
    expect(said("KEEP BODIES 12 MONTHS")).toBe("Copie sur ce poste : 1 an");
    expect(said("RESTORE WHOLE MADE 1779055200")).toBe("Restauration du profil, sauvegarde du 18/05/2026");
  });

  it("leaves alone what it does not know", () => {
    expect(said("UID FETCH 1:4")).toBeNull();
    expect(said("OPENING")).toBeNull();
  });
});
