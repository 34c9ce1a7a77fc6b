/** What a model takes, in millionths of a dollar for a million tokens. */
export interface Price {
  inputMicrousd: number;
  outputMicrousd: number;
}

/** Reckoned with until the catalogue has said: dearer than most. */
export const ASSUMED_PRICE: Price = { inputMicrousd: 3_000_000, outputMicrousd: 15_000_000 };

const MILLION = 1_000_000;

/** In millionths of a dollar, rounded up. */
export function costOf(price: Price, tokensIn: number, tokensOut: number): number {
  return Math.ceil((tokensIn * price.inputMicrousd + tokensOut * price.outputMicrousd) / MILLION);
}
