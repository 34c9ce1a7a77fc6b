import type { Pool, PoolClient } from "pg";
import { tellAccess } from "./access.ts";
import type { Adapter, Inbox } from "./chat.ts";
import {
  type Asked,
  advanceListing,
  anyOutsider,
  currentListing,
  doubtChannel,
  endListing,
  keepAnswer,
  keepChange,
  keepListed,
  type Listing,
  outsidersToAsk,
  restartListing,
} from "./db/outsiders.ts";
import { inTransaction } from "./db/transaction.ts";
import type { Directory, People } from "./directory.ts";
import { ConfigError, ServiceError } from "./errors.ts";
import type { Joined, Place } from "./events.ts";
import { JobPostponed, type Queue } from "./jobs/queue.ts";
import type { Job } from "./jobs/worker.ts";
import type { Log } from "./log.ts";
import { claimChore, dropChore, postponeChore } from "./models/chore.ts";

/** The next page of a workspace's people is to be listed, or the next outsiders asked about. It comes from ourselves. */
export interface OutsidersDue {
  kind: "outsiders_due";
  place: Place;
  userId: string;
}

export interface OutsidersDeps {
  db: Pool;
  queue: Queue;
  adapterOf(platform: string): Pick<Adapter, "directory">;
  log: Log;
}

type Workspace = Pick<Place, "platform" | "workspaceId">;

const DAY_S = 86_400;
const RETRY_S = 3_600;
// Who becomes an outsider while nobody listens is not told of. A new listing takes minutes, so shorter gaps may pass.
const UNHEARD_MINUTES_MAX = 60;
const ASKED_AT_ONCE = 10;
const SLOW_DOWN_MS = 30_000;

/** What one platform's adapter is given to look up. */
export function peopleOf(db: Pool, platform: string): People {
  return {
    outsiders: (workspaceId, among) =>
      anyOutsider(db, { platform, workspaceId }, among, UNHEARD_MINUTES_MAX),
  };
}

/**
 * To be called now and then while this workspace is listened to: has its people listed where that is due.
 * @param gapMs for how long nobody listened before; null: there was no gap
 */
export async function listWhenDue(
  client: PoolClient,
  queue: Queue,
  workspace: Workspace,
  gapMs: number | null,
): Promise<void> {
  const isDaily = await claimChore(client, choreOf(workspace), DAY_S);
  if (gapMs === null && !isDaily) return;
  await restartListing(client, workspace, (gapMs ?? 0) >= UNHEARD_MINUTES_MAX * 60_000);
  await sendDue(client, queue, workspace);
}

/** The name of the chore that begins a workspace's listing each day. */
function choreOf({ platform, workspaceId }: Workspace): string {
  return `outsiders ${platform} ${workspaceId}`;
}

/** Stores what was heard of somebody. Once it is, no process answers as if they were what they were before. */
export async function changePerson(
  { db, queue }: Pick<OutsidersDeps, "db" | "queue">,
  change: Parameters<Inbox["personChanged"]>[0],
): Promise<void> {
  await inTransaction(db, async (client) => {
    if (!(await keepChange(client, change))) return;
    const { platform, workspaceId, outsider } = change;
    await tellAccess(client, { platform, workspaceId });
    if (outsider !== null) await sendDue(client, queue, change);
  });
}

/** Docent is gone from the workspace: should it come back, all are to be listed at once. */
export async function dropListing(client: PoolClient, workspace: Workspace): Promise<void> {
  await dropChore(client, choreOf(workspace));
}

/** Docent has come into a channel: which outsiders are in it is to be asked. */
export async function doubtOutsiders(
  client: PoolClient,
  queue: Queue,
  { place }: Joined,
): Promise<void> {
  if (await doubtChannel(client, place)) await sendDue(client, queue, place);
}

/** One that waits is enough, and this queue takes no second one of a workspace. */
async function sendDue(
  client: PoolClient,
  queue: Queue,
  { platform, workspaceId }: Workspace,
): Promise<void> {
  const place = { platform, workspaceId, channelId: "", threadId: null };
  const due: OutsidersDue = { kind: "outsiders_due", place, userId: "" };
  await queue.send(client, "people", due, `${platform}:${workspaceId}`);
}

