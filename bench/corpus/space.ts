import { DIMENSIONS } from "../../src/search/vectors.ts";
import { type PlannedDocument, TOPICS } from "./plan.ts";
import { createRandom, seedOf } from "./random.ts";

// What two passages have in common: of one topic .36 of the cosine, of one document .61.
const TOPIC_PART = 0.6;
const DOCUMENT_PART = 0.5;
const OWN_PART = Math.sqrt(1 - TOPIC_PART ** 2 - DOCUMENT_PART ** 2);
/** A question's cosine with the passage that it is about. */
const QUESTION_PART = 0.8;

const SPECTRUM = Float32Array.from({ length: DIMENSIONS }, (_, at) => (at + 1) ** (-0.7 / 2));

/** Made vectors of length 1, each by its own seed, so that none has to be kept. */
export interface Space {
  passage(document: PlannedDocument, position: number): Float32Array;
  /** A question about it. */
  question(document: PlannedDocument, position: number, number: number): Float32Array;
}

export function createSpace(seed: number): Space {
  const topics = Array.from({ length: TOPICS }, (_, topic) => direction(seedOf(seed, 2, topic)));
  const passage = (document: PlannedDocument, position: number): Float32Array => {
    const topic = topics[document.topic] ?? new Float32Array(DIMENSIONS);
    const whole = direction(seedOf(seed, 3, document.index));
    const own = direction(seedOf(seed, 4, document.index, position));
    return unit(
      own.map(
        (number, at) =>
          OWN_PART * number + TOPIC_PART * (topic[at] ?? 0) + DOCUMENT_PART * (whole[at] ?? 0),
      ),
    );
  };
  return {
    passage,
    question(document, position, number) {
      const about = passage(document, position);
      const noise = direction(seedOf(seed, 5, document.index, position, number));
      const noisePart = Math.sqrt(1 - QUESTION_PART ** 2);
      return unit(about.map((part, at) => QUESTION_PART * part + noisePart * (noise[at] ?? 0)));
    },
  };
}

/**
 * As with real embeddings, few dimensions hold most of what differs: in the n-th, the variance falls as n to the power of
 * -0.7, so that about 190 of them count. Where all of them count alike, the nearest of what is far is mere chance.
 */
function direction(seed: number): Float32Array {
  const random = createRandom(seed);
  // The sum of two is near enough to a bell.
  return unit(turned(SPECTRUM.map((deviation) => deviation * (random() + random() - 1))));
}

/** Each number becomes a part of all others (Walsh–Hadamard): no dimension is then heavier than another. */
function turned(numbers: Float32Array): Float32Array {
  for (let half = 1; half < numbers.length; half *= 2) {
    for (let from = 0; from < numbers.length; from += 2 * half) {
      for (let at = from; at < from + half; at += 1) {
        const one = numbers[at] ?? 0;
        const other = numbers[at + half] ?? 0;
        numbers[at] = one + other;
        numbers[at + half] = one - other;
      }
    }
  }
  return numbers;
}

function unit(numbers: Float32Array): Float32Array {
  let sum = 0;
  for (const number of numbers) sum += number * number;
  const length = Math.sqrt(sum);
  return numbers.map((number) => number / length);
}
