import { describe, expect, it } from "vitest";
import { FIRST_CHOICE } from "./chosen";
import { actionName, chosenWords, requestWords, shortActionName } from "./words";

const plain = (words: string): string => words.replace(/[\u00a0\u202f]/g, " ");
const NOTHING = { server: "", mailbox: "", uids: "", target: "" };

describe("what was asked", () => {
  it("keeps a server's verbs, and says this workstation's in French without what has fields of its own", () => {
    expect(requestWords({ ...NOTHING, request: "UID STORE INBOX 144 +FLAGS", server: "imap", mailbox: "INBOX", uids: "144" })).toBe("UID STORE INBOX 144 +FLAGS");
    expect(plain(requestWords({ ...NOTHING, request: "SAVE PART 2 23 OCTETS Sent 144", mailbox: "Sent", uids: "144" }))).toBe("Pièce jointe 2, 23 octets");
    expect(requestWords({ ...NOTHING, request: "OPEN INBOX 12", mailbox: "INBOX", uids: "12" })).toBe("Ouverture du message");
    expect(requestWords({ ...NOTHING, request: "MOVE INBOX 12 dossier-5f1c09ae77b2", mailbox: "INBOX", uids: "12", target: "dossier-5f1c09ae77b2" })).toBe(
      "Vers dossier-5f1c09ae77b2",
    );
    expect(requestWords({ ...NOTHING, request: "SOMETHING NEW INBOX", mailbox: "INBOX" })).toBe("SOMETHING NEW INBOX");
  });
});

describe("what was chosen, in words", () => {
  const box = (address: string): string => `boîte de ${address}`;
  const person = (id: string): string => `personne ${id}`;

  it("says the period, then each filter in use", () => {
    expect(chosenWords(FIRST_CHOICE, box, person).map(plain)).toEqual(["7 derniers jours"]);
    const all = { ...FIRST_CHOICE, period: "custom", from: "2026-11-01", to: null, bal: "a@b", author: "8", action: "send", failures: true, correspondent: " mercier ", intentions: true } as const;
    expect(chosenWords(all, box, person).map(plain)).toEqual([
      "depuis le 01/11/2026", "boîte de a@b", "personne 8", "Envoi", "échecs seuls", "correspondant « mercier »", "avec les demandes",
    ]);
    expect(chosenWords({ ...all, from: null }, box, person)[0]).toBe("toute la période");
  });

  it("names an action it does not know by its code", () => {
    expect(actionName("teleport")).toBe("teleport");
    expect(shortActionName("start")).toBe("Ouverture");
    expect(shortActionName("send")).toBe("Envoi");
  });
});
