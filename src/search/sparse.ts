/** pgvector's limit of non-zero numbers in a `sparsevec`. */
export const SPARSE_TERMS_MAX = 16_000;

const DIMENSIONS = 1_000_000_000;
const HEADER_BYTES = 12;
const NUMBER_BYTES = 4;

/**
 * A `sparsevec(1000000000)` in pgvector's binary form, for a parameter: dimensions, count, 0, then the ascending
 * indices (from 0) and their values. Values of 0 are not allowed there, and more than the limit are left out.
 */
export function sparseBuffer(weights: ReadonlyMap<number, number>): Buffer {
  const kept = [...weights].filter(([, weight]) => weight !== 0).slice(0, SPARSE_TERMS_MAX);
  kept.sort(([one], [other]) => one - other);
  const buffer = Buffer.alloc(HEADER_BYTES + kept.length * 2 * NUMBER_BYTES);
  buffer.writeInt32BE(DIMENSIONS, 0);
  buffer.writeInt32BE(kept.length, NUMBER_BYTES);
  const values = HEADER_BYTES + kept.length * NUMBER_BYTES;
  kept.forEach(([term, weight], at) => {
    buffer.writeInt32BE(term, HEADER_BYTES + at * NUMBER_BYTES);
    buffer.writeFloatBE(weight, values + at * NUMBER_BYTES);
  });
  return buffer;
}

/** The indices of a `sparsevec` in binary form. */
export function sparseTerms(buffer: Buffer): number[] {
  const count = buffer.readInt32BE(NUMBER_BYTES);
  const terms: number[] = [];
  for (let at = 0; at < count; at += 1)
    terms.push(buffer.readInt32BE(HEADER_BYTES + at * NUMBER_BYTES));
  return terms;
}
