import { channelsOf, type PlannedDocument, SHARES } from "../corpus/plan.ts";
import type { Prose } from "../corpus/prose.ts";
import { below, createRandom, seedOf } from "../corpus/random.ts";
import type { Space } from "../corpus/space.ts";
import type { Stored } from "../corpus/store.ts";
import { channelName } from "../corpus/store.ts";

/** A question with the exact answer to it. */
export interface Question {
  level: number;
  /** Whether it is about something that the scope sees. What others have is far from all that it sees. */
  isEasy: boolean;
  text: string;
  vector: Float32Array;
  /** Marks of the passages that are nearest in the scope, best first. */
  nearest: string[];
}

export interface Scope {
  level: number;
  /** Names of its channels. */
  channels: string[];
  chunks: number;
  /** By content id. */
  visible: ReadonlySet<number>;
}

export const NEAREST = 10;

export function markOf(contentId: number, position: number): string {
  return `${contentId}:${position}`;
}

export function scopesOf(documents: readonly PlannedDocument[], stored: Stored): Scope[] {
  return SHARES.map((_, level) => {
    const seen = documents.filter((one) => one.workspace === 0 && one.level <= level);
    return {
      level,
      channels: channelsOf(level).map(channelName),
      chunks: seen.reduce((sum, { chunks }) => sum + chunks, 0),
      visible: new Set(seen.map(({ index }) => stored.get(index) ?? 0)),
    };
  });
}

interface Corpus {
  documents: readonly PlannedDocument[];
  stored: Stored;
  space: Space;
  prose: Prose;
}

/** For each scope so many easy questions and as many hard ones. */
export function questionsOf(corpus: Corpus, each: number, seed: number): Question[] {
  const home = corpus.documents.filter(({ workspace }) => workspace === 0);
  const others = corpus.documents.filter(({ workspace }) => workspace !== 0);
  const questions = SHARES.flatMap((_, level) =>
    [true, false].flatMap((isEasy) => {
      const about = isEasy ? home.filter((document) => document.level <= level) : others;
      const random = createRandom(seedOf(seed, 9, level, Number(isEasy)));
      return Array.from({ length: each }, (_one, number): Question => {
        const document = about[below(random, about.length)];
        if (!document) throw new Error("there is nothing to ask about");
        const position = below(random, document.chunks);
        const text = corpus.prose.question(document, position);
        const vector = corpus.space.question(document, position, number);
        return { level, isEasy, text, vector, nearest: [] };
      });
    }),
  );
  answerExactly(questions, { ...corpus, documents: home });
  return questions;
}

/** Reckons every cosine. Each passage is made once, for all questions. */
function answerExactly(questions: readonly Question[], { documents, stored, space }: Corpus): void {
  const best = questions.map((): { mark: string; cosine: number }[] => []);
  for (const document of documents) {
    for (let position = 0; position < document.chunks; position += 1) {
      const passage = space.passage(document, position);
      const mark = markOf(stored.get(document.index) ?? 0, position);
      for (const [at, { level, vector }] of questions.entries()) {
        if (document.level <= level) keep(best[at] ?? [], mark, cosineOf(passage, vector));
      }
    }
  }
  for (const [at, question] of questions.entries()) {
    question.nearest = (best[at] ?? []).map(({ mark }) => mark);
  }
}

function keep(best: { mark: string; cosine: number }[], mark: string, cosine: number): void {
  if (best.length === NEAREST && cosine <= (best.at(-1)?.cosine ?? 0)) return;
  best.push({ mark, cosine });
  best.sort((one, other) => other.cosine - one.cosine);
  best.length = Math.min(best.length, NEAREST);
}

function cosineOf(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < one.length; at += 1) sum += (one[at] ?? 0) * (other[at] ?? 0);
  return sum;
}

/** How many of the nearest were found, from 0 to 1. */
export function recallOf(nearest: readonly string[], found: readonly string[]): number {
  const right = nearest.filter((mark) => found.includes(mark));
  return nearest.length === 0 ? 1 : right.length / nearest.length;
}
