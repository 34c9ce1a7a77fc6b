import type { Embedder } from "../src/embed/embedder.ts";
import { DIMENSIONS } from "../src/search/vectors.ts";

const UNSIGNED = 2 ** 32;

/** Every text has a direction of its own, always the same, and no two have anything in common. */
export function vectorOf(text: string): Float32Array {
  const random = randomFrom(text);
  const vector = Float32Array.from({ length: DIMENSIONS }, () => normal(random));
  return toLength1(vector);
}

/**
 * A question's vector, as a model would make it that knows so much: passages that answer it are nearer to it than
 * others by `strength` standard deviations, more or less, since chance moves each of them by about one.
 */
export function questionVector(
  question: string,
  answers: readonly Float32Array[],
  strength: number,
): Float32Array {
  const vector = vectorOf(`question: ${question}`);
  const pull = strength / Math.sqrt(DIMENSIONS);
  for (const answer of answers) {
    for (const [at, number] of answer.entries()) vector[at] = (vector[at] ?? 0) + pull * number;
  }
  return toLength1(vector);
}

/** Vectors for the index, without any model. */
export const simulatedEmbedder: Embedder = {
  id: "simulated",
  dimension: DIMENSIONS,
  embed: async (text) => ({ kind: "vector", vector: vectorOf(text), tokens: 0 }),
  state: () => ({ state: "ready", note: "" }),
};

function toLength1(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return vector.map((number) => number / length);
}

// Box and Muller's way from two even numbers to one of a bell curve.
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Numbers from 0 to 1 (splitmix32), the same for the same text. */
function randomFrom(text: string): () => number {
  let state = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    state = Math.imul(state ^ text.charCodeAt(at), 0x01000193);
  }
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let bits = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
    return ((bits ^ (bits >>> 15)) >>> 0) / UNSIGNED;
  };
}
