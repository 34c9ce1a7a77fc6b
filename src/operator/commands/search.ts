import { homedir } from "node:os";
import { parseArgs } from "node:util";
import type { Pool } from "pg";
import { queryVector } from "../../answer/query-vector.ts";
import { where } from "../../answer/where.ts";
import { requireNewest } from "../../db/migrate.ts";
import { openChannels } from "../../db/places.ts";
import { createEmbedder } from "../../embed/credentials.ts";
import { ConfigError } from "../../errors.ts";
import { createLedger } from "../../money/ledger.ts";
import { type Hit, retrieve } from "../../search/retrieve.ts";
import { type Command, EXIT, onlyArgument, type Terminal, UsageError } from "./command.ts";
import { openExisting } from "./database.ts";

const LIMIT = 10;
const LIMIT_MAX = 100;

interface Asked {
  question: string;
  platform: string;
  workspace: string | null;
  channel: string;
  limit: number;
}

export const searchCommand: Command = {
  usage: '"QUESTION" --channel NAME [--workspace ID] [--platform NAME] [--limit N] [--json]',
  summary: "finds passages of one channel's files, as an answer would",
  options: [
    "--channel    the channel's name or id; only its files are searched",
    "--workspace  where channels of several workspaces have that name",
    "--platform   web (as it is without), slack",
    `--limit      passages at most: ${LIMIT}, or up to ${LIMIT_MAX}`,
    "--json       prints one JSON object with the scores of each",
  ],
  async run(given, terminal) {
    const { asked, json } = parse(given);
    const opened = terminal();
    const { hits, coverage } = await search(opened, asked);
    const shown = hits.map(shape);
    if (json) opened.say(JSON.stringify({ ...asked, coverage, hits: shown }));
    else for (const line of describe(shown, asked)) opened.say(line);
    return EXIT.done;
  },
};

function parse(given: string[]): { asked: Asked; json: boolean } {
  const { values, positionals } = parseArgs({
    args: given,
    allowPositionals: true,
    options: {
      channel: { type: "string" },
      workspace: { type: "string" },
      platform: { type: "string", default: "web" },
      limit: { type: "string", default: String(LIMIT) },
      json: { type: "boolean", default: false },
    },
  });
  const question = onlyArgument(positionals, "question (in quotes)");
  if (!values.channel) throw new UsageError("Which channel? Name one with --channel.");
  const limit = Number(values.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX) {
    throw new UsageError(`--limit takes a whole number from 1 to ${LIMIT_MAX}.`);
  }
  const { channel, platform, workspace = null, json } = values;
  return { asked: { question, platform, workspace, channel, limit }, json };
}

async function search(terminal: Terminal, asked: Asked) {
  await using database = await openExisting(terminal);
  const { pool: db } = database;
  await requireNewest(db, terminal.migrations);
  const { workspaceId, platformId } = await findChannel(db, asked);
  const wanted = { publicOnes: false, platformIds: [platformId] };
  const channels = await openChannels(db, workspaceId, wanted);
  const { question, limit } = asked;
  return await retrieve(db, {
    workspaceId,
    channelIds: channels.map(({ id }) => id),
    question,
    vector: await vectorOf(terminal, db, workspaceId, question),
    limit,
  });
}

interface Found {
  workspaceId: number;
  workspace: string;
  platformId: string;
}

/** @throws {ConfigError} where there is no such channel, or more than one */
async function findChannel(db: Pool, asked: Asked): Promise<Found> {
  const { channel, platform, workspace } = asked;
  const { rows } = await db.query<Found>(
    `select w.id as "workspaceId", w.platform_id as workspace, c.platform_id as "platformId"
       from workspace w join channel c on c.workspace_id = w.id
      where w.platform = $1 and ($2::text is null or w.platform_id = $2)
        and (c.platform_id = $3 or c.name = ltrim($3, '#'))
      order by w.id, c.id`,
    [platform, workspace, channel],
  );
  const [first, second] = rows;
  if (!first)
    throw new ConfigError(`Nothing was shared in a channel ${channel} of ${platform} yet.`);
  if (!second) return first;
  const places = rows.map((row) => `${row.workspace}/${row.platformId}`).join(", ");
  throw new ConfigError(
    `More than one channel is called ${channel}: ${places}. Give its id, and --workspace.`,
  );
}

/** As for an answer, and paid as for one. Null where there is none to be had: words alone must do. */
async function vectorOf(
  { config, environment, log, stopSignal }: Terminal,
  db: Pool,
  workspaceId: number,
  question: string,
): Promise<Float32Array | null> {
  const homeFolder = environment.HOME ?? homedir();
  const embedder = await createEmbedder({ ...config.embedding, env: environment, homeFolder, log });
  const ledger = createLedger({ db, budgets: config.money, log });
  const payer = { workspaceId, userId: null };
  return queryVector({ embedder, ledger, log }, question, payer, stopSignal());
}

function shape(hit: Hit, index: number) {
  const { score, lexicalScore, vectorScore, text, locator, position, share } = hit;
  return {
    ...{ rank: index + 1, score, lexicalScore, vectorScore },
    ...{ file: share.name, fileId: share.fileId, position, where: where(locator), locator, text },
  };
}

function describe(hits: ReturnType<typeof shape>[], { channel }: Asked): string[] {
  if (hits.length === 0) return [`Nothing was found in ${channel}.`];
  return hits.flatMap((hit) => {
    const legs = `words ${round(hit.lexicalScore)}, meaning ${round(hit.vectorScore)}`;
    const place = [hit.file, hit.where].filter(Boolean).join(", ");
    return [`${hit.rank}. ${place}  (${round(hit.score)}: ${legs})`, hit.text, ""];
  });
}

function round(score: number | null): string {
  return score === null ? "none" : score.toFixed(3);
}
