// French typography in one place: the catalogue is written with plain spaces and apostrophes, and set here.

const NARROW = "\u202f";
const NO_BREAK = "\u00a0";

/** Sets one text: no-break spaces before double signs and inside quotes, a typographic apostrophe. */
export function typesetText(text: string): string {
  return text
    .replace(/ ([:%»])/g, `${NO_BREAK}$1`)
    .replace(/ ([;?!])/g, `${NARROW}$1`)
    .replace(/« /g, `«${NO_BREAK}`)
    .replace(/(\p{L})'(?=[\p{L}«])/gu, "$1’");
}

/** Sets every text of a catalogue, and those its functions give. */
export function typeset<T>(catalogue: T): T {
  if (typeof catalogue === "string") return typesetText(catalogue) as T;
  if (typeof catalogue === "function") {
    const make = catalogue as unknown as (...values: unknown[]) => unknown;
    return ((...values: unknown[]) => typeset(make(...values))) as T;
  }
  if (Array.isArray(catalogue)) return catalogue.map((entry: unknown) => typeset(entry)) as T;
  if (typeof catalogue === "object" && catalogue !== null) {
    return Object.fromEntries(Object.entries(catalogue).map(([key, entry]) => [key, typeset(entry as unknown)])) as T;
  }
  return catalogue;
}
