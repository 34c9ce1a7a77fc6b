import type { Pool } from "pg";
import { EMBEDDER_OFF } from "../embed/credentials.ts";
import type { Embedder } from "../embed/embedder.ts";
import type { Queue } from "../jobs/queue.ts";
import { readHealth } from "../models/health.ts";
import type { Status } from "../surface.ts";
import { VERSION } from "./version.ts";

export interface StatusDeps {
  db: Pool;
  queue: Pick<Queue, "depth">;
  engine: Status["engine"];
  embedder: Embedder | null;
  models: readonly string[];
  keyGiven: boolean;
}

const NO_KEY = "no OPENROUTER_API_KEY: answers are the best passages as they stand";

/**
 * How Docent is, with the fix for whatever is wrong. Anybody may read it.
 * @param wide with how much there is in all channels together
 */
export async function readStatus(deps: StatusDeps, wide = true): Promise<Status> {
  const [files, queue, health] = await Promise.all([
    wide ? countFiles(deps.db) : NO_FILES,
    wide ? deps.queue.depth() : NO_JOBS,
    readHealth(deps.db, deps.models),
  ]);
  const models = deps.keyGiven
    ? health
    : health.map((model) => ({ ...model, state: "off", note: NO_KEY }));
  const embedder = deps.embedder?.state() ?? EMBEDDER_OFF;
  const status = { version: VERSION, engine: deps.engine, embedder, models, files, queue };
  return { ...status, line: lineOf(status, deps.keyGiven, wide) };
}

const NO_FILES: Status["files"] = { searchable: 0, reading: 0, failed: 0, withoutVectors: 0 };
const NO_JOBS: Status["queue"] = { waiting: 0, running: 0, dead: 0 };

const NO_MODEL = "⚠️ Working without a model: set OPENROUTER_API_KEY for written answers";

function modelsLine(models: Status["models"]): string {
  const [first] = models;
  const isDown = models.every(({ state }) => state === "failing" || state === "retired");
  return isDown ? `⚠️ No model answers: ${first?.id} ${first?.note}` : "✅ Working";
}

function lineOf(status: Omit<Status, "line">, keyGiven: boolean, wide: boolean): string {
  const { files, queue } = status;
  const parts = [keyGiven ? modelsLine(status.models) : NO_MODEL];
  if (wide)
    parts.push(`${files.searchable} ${files.searchable === 1 ? "file" : "files"} searchable`);
  if (status.embedder.state === "failing") parts.push("the embedder is away: words alone");
  if (files.reading > 0) parts.push(`${files.reading} being read`);
  if (files.withoutVectors > 0) parts.push(`${files.withoutVectors} by words alone`);
  if (queue.waiting > 0) parts.push(`${queue.waiting} waiting`);
  return parts.join(" · ");
}

async function countFiles(db: Pool): Promise<Status["files"]> {
  const { rows } = await db.query<Status["files"]>(
    `select count(*) filter (where c.state = 'searchable')::int as searchable,
            count(*) filter (where c.state = 'reading' or s.content_id is null and s.reason is null)::int
              as reading,
            count(*) filter (where c.state = 'failed' or s.reason is not null)::int as failed,
            count(*) filter (where c.state = 'searchable' and c.vectors + c.refused < c.chunks)::int
              as "withoutVectors"
       from share s left join content c on c.workspace_id = s.workspace_id and c.id = s.content_id`,
  );
  return rows[0] ?? NO_FILES;
}
