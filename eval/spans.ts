/** Where passages stand in the text they were cut from. White space is not looked at: it is wrapped anew. */

/** From the first character to the one behind the last, in whole characters, not code units. */
export type Span = readonly [start: number, end: number];

/** @returns where a passage stands; null where it is not the text's */
export function finder(text: string): (passage: string) => Span | null {
  let squeezed = "";
  const places: number[] = [];
  let place = 0;
  for (const character of text) {
    if (!/\s/u.test(character)) {
      squeezed += character;
      for (let unit = 0; unit < character.length; unit += 1) places.push(place);
    }
    place += 1;
  }
  return (passage) => {
    const wanted = passage.replace(/\s+/gu, "");
    const at = wanted === "" ? -1 : squeezed.indexOf(wanted);
    const [start, last] = [places[at], places[at + wanted.length - 1]];
    return start === undefined || last === undefined ? null : [start, last + 1];
  };
}

/** How many characters of a span the others cover; what two of them cover counts once. */
export function covered(span: Span, by: readonly Span[]): number {
  let until = span[0];
  let count = 0;
  for (const [start, end] of [...by].sort((one, other) => one[0] - other[0])) {
    const from = Math.max(start, until);
    const to = Math.min(end, span[1]);
    if (to <= from) continue;
    count += to - from;
    until = to;
  }
  return count;
}
