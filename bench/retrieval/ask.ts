/** From a question's being stored to its request's reaching the model. */
import type { Mention } from "../../src/events.ts";
import { below, createRandom, seedOf } from "../corpus/random.ts";
import { channelName } from "../corpus/store.ts";
import { WORKSPACE } from "../product.ts";
import { ms, type Table } from "../report.ts";
import { percentile } from "../statistics.ts";
import { type Place, SEED, timedSearch } from "./place.ts";

const QUESTIONS = 100;
const WARM_UP = 20;
/** How many of them are searched in a scope of their own as well. */
const FIRST = 10;
/** As many as the product looks at for an answer. */
const HITS = 40;
const READY_MS_MAX = { postgres: { p50: 40, p95: 120 }, embedded: { p95: 250 } } as const;

export async function measureQuestions(place: Place, signal: AbortSignal): Promise<Table> {
  const random = createRandom(seedOf(SEED, 10));
  const home = place.documents.filter(({ workspace }) => workspace === 0);
  const ready: number[] = [];
  const searched: number[] = [];
  const first: number[] = [];
  for (let number = -WARM_UP; number < QUESTIONS; number += 1) {
    signal.throwIfAborted();
    const document = home[below(random, home.length)];
    if (!document) throw new Error("there is nothing to ask about");
    const position = below(random, document.chunks);
    const question = place.prose.question(document, position);
    const vector = place.space.question(document, position, number);
    const readyMs = await timeToModel(place, { question, vector, number });
    const { homeId: workspaceId, channelIds } = place;
    const sought = { workspaceId, channelIds, question, vector, limit: HITS };
    const search = await timedSearch(place.product.database.pool, sought);
    if (number < 0) continue;
    ready.push(readyMs);
    searched.push(search.ms);
    if (number >= FIRST) continue;
    // One channel less, each time another one: nobody has asked this scope before.
    const fresh = { ...sought, channelIds: channelIds.filter((_, at) => at !== number) };
    first.push((await timedSearch(place.product.database.pool, fresh)).ms);
  }
  return tableOf(place, { ready, searched, first });
}

async function timeToModel(
  { product, platform, models, embedding }: Place,
  { question, vector, number }: { question: string; vector: Float32Array; number: number },
): Promise<number> {
  embedding.vector = vector;
  models.requests.length = 0;
  const posted = platform.next();
  const storedAtMs = performance.now();
  await product.accept(mentionOf(question, number));
  await posted;
  const [request] = models.requests;
  // An answer without a passage would have been faster than any that is worth something.
  if (!request?.body.messages.at(-1)?.content.includes("<source id=")) {
    throw new Error("a question reached no model with passages");
  }
  return request.receivedAtMs - storedAtMs;
}

function mentionOf(text: string, number: number): Mention {
  const messageId = `question-${number}`;
  return {
    kind: "mention",
    key: `bench:${messageId}`,
    place: { ...WORKSPACE, channelId: channelName(0), threadId: messageId },
    userId: "asker",
    messageId,
    text,
    fileIds: [],
  };
}

function tableOf(
  place: Place,
  { ready, searched, first }: Record<"ready" | "searched" | "first", number[]>,
): Table {
  const { engine } = place.product.database;
  const most: { p50?: number; p95: number } = READY_MS_MAX[engine];
  const home = place.documents.filter(({ workspace }) => workspace === 0);
  const chunks = home.reduce((sum, document) => sum + document.chunks, 0);
  return {
    title: `From a question's being stored to its request's reaching the model, ${figureText(chunks)} chunks in scope`,
    columns: ["p50", "p95"],
    rows: [
      {
        name: "to the model",
        figures: [ms(percentile(ready, 0.5), most.p50), ms(percentile(ready, 0.95), most.p95)],
      },
      {
        name: "the search alone",
        figures: [ms(percentile(searched, 0.5)), ms(percentile(searched, 0.95))],
      },
      {
        name: "the search alone, first in its scope",
        figures: [ms(percentile(first, 0.5)), ms(percentile(first, 0.95))],
      },
    ],
  };
}

function figureText(count: number): string {
  return count.toLocaleString("en");
}
