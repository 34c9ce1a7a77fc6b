const BOUNDARIES = ["\n\n", "\n", ". ", " "];

/**
 * Cuts text into pieces of at most `charsMax`, after a paragraph, line, sentence or word where one ends in the
 * second half of a piece. The pieces joined are the text.
 */
export function split(text: string, charsMax: number): string[] {
  const pieces: string[] = [];
  let rest = text;
  while (rest.length > charsMax) {
    const end = endOfPiece(rest, charsMax);
    pieces.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  if (rest.length > 0) pieces.push(rest);
  return pieces;
}

function endOfPiece(text: string, charsMax: number): number {
  const piece = text.slice(0, charsMax);
  for (const boundary of BOUNDARIES) {
    const found = piece.lastIndexOf(boundary);
    if (found >= charsMax / 2) return found + boundary.length;
  }
  // Half of a surrogate pair is no character.
  return /[\uD800-\uDBFF]$/.test(piece) ? charsMax - 1 : charsMax;
}
