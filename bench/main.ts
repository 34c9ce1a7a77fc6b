/** Measures how fast Docent is: `npm run bench -- [KIND…]`. See docs/benchmarks.md. */
import { availableParallelism, loadavg } from "node:os";
import { parseArgs } from "node:util";
import type { Engine } from "./database.ts";
import { chain } from "./kinds/chain.ts";
import { growth } from "./kinds/growth.ts";
import { ingest } from "./kinds/ingest.ts";
import { jobs } from "./kinds/jobs.ts";
import type { BenchOptions, Kind } from "./kinds/kind.ts";
import { retrieval } from "./kinds/retrieval.ts";
import { start } from "./kinds/start.ts";
import { asText, type Report, targetsMet } from "./report.ts";

const KINDS: readonly Kind[] = [chain, retrieval, growth, ingest, start, jobs];
const RUN_MS_MAX = 90 * 60_000;
// A first token that came later would be too near to the limit at which a model that hangs is given up.
const FIRST_TOKEN_MS_MAX = 500;
// The narrowest scope sees a part of two thousand of them.
const CHUNKS_MIN = 2_000;
const EXIT = { fine: 0, missed: 1, usage: 2 };

const USAGE = `npm run bench -- [KIND…] [--engine embedded|postgres] [--json] [--check] [OPTION…]

KIND is one of: ${KINDS.map(({ name }) => name).join(", ")}; without any, all of them.
--engine          embedded unless told; on postgres, TEST_DATABASE_URL names a server where a database
                  may be made and dropped
--first-token-ms  how long a model takes to begin: 300 unless told, ${FIRST_TOKEN_MS_MAX} at most
--chunks          how many are searched: 50000 unless told (retrieval, start)
--file            a PDF to read in the place of a made one (ingest)
--large           goes on to 500,000 chunks, which takes several times as long (growth)
--json            for programs: one report a line
--check           exits with ${EXIT.missed} when a target is missed
`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: "boolean" },
      check: { type: "boolean" },
      engine: { type: "string", default: "embedded" },
      "first-token-ms": { type: "string", default: "300" },
      chunks: { type: "string" },
      file: { type: "string" },
      large: { type: "boolean", default: false },
    },
  });
  const kinds = kindsNamed(positionals);
  const options = optionsOf(values);
  if (!kinds || !options) {
    process.stderr.write(USAGE);
    return EXIT.usage;
  }
  const signal = runSignal();
  let isMissed = false;
  for (const kind of kinds) {
    const report = await measure(kind, options, signal);
    process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : asText(report));
    isMissed ||= !targetsMet(report);
  }
  return values.check && isMissed ? EXIT.missed : EXIT.fine;
}

/** Null where one of the names is none. */
function kindsNamed(names: readonly string[]): readonly Kind[] | null {
  if (names.length === 0) return KINDS;
  const kinds = KINDS.filter(({ name }) => names.includes(name));
  return kinds.length === new Set(names).size ? kinds : null;
}

interface Given {
  engine: string;
  "first-token-ms": string;
  chunks?: string | undefined;
  file?: string | undefined;
  large: boolean;
}

/** Null where one of them makes no sense. */
function optionsOf(given: Given): BenchOptions | null {
  const { engine, file, large } = given;
  const firstTokenMs = Number(given["first-token-ms"]);
  const chunks = given.chunks === undefined ? undefined : Number(given.chunks);
  const isSensible =
    firstTokenMs >= 0 &&
    firstTokenMs <= FIRST_TOKEN_MS_MAX &&
    (chunks === undefined || (Number.isInteger(chunks) && chunks >= CHUNKS_MIN));
  if (!isSensible || !isEngine(engine)) return null;
  return { engine, firstTokenMs, large, tell, ...(chunks && { chunks }), ...(file && { file }) };
}

function isEngine(text: string): text is Engine {
  return text === "embedded" || text === "postgres";
}

function tell(what: string): void {
  process.stderr.write(`measuring ${what} …\n`);
}

async function measure(kind: Kind, options: BenchOptions, signal: AbortSignal): Promise<Report> {
  const startedAtMs = performance.now();
  const [load = 0] = loadavg();
  const tables = await kind.run(options, signal);
  const seconds = Math.round((performance.now() - startedAtMs) / 1000);
  const { engine } = options;
  return { kind: kind.name, engine, cores: availableParallelism(), load, seconds, tables };
}

/** Ends the run in order, so that what was started for it goes too. */
function runSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => stop.abort());
  return AbortSignal.any([stop.signal, AbortSignal.timeout(RUN_MS_MAX)]);
}

process.exitCode = await main();
