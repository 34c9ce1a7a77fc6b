import { join } from "node:path";
import * as v from "valibot";
import { EMBEDDING_MS } from "../bedrock.ts";
import { startPeer } from "../peers/peer.ts";
import { figure, type Row, type Table } from "../report.ts";
import { median } from "../statistics.ts";
import {
  EMBEDDINGS_AT_ONCE,
  extractAlone,
  forgetFiles,
  type Place,
  putLarge,
  putReport,
  readByProduct,
} from "./place.ts";
import { type Watched, watched } from "./watch.ts";

const ROUNDS = 3;
const BEST_TIMES_MAX = 1.2;
const LANGCHAIN_TIMES_MIN = 5;
const DELAY_P99_MS_MAX = 50;
const LARGE_GROWN_MIB_MAX = 150;
const DIMENSIONS = 1024;

interface Round {
  extractSeconds: number;
  /** What the embedder takes for all of the chunks, if it never waits. */
  embedSeconds: number;
  chunks: number;
  seconds: number;
  watched: Watched;
}

export async function measureReport(
  place: Place,
  file: string | undefined,
  signal: AbortSignal,
): Promise<Table[]> {
  // The first one starts the reading processes and compiles what all of them use.
  await oneRound(place, { file, seed: 0 }, signal);
  const rounds: Round[] = [];
  for (let seed = 1; seed <= ROUNDS; seed += 1) {
    rounds.push(await oneRound(place, { file, seed }, signal));
  }
  const langchain = await roundsOfLangChain(place, file);
  return [timeTable(rounds, langchain), processTable(rounds, await readLarge(place))];
}

async function oneRound(
  place: Place,
  report: { file: string | undefined; seed: number },
  signal: AbortSignal,
): Promise<Round> {
  const name = await putReport(place.folder, report);
  const { seconds: extractSeconds, chunks } = await extractAlone(place, name, signal);
  let seconds = 0;
  const seen = await watched(async () => {
    seconds = await readByProduct(place, name);
  });
  await forgetFiles(place);
  const embedSeconds = (Math.ceil(chunks / EMBEDDINGS_AT_ONCE) * EMBEDDING_MS) / 1000;
  return { extractSeconds, embedSeconds, chunks, seconds, watched: seen };
}

async function readLarge(place: Place): Promise<Watched> {
  const name = await putLarge(place.folder, ROUNDS + 1);
  const seen = await watched(() => readByProduct(place, name));
  await forgetFiles(place);
  return seen;
}

/** The same reports by LangChain's defaults, into the same Postgres; null on the embedded engine, which it can't use. */
async function roundsOfLangChain(place: Place, file: string | undefined) {
  const { databaseUrl } = place.product.database;
  if (!databaseUrl) return null;
  await using stack = new AsyncDisposableStack();
  const peer = await startPeer(stack, "langchain", databaseUrl);
  const rounds: { seconds: number; chunks: number }[] = [];
  for (let seed = 0; seed <= ROUNDS; seed += 1) {
    const name = await putReport(place.folder, { file, seed });
    const { ms, output } = await peer.call("ingest", {
      path: join(place.folder, name),
      ms: EMBEDDING_MS,
      dimensions: DIMENSIONS,
      atOnce: EMBEDDINGS_AT_ONCE,
    });
    // It warms up by the first one too.
    if (seed > 0) rounds.push({ seconds: ms / 1000, chunks: v.parse(v.number(), output) });
  }
  return rounds;
}

function timeTable(
  rounds: readonly Round[],
  langchain: { seconds: number; chunks: number }[] | null,
): Table {
  const at = (of: (round: Round) => number) => median(rounds.map(of));
  const best = (round: Round) => Math.max(round.extractSeconds, round.embedSeconds);
  const alone = (name: string, seconds: number): Row => ({
    name,
    figures: [figure("s", seconds), figure("count", chunks), null, null],
  });
  const seconds = at((round) => round.seconds);
  const chunks = at((round) => round.chunks);
  const slower = at((round) => round.seconds / best(round));
  const extractSeconds = at((round) => round.extractSeconds);
  const embedSeconds = at((round) => round.embedSeconds);
  const rows: Row[] = [
    alone("reading alone", extractSeconds),
    alone("the embedder alone", embedSeconds),
    {
      name: "Docent",
      figures: [
        figure("s", seconds),
        figure("count", chunks),
        figure("times", slower, { atMost: BEST_TIMES_MAX }),
        null,
      ],
    },
  ];
  if (langchain) {
    const theirs = median(langchain.map((round) => round.seconds));
    const times = figure("times", theirs / seconds, { atLeast: LANGCHAIN_TIMES_MIN });
    const count = figure("count", median(langchain.map((round) => round.chunks)));
    rows.push({ name: "langchain", figures: [figure("s", theirs), count, null, times] });
  }
  return {
    title: `A report until it is found, an embedding taking ${EMBEDDING_MS} ms, ${EMBEDDINGS_AT_ONCE} at a time`,
    columns: ["time", "chunks", "÷ the longer of the two", "÷ Docent"],
    rows,
  };
}

function processTable(rounds: readonly Round[], large: Watched): Table {
  const row = (name: string, seen: readonly Watched[], grownMibMax?: number) => ({
    name,
    figures: [
      figure("ms", Math.max(...seen.map((one) => one.delayP99Ms)), { atMost: DELAY_P99_MS_MAX }),
      figure("ms", Math.max(...seen.map((one) => one.delayMaxMs))),
      figure(
        "MiB",
        Math.max(...seen.map((one) => one.grownMib)),
        grownMibMax === undefined ? {} : { atMost: grownMibMax },
      ),
    ],
  });
  return {
    title: "The process meanwhile, beside the one that reads",
    columns: ["event loop's delay, p99", "at most", "memory grows by"],
    rows: [
      row(
        "the report",
        rounds.map((round) => round.watched),
      ),
      row("a file of 100 MiB", [large], LARGE_GROWN_MIB_MAX),
    ],
  };
}
