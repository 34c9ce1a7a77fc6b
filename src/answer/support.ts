const WORDS = new Intl.Segmenter(undefined, { granularity: "word" });
const SHORT_WORD = 3;

// A passage with that much of a claim's words holds the claim, so a citation elsewhere is moved there.
const HOLDS = 0.8;
// Unless the cited one holds nearly as much of it.
const NEARLY = 0.75;

/**
 * Which passage a citation may stand on: the one that was cited when it speaks of the claim at all, another one when
 * that plainly holds the claim and the cited one does not, none when nothing supports it. Where no passage shares
 * a word with the claim, it is most likely in another language, and the model's word stands.
 * @param claim the sentence before the citation
 * @param cited index of the passage that the model named
 * @returns an index, or null where the citation must go
 */
export function supportOf(
  claim: string,
  passages: readonly string[],
  cited: number,
): number | null {
  const wanted = contentWords(claim);
  if (wanted.size === 0) return cited;
  const shares = passages.map((passage) => shareIn(wanted, passage));
  const own = shares[cited] ?? 0;
  const best = Math.max(...shares);
  if (best === 0 || own >= best * NEARLY) return cited;
  if (best >= HOLDS) return shares.indexOf(best);
  return own > 0 ? cited : null;
}

/** Which text holds most of a claim, by its words and by how they follow each other; the first of equal ones. */
export function bestHolder(claim: string, texts: readonly string[]): number {
  const [words, pairs] = [contentWords(claim), pairsOf(claim)];
  const scores = texts.map((text) => {
    const there = pairsOf(text);
    const shared = [...pairs].filter((pair) => there.has(pair)).length;
    return words.size === 0 ? 0 : shareIn(words, text) + shared / Math.max(pairs.size, 1);
  });
  return scores.indexOf(Math.max(...scores));
}

function shareIn(wanted: Set<string>, passage: string): number {
  const there = contentWords(passage);
  return [...wanted].filter((word) => there.has(word)).length / wanted.size;
}

/** Words that carry meaning, by a rule of thumb for every language: longer ones, and all with a digit. */
function contentWords(text: string): Set<string> {
  return new Set(wordsOf(text).filter((word) => carriesMeaning(word)));
}

function pairsOf(text: string): Set<string> {
  const words = wordsOf(text);
  return new Set(words.slice(1).map((word, index) => `${words[index]} ${word}`));
}

function wordsOf(text: string): string[] {
  const parts = [...WORDS.segment(text.normalize("NFKC").toLowerCase())];
  return parts.flatMap((part) => (part.isWordLike ? [part.segment] : []));
}

function carriesMeaning(word: string): boolean {
  const isAlphabetic = /^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}]+$/u.test(word);
  return !isAlphabetic || word.length > SHORT_WORD;
}
