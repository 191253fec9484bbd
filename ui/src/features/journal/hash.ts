/** A long hash as its first and last figures, by fours: « 7c1e 90ab 44d2 … 5f08 ». */
export function shortHash(hash: string): string {
  if (hash.length <= 20) return hash;
  const start = hash.slice(0, 12).replace(/(.{4})(?=.)/g, "$1 ");
  return `${start} … ${hash.slice(-4)}`;
}

/** A fingerprint that somebody gave, against the one that was found; `null`: nothing was given yet. */
export function compareFingerprints(given: string, found: string): "same" | "differs" | "notYet" | null {
  const plain = (words: string): string => words.replace(/[\s:.-]/g, "").toLowerCase();
  const [typed, true_] = [plain(given), plain(found)];
  if (typed === "") return null;
  if (typed === true_) return "same";
  return true_.startsWith(typed) ? "notYet" : "differs";
}
