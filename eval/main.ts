/** Measures the whole product on a question set: `npm run eval -- FOLDER SET [--json] [--engine …]`. */
import { access } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { answerPath } from "./kinds/answer-path.ts";
import type { SetKind } from "./kinds/kind.ts";
import type { Engine } from "./product.ts";
import { asText, promisesKept } from "./report.ts";

const KINDS: readonly SetKind[] = [answerPath];
const RUN_MS_MAX = 15 * 60_000;
const EXIT = { kept: 0, broken: 1, usage: 2 };

const USAGE = `npm run eval -- FOLDER SET [--json] [--engine embedded|postgres]

FOLDER holds the sets, one folder each. On postgres, TEST_DATABASE_URL names a server
where a database may be made and dropped.
`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: "boolean" }, engine: { type: "string", default: "embedded" } },
  });
  const [folder, name] = positionals;
  if (!folder || !name || !isEngine(values.engine)) return refuse(USAGE);
  const kind = await kindOf(join(folder, name));
  if (!kind) return refuse(`${join(folder, name)} is no set of a kind that is known here.\n`);
  const report = await kind.run({ folder, name, engine: values.engine }, runSignal());
  process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : asText(report));
  return promisesKept(report) ? EXIT.kept : EXIT.broken;
}

function isEngine(text: string): text is Engine {
  return text === "embedded" || text === "postgres";
}

function refuse(text: string): number {
  process.stderr.write(text);
  return EXIT.usage;
}

async function kindOf(folder: string): Promise<SetKind | undefined> {
  const fits = await Promise.all(
    KINDS.map(async ({ files }) => {
      const found = await Promise.allSettled(files.map((file) => access(join(folder, file))));
      return found.every(({ status }) => status === "fulfilled");
    }),
  );
  return KINDS.find((_kind, index) => fits[index]);
}

/** Ends the run in order, so that what was started for it goes too. */
function runSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => stop.abort());
  return AbortSignal.any([stop.signal, AbortSignal.timeout(RUN_MS_MAX)]);
}

process.exitCode = await main();
