import { homedir } from "node:os";
import { parseArgs } from "node:util";
import { FolderInUse } from "../../db/embedded/folder.ts";
import { requireNewest } from "../../db/migrate.ts";
import { createEmbedder } from "../../embed/credentials.ts";
import { ConfigError } from "../../errors.ts";
import { depth } from "../../jobs/queue.ts";
import type { ModelStatus, Spread, Status } from "../../surface.ts";
import { readAddress } from "../address.ts";
import { moneyTexts } from "../status/details.ts";
import { OPERATOR, readStatus } from "../status/status.ts";
import { secondsOf, stampOf } from "../status/words.ts";
import { type Command, EXIT, type Terminal } from "./command.ts";
import { openExisting } from "./database.ts";
import { wrap } from "./wrap.ts";

const ASK_MS_MAX = 10_000;

export const statusCommand: Command = {
  usage: "[--json]",
  summary: "tells how Docent is, also while it runs",
  options: ["--json  prints it as JSON"],
  async run(given, terminal) {
    const { values } = parseArgs({ args: given, options: { json: { type: "boolean" } } });
    const opened = terminal();
    const { status, isRunning } = await findStatus(opened);
    if (values.json) opened.say(JSON.stringify(status));
    else for (const line of [...stopped(isRunning), ...describe(status)]) opened.say(line);
    return isRunning === false ? EXIT.failed : EXIT.done;
  },
};

interface Found {
  status: Status;
  /** Null: a Postgres does not tell whether anybody works on it. */
  isRunning: boolean | null;
}

/** The process that has the embedded database is the only one that can look into it. */
async function findStatus(terminal: Terminal): Promise<Found> {
  try {
    const status = await lookInside(terminal);
    return { status, isRunning: status.engine === "embedded" ? false : null };
  } catch (error) {
    if (!(error instanceof FolderInUse)) throw error;
    return { status: await askRunning(terminal, error), isRunning: true };
  }
}

function stopped(isRunning: boolean | null): string[] {
  return isRunning === false ? ["❌ Docent is not running. Start it: npm start", "As it was:"] : [];
}

async function lookInside(terminal: Terminal): Promise<Status> {
  const { config, environment, log, migrations } = terminal;
  await using database = await openExisting(terminal);
  const { pool: db, engine } = database;
  await requireNewest(db, migrations);
  const homeFolder = environment.HOME ?? homedir();
  const embedder = await createEmbedder({ ...config.embedding, env: environment, homeFolder, log });
  const { models, apiKey } = config.openrouter;
  const queue = { depth: () => depth(db) };
  const deps = { db, queue, engine, embedder, models, apiKey, budgets: config.money };
  return await readStatus(deps, OPERATOR);
}

async function askRunning({ config, stopSignal }: Terminal, inUse: FolderInUse): Promise<Status> {
  const operator = await readAddress(config.dataFolder);
  // A process that is starting has the folder before it has an address.
  if (operator === null) throw inUse;
  const { address, key } = operator;
  const signal = stopSignal();
  try {
    const either = AbortSignal.any([signal, AbortSignal.timeout(ASK_MS_MAX)]);
    const headers = { authorization: `Bearer ${key}` };
    const response = await fetch(`${address}/operator/status`, { headers, signal: either });
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    return (await response.json()) as Status;
  } catch (cause) {
    signal.throwIfAborted();
    throw new ConfigError(
      `Docent runs, but does not answer at ${address}. Its log should say why; or stop it and ask again.`,
      { cause },
    );
  }
}

const LABEL_COLUMNS = 10;

/** Lines of at most 80 columns with a label before the first. */
function labelled(label: string, texts: string[]): string[] {
  return texts.flatMap((text, i) => wrap((i === 0 ? label : "").padEnd(LABEL_COLUMNS) + text));
}

function describe(status: Status): string[] {
  const { engine, embedder, models, files, queue, money, version } = status;
  const { searchable, reading, failed, withoutVectors } = files;
  return [
    status.line,
    "",
    ...labelled("version", [`${version}, ${engine} database`]),
    ...labelled("models", models.flatMap(modelTexts)),
    ...labelled("money", money ? moneyTexts(money).map((parts) => parts.join(" ")) : []),
    ...labelled("meaning", [`${embedder.state}${embedder.note && `: ${embedder.note}`}`]),
    ...labelled("files", [
      `${searchable} searchable, ${reading} being read, ${failed} not readable, ` +
        `${withoutVectors} without vectors`,
    ]),
    ...labelled("jobs", [
      `${queue.waiting} waiting, ${queue.running} running, ${queue.dead} given up`,
    ]),
  ];
}

const STATES = {
  ...{ ready: "ready", resting: "resting", retired: "retired", no_provider: "not asked" },
  ...{ unknown: "not asked yet", off: "off" },
} satisfies Record<ModelStatus["state"], string>;

/** How a model stands, then what there is to tell of its last day, each below it. */
function modelTexts(model: ModelStatus, position: number): string[] {
  const { id, state, note, fix, next, restingUntilMs } = model;
  const isResting = state === "resting" && restingUntilMs !== null;
  const until = isResting ? ` until ${stampOf(restingUntilMs)}` : "";
  const why = note === "" ? "" : ` (${note})`;
  return [
    `${position + 1} ${id}: ${STATES[state]}${until}${next ? ", answers next" : ""}${why}`,
    ...[fix ? `→ ${fix}` : "", dayText(model), timesText(model), historyText(model)]
      .filter((text) => text !== "")
      .map((text) => `  ${text}`),
  ];
}

function dayText({ day, uptime }: ModelStatus): string {
  const { tries, answered, tokensIn, tokensOut } = day;
  const tokens = `${tokensIn} tokens in, ${tokensOut} out`;
  const own = tries > 0 ? [`24 hours: ${answered} of ${tries} answered`, tokens] : [];
  const service = uptime === null ? [] : [`up ${uptime.toFixed(1)} % of the time at OpenRouter`];
  return [...own, ...service].join(", ");
}

function timesText({ day: { firstTokenMs, totalMs } }: ModelStatus): string {
  const text = (what: string, spread: Spread | null) =>
    spread ? [`${what} in ${secondsOf(spread.p50)} (p95 ${secondsOf(spread.p95)})`] : [];
  return [...text("first word", firstTokenMs), ...text("whole answer", totalMs)].join(", ");
}

function historyText({ sinceMs, lastSuccessMs }: ModelStatus): string {
  const text = (what: string, atMs: number | null) =>
    atMs === null ? [] : [`${what} ${stampOf(atMs)}`];
  return [...text("in this state since", sinceMs), ...text("last success", lastSuccessMs)].join(
    ", ",
  );
}
