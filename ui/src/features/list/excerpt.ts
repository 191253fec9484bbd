/** A piece of an excerpt: the words found, or what surrounds them. */
export interface Piece {
  readonly words: string;
  readonly found: boolean;
}

/** Cuts an excerpt at the marks ‹ and › that the search puts round what it found. */
export function excerptPieces(excerpt: string): Piece[] {
  const pieces: Piece[] = [];
  let found = false;
  for (const words of excerpt.split(/[‹›]/)) {
    if (words !== "") pieces.push({ words, found });
    found = !found;
  }
  return pieces;
}
