/** A long hash as its first and last figures, by fours: « 7c1e 90ab 44d2 … 5f08 ». */
export function shortHash(hash: string): string {
  if (hash.length <= 20) return hash;
  const start = hash.slice(0, 12).replace(/(.{4})(?=.)/g, "$1 ");
  return `${start} … ${hash.slice(-4)}`;
}
