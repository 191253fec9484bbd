import type { Party } from "../../backend";

/** Cuts what was typed or pasted at commas, semicolons and line ends, but not inside quotes or angle brackets. */
function pieces(typed: string): string[] {
  const found: string[] = [];
  let piece = "";
  let quoted = false;
  let bracketed = false;
  for (const character of typed) {
    if (character === '"') quoted = !quoted;
    else if (!quoted && character === "<") bracketed = true;
    else if (!quoted && character === ">") bracketed = false;
    if (!quoted && !bracketed && /[,;\r\n\t]/.test(character)) {
      found.push(piece);
      piece = "";
    } else piece += character;
  }
  found.push(piece);
  return found.map((each) => each.trim()).filter((each) => each !== "");
}

/** Reads recipients as typed: « a@b », « Nom <a@b> », several at once. Nothing is refused here: the core checks. */
export function parseRecipients(typed: string): Party[] {
  return pieces(typed).map((piece): Party => {
    const named = /^(.*)<([^<>]*)>$/s.exec(piece);
    if (!named) return { name: piece, address: piece };
    const address = (named[2] ?? "").trim();
    const name = (named[1] ?? "").trim().replace(/^"(.*)"$/s, "$1").trim();
    return { name: name || address, address };
  });
}

/** The same recipients without those already there, by address, whatever the case. */
export function added(to: readonly Party[], more: readonly Party[]): Party[] {
  const known = new Set(to.map(({ address }) => address.toLowerCase()));
  const all = [...to];
  for (const party of more) {
    if (party.address === "" || known.has(party.address.toLowerCase())) continue;
    known.add(party.address.toLowerCase());
    all.push(party);
  }
  return all;
}

/** A name cut round what was typed, to show why it is proposed. */
export function matched(name: string, typed: string): [before: string, match: string, after: string] {
  const plain = (value: string): string =>
    [...value].map((each) => each.normalize("NFD").charAt(0).toLowerCase()).join("");
  const at = typed === "" ? -1 : plain(name).indexOf(plain(typed));
  if (at < 0) return [name, "", ""];
  const letters = [...name];
  const length = [...typed].length;
  return [letters.slice(0, at).join(""), letters.slice(at, at + length).join(""), letters.slice(at + length).join("")];
}

/** Whether an address is a patient's box of Mon espace santé, whose domain begins by « patient. ». */
export function isPatient({ address }: Party): boolean {
  return /@patient\./i.test(address);
}
