/** What the first models of the chain cost a question when they are dead: before that is known, and after. */
import type { Asker, Chain } from "../../src/models/chain.ts";
import type { FailureShape, ModelReply } from "../../tests/support/openrouter.ts";
import { ms, type Row, type Table } from "../report.ts";
import { median } from "../statistics.ts";
import { askChain } from "./ask.ts";
import type { Place } from "./place.ts";
import { startService } from "./service.ts";

const MODELS = 5;
const FRESH_QUESTIONS = 3;
const KNOWN_QUESTIONS = 20;
const LOST_MS_MAX = 5;
// Instead of 20 s, which would only make the bench long.
const FIRST_TOKEN_TIMEOUT_MS = 1_000;

const DEATHS: readonly { shape: FailureShape; title: string }[] = [
  { shape: "unavailable", title: "answer 503" },
  { shape: "no_endpoints", title: "are retired (404)" },
  { shape: "rate_limited", title: "have too many requests (429)" },
  {
    shape: "no_headers",
    title: `hang (given up after ${FIRST_TOKEN_TIMEOUT_MS} ms here, 20 s by default)`,
  },
];

/** A chain whose first models are dead. */
interface Sick {
  dead: number;
  chain: Chain;
  asker: Asker;
  /** The first one that lives. */
  model: string;
  freshMs: number[];
  knownMs: number[];
}

export async function measureDead(
  place: Place,
  { firstTokenMs, tell }: { firstTokenMs: number; tell(what: string): void },
  signal: AbortSignal,
): Promise<Table[]> {
  const tables: Table[] = [];
  for (const { shape, title } of DEATHS) {
    tell(`dead models that ${title}`);
    tables.push(tableOf(title, await measureShape(place, shape, firstTokenMs, signal)));
  }
  return tables;
}

async function measureShape(
  place: Place,
  shape: FailureShape,
  firstTokenMs: number,
  signal: AbortSignal,
): Promise<Sick[]> {
  await using stack = new AsyncDisposableStack();
  const chains = Array.from({ length: MODELS }, (_, dead) => modelsOf(shape, dead));
  const replies = chains.flatMap((models, dead) =>
    models.map((model, at): [string, ModelReply] => [
      model,
      at < dead ? shape : { kind: "answer", text: "Two." },
    ]),
  );
  const baseUrl = await startService(stack, { firstTokenMs, replies });
  const sick = chains.map((models, dead): Sick => {
    const chain = place.open(stack, {
      baseUrl,
      models,
      firstTokenTimeoutMs: FIRST_TOKEN_TIMEOUT_MS,
    });
    const { asker } = place;
    return { dead, chain, asker, model: models[dead] ?? "", freshMs: [], knownMs: [] };
  });
  // The chains take turns, so that whatever else the machine does befalls them alike.
  for (const one of sick) await askChain(one, signal);
  for (let round = 0; round < FRESH_QUESTIONS; round += 1) {
    await place.forget();
    for (const one of sick) one.freshMs.push(await askChain(one, signal));
  }
  for (let round = 0; round < KNOWN_QUESTIONS; round += 1) {
    for (const one of sick) one.knownMs.push(await askChain(one, signal));
  }
  return sick;
}

/** Each chain has models of its own: what is learnt in one says nothing of another's. */
function modelsOf(shape: FailureShape, dead: number): string[] {
  return Array.from({ length: MODELS }, (_, at) => `bench/${shape}-${dead}-${at}`);
}

function tableOf(title: string, sick: readonly Sick[]): Table {
  const [healthy] = sick;
  if (!healthy) throw new Error("nothing was measured");
  const rows = sick.map(({ dead, freshMs, knownMs }): Row => {
    const lostFreshMs = median(freshMs) - median(healthy.freshMs);
    const lostKnownMs = median(knownMs) - median(healthy.knownMs);
    const lost = dead === 0 ? [null, null] : [ms(lostFreshMs), ms(lostKnownMs, LOST_MS_MAX)];
    const [lostFresh = null, lostKnown = null] = lost;
    const figures = [ms(median(freshMs)), lostFresh, ms(median(knownMs)), lostKnown];
    return { name: `${dead} of ${MODELS} dead`, figures };
  });
  return {
    title: `Time to the first token while the first models ${title}`,
    columns: ["at first", "lost at first", "after discovery", "lost after discovery"],
    rows,
  };
}
