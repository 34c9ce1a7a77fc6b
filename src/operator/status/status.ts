import type { Pool } from "pg";
import { EMBEDDER_OFF } from "../../embed/credentials.ts";
import type { Embedder } from "../../embed/embedder.ts";
import type { Queue } from "../../jobs/queue.ts";
import { readHealth } from "../../models/health.ts";
import { fingerprintOf, readKey } from "../../models/key.ts";
import type { Budgets } from "../../money/spending.ts";
import type { Status, StatusViewer } from "../../surface.ts";
import { VERSION } from "../version.ts";
import { detailsOf } from "./details.ts";
import { lineOf, type StatusFacts } from "./line.ts";
import { modelStatuses, readDays } from "./models.ts";
import { isShareUsedUp, moneyStatus, NOTHING_SPENT, readSpent, usedUpUntil } from "./money.ts";

export interface StatusDeps {
  db: Pool;
  queue: Pick<Queue, "depth">;
  engine: Status["engine"];
  embedder: Embedder | null;
  models: readonly string[];
  apiKey: string | null;
  budgets: Budgets;
}

/** Whoever runs Docent sees all of it. */
export const OPERATOR: StatusViewer = { workspace: null, wide: true, admin: true };

/** How Docent is, with the fix for whatever is wrong. Anybody may read it, and sees what is theirs to see. */
export async function readStatus(deps: StatusDeps, viewer: StatusViewer): Promise<Status> {
  const facts = await gather(deps, viewer);
  const { version, engine, embedder, models, files, queue, money } = facts;
  const status = { version, engine, embedder, models, files, queue, money };
  return { ...status, line: lineOf(facts), details: detailsOf(facts) };
}

/** A workspace in which nothing has happened yet is not known: it must not be taken for all of them. */
type Known = { id: number | null } | "unknown";

async function gather(deps: StatusDeps, viewer: StatusViewer): Promise<StatusFacts> {
  const { db, apiKey, engine } = deps;
  const known = await findWorkspace(db, viewer.workspace);
  const [files, queue, health, days, key, spent] = await Promise.all([
    viewer.wide && known !== "unknown" ? countFiles(db, known.id) : NO_FILES,
    // They are those of all workspaces together.
    viewer.admin ? deps.queue.depth() : NO_JOBS,
    readHealth(db, deps.models),
    readDays(db, deps.models),
    apiKey === null ? null : readKey(db, fingerprintOf(apiKey)),
    known === "unknown" ? NOTHING_SPENT : readSpent(db, known.id, deps.budgets),
  ]);
  const nowMs = Date.now();
  const isBlocked = key?.state === "invalid" || key?.state === "credit_out";
  const asking = isBlocked ? "blocked" : "works";
  const { wide } = viewer;
  const asked = { key: key ? asking : "none", wide, nowMs } as const;
  const models = modelStatuses(health, days, {
    ...asked,
    isShareUsedUp: (facts) => isShareUsedUp(spent.budgets, health, facts),
  });
  const next = health[models.findIndex((model) => model.next)];
  return {
    ...{ version: VERSION, engine, models, files, queue, viewer, nowMs },
    embedder: deps.embedder?.state() ?? EMBEDDER_OFF,
    money: key !== null && viewer.admin ? moneyStatus(key, spent) : null,
    key: key === null ? "none" : key.state,
    usedUpUntilMs: next ? usedUpUntil(spent.budgets, next) : null,
  };
}

async function findWorkspace(db: Pool, workspace: StatusViewer["workspace"]): Promise<Known> {
  if (workspace === null) return { id: null };
  const { rows } = await db.query<{ id: number }>(
    "select id from workspace where platform = $1 and platform_id = $2",
    [workspace.platform, workspace.workspaceId],
  );
  return rows[0] ?? "unknown";
}

const NO_FILES: Status["files"] = { searchable: 0, reading: 0, failed: 0, withoutVectors: 0 };
const NO_JOBS: Status["queue"] = { waiting: 0, running: 0, dead: 0 };

/** @param workspaceId null: all of them */
async function countFiles(db: Pool, workspaceId: number | null): Promise<Status["files"]> {
  const { rows } = await db.query<Status["files"]>(
    `select count(*) filter (where c.state = 'searchable')::int as searchable,
            count(*) filter (where c.state = 'reading' or s.content_id is null and s.reason is null)::int
              as reading,
            count(*) filter (where c.state = 'failed' or s.reason is not null)::int as failed,
            count(*) filter (where c.state = 'searchable' and c.vectors + c.refused < c.chunks)::int
              as "withoutVectors"
       from share s left join content c on c.workspace_id = s.workspace_id and c.id = s.content_id
      where $1::int is null or s.workspace_id = $1`,
    [workspaceId],
  );
  return rows[0] ?? NO_FILES;
}
