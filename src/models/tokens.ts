// Estimated by characters: dense scripts take more tokens for a character than Latin ones.
const CHARS_PER_TOKEN_LATIN = 4;
const CHARS_PER_TOKEN_DENSE = 1.3;

/** How many tokens a text takes, estimated from above by its script. */
export function estimateTokens(text: string): number {
  const dense = text.match(/[^\p{ASCII}\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}]/gu);
  const denseCount = dense?.length ?? 0;
  const latinCount = text.length - denseCount;
  return Math.ceil(latinCount / CHARS_PER_TOKEN_LATIN + denseCount / CHARS_PER_TOKEN_DENSE);
}
