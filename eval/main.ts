/** Measures the whole product on question sets: `npm run eval -- FOLDER [SET…] [--json] [--engine …]`. */
import { access, mkdir, mkdtemp, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { answerPath } from "./kinds/answer-path.ts";
import { chunking } from "./kinds/chunking.ts";
import { followUp } from "./kinds/follow-up.ts";
import type { SetKind, SetToRun } from "./kinds/kind.ts";
import { pdf } from "./kinds/pdf.ts";
import { ranking } from "./kinds/ranking.ts";
import { byLanguages } from "./languages.ts";
import type { Engine } from "./product.ts";
import { asText, mustsMet, type Report } from "./report.ts";

/** The first that fits a folder is its kind. */
const KINDS: readonly SetKind[] = [answerPath, followUp, chunking, pdf, ranking];
const SET_MS_MAX = 60 * 60_000;
const EXIT = { kept: 0, missed: 1, usage: 2 };

const USAGE = `npm run eval -- FOLDER [SET…] [--json] [--engine pglite|postgres] [--out FOLDER]

FOLDER holds the sets, one folder each; without SET all of them are run. On postgres,
TEST_DATABASE_URL names a server where databases may be made and dropped. What was found
for each question is written into the folder of --out, one file a set.
`;

const NO_SET = "no set of a kind that is known here.";

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: "boolean", default: false },
      engine: { type: "string", default: "pglite" },
      out: { type: "string" },
    },
  });
  const [folder, ...names] = positionals;
  const engine = engineOf(values.engine);
  if (!folder || !engine) return refuse(USAGE);
  const sets = await setsIn(folder, names);
  const unknown = names.find((name) => !sets.some((set) => set.name === name));
  if (sets.length === 0 || unknown)
    return refuse(`${join(folder, unknown ?? "")}: ${NO_SET}
`);
  const out = values.out ?? (await mkdtemp(join(tmpdir(), "docent-runs-")));
  await mkdir(out, { recursive: true });
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => stop.abort());
  const reports = await runAll(sets, { folder, engine, out }, stop.signal);
  reports.push(...byLanguages(reports));
  process.stdout.write(values.json ? `${JSON.stringify(reports)}\n` : asText(reports));
  process.stderr.write(`What was found is in ${out}.\n`);
  return reports.every(mustsMet) && !stop.signal.aborted ? EXIT.kept : EXIT.missed;
}

function engineOf(text: string): Engine | null {
  if (text === "pglite" || text === "embedded") return "embedded";
  return text === "postgres" ? text : null;
}

function refuse(text: string): number {
  process.stderr.write(text);
  return EXIT.usage;
}

interface KnownSet extends Pick<SetToRun, "name"> {
  kind: SetKind;
}

/** @param names only these; none: all that are known */
async function setsIn(folder: string, names: readonly string[]): Promise<KnownSet[]> {
  const all = names.length > 0 ? names : (await readdir(folder)).sort();
  const found = await Promise.all(
    all.map(async (name) => ({ name, kind: await kindOf(join(folder, name)) })),
  );
  return found.flatMap(({ name, kind }) => (kind ? { name, kind } : []));
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

/** Whoever stops it gets what was measured until then. */
async function runAll(
  sets: readonly KnownSet[],
  toRun: Omit<SetToRun, "name">,
  stopped: AbortSignal,
): Promise<Report[]> {
  const reports: Report[] = [];
  for (const { kind, name } of sets) {
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(SET_MS_MAX)]);
    const found = await kind.run({ ...toRun, name }, signal).catch((error: unknown) => {
      if (stopped.aborted) return null;
      throw error;
    });
    if (!found || stopped.aborted) break;
    for (const { set, seconds } of found) process.stderr.write(`${set}: ${seconds} s\n`);
    reports.push(...found);
  }
  return reports;
}

process.exitCode = await main();
