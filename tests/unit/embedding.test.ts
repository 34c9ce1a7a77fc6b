import { pino } from "pino";
import { expect, test } from "vitest";
import type { Embedder } from "../../src/embed/embedder.ts";
import { ServiceError } from "../../src/errors.ts";
import { embedChunks } from "../../src/ingest/embedding.ts";
import { BudgetReached, type Call, type Ledger, type Taken } from "../../src/money/ledger.ts";

const log = pino({ level: "silent" });
const never = new AbortController().signal;
const vector = Float32Array.of(1);

/** Has a vector for "good", refuses "bad", is away at "away", and hangs at "slow". */
const embedder: Embedder = {
  id: "test/vectors",
  dimension: 1024,
  state: () => ({ state: "ready", note: "" }),
  async embed(text, _purpose, signal) {
    if (text === "good") return { kind: "vector", vector, tokens: 1000 };
    if (text === "bad") return { kind: "refused", reason: "" };
    if (text === "away") throw new ServiceError("test", "away");
    return new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  },
};

function books() {
  const written: (Call | Taken)[] = [];
  const ledger: Ledger = {
    async reserve(_payer, call) {
      written.push(call);
      return { settle: async (taken) => void written.push(taken) };
    },
  };
  return { ledger, written };
}

const chunksOf = (...texts: string[]) => texts.map((text) => ({ text, locator: {} }));

test("vectors are paid for with what they took, refusals cost nothing", async () => {
  const { ledger, written } = books();
  const chunks = chunksOf("good", "bad", "good");
  const found = await embedChunks({ embedder, ledger, log }, 7, chunks, never);
  expect(found.vectors.map(({ index }) => index)).toEqual([0, 2]);
  expect(found).toMatchObject({ refused: [1], budgetReached: false });
  expect(written).toEqual([
    { purpose: "index", model: "test/vectors", microusdMax: 1 },
    { tokensIn: 2000, tokensOut: 0, microusd: 270 },
  ]);
});

test("an embedder that goes away midway is paid for what came", async () => {
  const { ledger, written } = books();
  const chunks = chunksOf("good", "away", "slow");
  const found = await embedChunks({ embedder, ledger, log }, 7, chunks, never);
  expect(found.vectors).toEqual([{ index: 0, vector }]);
  expect(written.at(-1)).toEqual({ tokensIn: 1000, tokensOut: 0, microusd: 135 });
});

test("a reading that is broken off pays for what came", async () => {
  const { ledger, written } = books();
  const stop = new AbortController();
  const chunks = chunksOf("good", "slow");
  const reading = embedChunks({ embedder, ledger, log }, 7, chunks, stop.signal);
  setImmediate(() => stop.abort(new Error("the process ends")));
  await expect(reading).rejects.toThrow("the process ends");
  expect(written.at(-1)).toEqual({ tokensIn: 1000, tokensOut: 0, microusd: 135 });
});

test("where there is no money, nothing is asked of the embedder", async () => {
  const ledger: Ledger = {
    async reserve() {
      throw new BudgetReached("reading", new Date());
    },
  };
  const found = await embedChunks({ embedder, ledger, log }, 7, chunksOf("slow"), never);
  expect(found).toEqual({ vectors: [], refused: [], budgetReached: true });
});