/** One step of it, and the next is stored: a process that ends, or a platform that is away, costs no more than that. */
export async function continueListing(
  deps: OutsidersDeps,
  job: Job<OutsidersDue>,
  signal: AbortSignal,
): Promise<void> {
  const { place } = job.data;
  const { directory } = deps.adapterOf(place.platform);
  const write = directory
    ? await patiently(deps, job, () => step(deps, directory, place, signal))
    : NOTHING;
  await inTransaction(deps.db, async (client) => {
    if (await write(client)) await sendDue(client, deps.queue, place);
    await deps.queue.complete(client, "people", job);
  });
}

/** Writes down what came of a step. @returns whether there is more to do */
type Write = (client: PoolClient) => Promise<boolean>;

const NOTHING: Write = async () => false;

/** What fails for good is begun anew in an hour; until then nothing becomes known that was not. */
async function patiently(
  { db, log }: OutsidersDeps,
  job: Job<OutsidersDue>,
  work: () => Promise<Write>,
): Promise<Write> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ServiceError && error.status === 429) {
      throw new JobPostponed("the platform asks to slow down", error.retryAfterMs ?? SLOW_DOWN_MS);
    }
    const isFinal = job.last || isHopeless(error);
    if (!(isFinal && (error instanceof ServiceError || error instanceof ConfigError))) throw error;
    const { platform, workspaceId } = job.data.place;
    log.warn({ platform, workspaceId, reason: error.message }, "who is a guest can't be told");
    await postponeChore(db, choreOf(job.data.place), { everyS: DAY_S, inS: RETRY_S });
    return NOTHING;
  }
}

function isHopeless(error: unknown): boolean {
  return error instanceof ConfigError || (error instanceof ServiceError && !error.retryable);
}

async function step(
  deps: OutsidersDeps,
  directory: Directory,
  place: Place,
  signal: AbortSignal,
): Promise<Write> {
  const listing = await currentListing(deps.db, place);
  if (listing.cursor === null) {
    const isMore = await askSome(deps, directory, place, signal);
    return async () => isMore;
  }
  const page = await directory.outsiders(place.workspaceId, listing.cursor || null, signal);
  return (client) => keepPage(client, place, listing, page);
}

/** Behind the last page their channels are asked for. */
async function keepPage(
  client: PoolClient,
  { platform, workspaceId }: Place,
  listing: Listing,
  { outsiders, next }: Awaited<ReturnType<Directory["outsiders"]>>,
): Promise<boolean> {
  const id = await advanceListing(client, { platform, workspaceId }, listing, next);
  if (id === null) return true;
  const isNew = await keepListed(client, id, outsiders);
  if (next === null) await endListing(client, id);
  if (isNew || next === null) await tellAccess(client, { platform, workspaceId });
  return true;
}

async function askSome(
  { db, log }: OutsidersDeps,
  directory: Directory,
  place: Place,
  signal: AbortSignal,
): Promise<boolean> {
  const people = await outsidersToAsk(db, place, ASKED_AT_ONCE);
  for (const person of people) {
    signal.throwIfAborted();
    await keepAnswer(db, person, await answerOf({ directory, log }, place, person, signal));
  }
  return people.length === ASKED_AT_ONCE;
}

/** Of whom the platform will not tell, it stays unknown where they are, until the next listing. */
async function answerOf(
  { directory, log }: { directory: Directory; log: Log },
  { workspaceId }: Place,
  { userId }: Asked,
  signal: AbortSignal,
): Promise<Parameters<typeof keepAnswer>[2]> {
  try {
    return await directory.outsider(workspaceId, userId, signal);
  } catch (error) {
    const isTheirs = error instanceof ServiceError && !error.retryable && error.status !== 429;
    if (!isTheirs) throw error;
    log.info({ reason: error.message }, "where a guest is can't be told");
    return { kind: null, channels: null };
  }
}
