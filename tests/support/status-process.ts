/** A program: for each line of JSON that it is told, says the status of the database given to it, as an operator sees it. */
import { createInterface } from "node:readline";
import { pino } from "pino";
import * as v from "valibot";
import { openDatabase } from "../../src/db/pool.ts";
import { OPERATOR, readStatus } from "../../src/operator/status/status.ts";

const Wanted = v.object({
  models: v.array(v.string()),
  apiKey: v.string(),
  budgets: v.object({
    dayMicrousd: v.number(),
    monthMicrousd: v.number(),
    dearDayMicrousd: v.number(),
  }),
});

const { engine, pool } = await openDatabase({
  databaseUrl: process.argv[2] ?? "",
  dataFolder: "",
  log: pino({ level: "silent" }),
  onFatal: () => process.exit(1),
});
const queue = { depth: async () => ({ waiting: 0, running: 0, dead: 0 }) };
for await (const line of createInterface(process.stdin)) {
  const deps = { db: pool, engine, queue, embedder: null, ...v.parse(Wanted, JSON.parse(line)) };
  process.stdout.write(`${JSON.stringify(await readStatus(deps, OPERATOR))}\n`);
}
