/** pgvector's limit of non-zero numbers in a `sparsevec`. */
export const SPARSE_TERMS_MAX = 16_000;

/** Of the `sparsevec` that holds terms by their hashes. */
export const SPARSE_DIMENSIONS = 1_000_000_000;
const HEADER_BYTES = 12;
const ARRAY_HEADER_BYTES = 20;
const NUMBER_BYTES = 4;

/**
 * A `sparsevec(1000000000)` in pgvector's binary form, for a parameter: dimensions, count, 0, then the ascending
 * indices (from 0) and their values. Values of 0 are not allowed there, and more than the limit are left out.
 */
export function sparseBuffer(weights: ReadonlyMap<number, number>): Buffer {
  const kept = [...weights.keys()].filter((term) => weights.get(term) !== 0);
  const terms = Int32Array.from(kept.slice(0, SPARSE_TERMS_MAX)).sort();
  const buffer = Buffer.alloc(HEADER_BYTES + terms.length * 2 * NUMBER_BYTES);
  buffer.writeInt32BE(SPARSE_DIMENSIONS, 0);
  buffer.writeInt32BE(terms.length, NUMBER_BYTES);
  let at = HEADER_BYTES;
  for (const term of terms) at = buffer.writeInt32BE(term, at);
  for (const term of terms) at = buffer.writeFloatBE(weights.get(term) ?? 0, at);
  return buffer;
}

/** Visits the indices of a `sparsevec` in binary form. */
export function eachOfSparse(buffer: Buffer, visit: (term: number) => void): void {
  const count = buffer.readInt32BE(NUMBER_BYTES);
  for (let at = 0; at < count; at += 1) visit(buffer.readInt32BE(HEADER_BYTES + at * NUMBER_BYTES));
}

/** Visits the numbers of an `int[]` of one dimension in binary form: each has its length before it. */
export function eachOfArray(buffer: Buffer, visit: (term: number) => void): void {
  for (let at = ARRAY_HEADER_BYTES; at < buffer.length; at += 2 * NUMBER_BYTES) {
    visit(buffer.readInt32BE(at + NUMBER_BYTES));
  }
}
