import type { Pool, PoolClient } from "pg";
import { arrive, firstMode } from "./arrive.ts";
import { refusalFor } from "./brakes.ts";
import type { ChannelMode, Note, SharedPage } from "./chat.ts";
import { allowed, type RightsDeps } from "./commands/allowed.ts";
import {
  advanceBackfill,
  type Backfill,
  beginBackfill,
  currentBackfill,
  endBackfill,
  filesOnTheirWay,
  inviterOf,
  isNew,
  saveInviter,
} from "./db/backfills.ts";
import { beginMode, findPlace, type PlaceIds, settingsOf } from "./db/places.ts";
import { inTransaction } from "./db/transaction.ts";
import { costMicrousd, type Embedder } from "./embed/embedder.ts";
import type { BackfillAccepted, FileShared, Joined, Place } from "./events.ts";
import { type IngestDeps, ingestFile } from "./ingest/ingest.ts";
import { JobPostponed, type Queue } from "./jobs/queue.ts";
import type { Job } from "./jobs/worker.ts";
import type { Log } from "./log.ts";
import { dollarsOf, filesOf } from "./operator/status/words.ts";

/** The next page of a backfill is to be taken in. It comes from ourselves, not from a platform. */
export interface BackfillDue {
  kind: "backfill_due";
  place: Place;
  userId: string;
  /** All pages were: the rest is to wait until their files are read. */
  isListed: boolean;
}

/** A file that was shared before Docent came. Nobody waits for it, so nothing is shown at its message. */
export interface BackfillFile {
  kind: "backfill_file";
  place: Place;
  userId: string;
  file: FileShared;
}

export interface BackfillDeps extends RightsDeps {
  db: Pool;
  queue: Queue;
  embedder: Embedder | null;
  log: Log;
}

// What a file takes is reckoned with these: some twenty pages of text.
const SECONDS_PER_FILE = 3;
const TOKENS_PER_FILE = 10_000;

const WAITING_FILES_MAX = 20;
const FILES_MAX = 10_000;
const LOOK_AGAIN_MS = 2_000;

const READS: Record<ChannelMode, string> = {
  auto: "From now on I read every document that is shared here, so that you can ask me about it: just mention me.",
  ask: "Here I read only the files that are handed over to me, with a question or by mention.",
  off: "This channel is turned off: I read nothing here, and use nothing from here in answers.",
};
const PRIVACY =
  "Mention me with `privacy` to see what I read and keep and who sees it, and with `channel off` to have me stop here.";
const NOT_ALLOWED =
  "Only who invited me, a moderator of this channel or an admin can have me read what was shared here before.";
const UNDER_WAY =
  "I am reading what was shared here before. I tell who asked for it when I am done.";
const BEGUN =
  "I am reading what was shared here before, newest first, and tell you when I am done.";
const FAILED = "I could not go on reading what was shared here before. Please try again later.";

/** Docent has come to a channel: whoever invited it hears what it does there, and nobody else. */
export async function greet(
  deps: BackfillDeps,
  job: Job<Joined>,
  signal: AbortSignal,
): Promise<void> {
  const { place, userId } = job.data;
  const adapter = deps.adapterOf(place.platform);
  const { ids, readers } = await arrive(deps, place);
  const mode = await beginMode(deps.db, ids, firstMode(deps.channels, readers, adapter));
  await saveInviter(deps.db, ids, userId);
  const before = mode === "auto" ? await adapter.shared(place, null, signal, true) : null;
  await adapter.tell(place, userId, greeting(mode, before, deps.embedder !== null));
  await inTransaction(deps.db, (client) => deps.queue.complete(client, "event", job));
}

/** @param before the first page of what was shared; null where it would not be read */
function greeting(mode: ChannelMode, before: SharedPage | null, costs: boolean): Note {
  const hello = `Thank you for inviting me! ${READS[mode]} ${PRIVACY}`;
  const count = before?.total ?? before?.listed.length ?? 0;
  if (count === 0) return { text: hello };
  const isMore = before?.total === null && before.next !== null;
  const files = `${isMore ? "more than " : ""}${filesOf(count)} ${count === 1 ? "was" : "were"}`;
  const cost = costs ? costOf(count) : "nothing";
  const text = `${hello}\n\nBefore I came, ${files} shared here. I can read ${count === 1 ? "it" : "them"} too: that takes about ${minutesOf(count)} and costs ${cost}.`;
  const label = isMore ? "Read the older files" : `Read ${filesOf(count)}`;
  return { text, offer: { kind: "backfill", label } };
}

function minutesOf(files: number): string {
  const minutes = Math.ceil((files * SECONDS_PER_FILE) / 60);
  return minutes === 1 ? "1 minute" : `${minutes} minutes`;
}

function costOf(files: number): string {
  const usd = costMicrousd(files * TOKENS_PER_FILE) / 1e6;
  return usd < 0.01 ? "less than $0.01" : `about ${dollarsOf(usd)}`;
}

/** Somebody said yes to it. */
export async function acceptBackfill(
  deps: BackfillDeps,
  job: Job<BackfillAccepted>,
): Promise<void> {
  const { place, userId } = job.data;
  const { ids } = await arrive(deps, place);
  const refusal = await whyNot(deps, job.data, ids);
  // Told before it begins, which may take no time.
  await deps.adapterOf(place.platform).tell(place, userId, { text: refusal ?? BEGUN });
  await inTransaction(deps.db, async (client) => {
    const isBegun = !refusal && (await beginBackfill(client, ids, userId));
    if (isBegun) await sendDue(deps, client, { place, userId, isListed: false });
    await deps.queue.complete(client, "event", job);
  });
}

async function whyNot(
  deps: BackfillDeps,
  { place, userId }: BackfillAccepted,
  ids: PlaceIds,
): Promise<string | null> {
  const refusal = await refusalFor(deps, { place, userId });
  if (refusal) return refusal;
  const inviter = await inviterOf(deps.db, ids);
  if (!(await allowed(deps, { place, userId }, "backfill", inviter))) return NOT_ALLOWED;
  const { mode } = (await settingsOf(deps.db, ids, userId)) ?? { mode: "off" };
  if (mode !== "auto") return READS[mode];
  return (await currentBackfill(deps.db, ids)) ? UNDER_WAY : null;
}

async function sendDue(
  { queue }: BackfillDeps,
  client: PoolClient,
  due: Omit<BackfillDue, "kind">,
): Promise<void> {
  const work: BackfillDue = { kind: "backfill_due", ...due };
  await queue.send(client, "event", work, groupOf(due.place));
}

export async function continueBackfill(
  deps: BackfillDeps,
  job: Job<BackfillDue>,
  signal: AbortSignal,
): Promise<void> {
  const ids = await findPlace(deps.db, job.data.place);
  const current = ids && (await currentBackfill(deps.db, ids));
  if (!current) return await end(deps, job, ids);
  try {
    await goOn(deps, job, { ids, current }, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (job.last && !(error instanceof JobPostponed)) await giveUp(deps, job, { ids, current });
    throw error;
  }
}

interface UnderWay {
  ids: PlaceIds;
  current: Backfill;
}

/** Takes in one page, while few files of the pages before are waiting: fresh files never wait behind them. */
async function goOn(
  deps: BackfillDeps,
  job: Job<BackfillDue>,
  at: UnderWay,
  signal: AbortSignal,
): Promise<void> {
  const { place, isListed } = job.data;
  const most = isListed ? 1 : WAITING_FILES_MAX;
  if ((await filesOnTheirWay(deps.db, place, most)) >= most) {
    throw new JobPostponed("files of the pages before are still waiting", LOOK_AGAIN_MS);
  }
  if (isListed) return await finish(deps, job, at);
  const page = await deps.adapterOf(place.platform).shared(place, at.current.cursor, signal);
  await takeIn(deps, job, at, page);
}

/** The page's files, the place to go on from and the next job: all of it or nothing. */
async function takeIn(
  deps: BackfillDeps,
  job: Job<BackfillDue>,
  { ids, current }: UnderWay,
  page: SharedPage,
): Promise<void> {
  const { place } = job.data;
  await inTransaction(deps.db, async (client) => {
    let files = 0;
    for (const file of page.files) {
      if (!(await isNew(client, file.key, current.emptiedAt))) continue;
      const { userId } = file;
      const work: BackfillFile = { kind: "backfill_file", place, userId, file };
      await deps.queue.send(client, "file", work, groupOf(place), { behind: true });
      files += 1;
    }
    const isListed = page.next === null || current.files + files >= FILES_MAX;
    await advanceBackfill(client, ids, { cursor: page.next, files });
    await sendDue(deps, client, { place, userId: current.wantedBy, isListed });
    await deps.queue.complete(client, "event", job);
  });
}

/** It has ended, or was cancelled because the channel's files are no longer read by themselves. */
async function end(deps: BackfillDeps, job: Job<BackfillDue>, ids: PlaceIds | null): Promise<void> {
  await inTransaction(deps.db, async (client) => {
    if (ids) await endBackfill(client, ids);
    await deps.queue.complete(client, "event", job);
  });
}

async function finish(
  deps: BackfillDeps,
  job: Job<BackfillDue>,
  { ids, current }: UnderWay,
): Promise<void> {
  const { place } = job.data;
  await end(deps, job, ids);
  const text =
    current.files === 0
      ? "There was nothing new among what was shared here before: I know it already."
      : `I am done with what was shared here before: ${filesOf(current.files)}. What I could read of it, you can ask about now.`;
  await deps.adapterOf(place.platform).tell(place, current.wantedBy, { text });
}

/** It can be wanted once more then, and goes on where nothing was taken in yet. */
async function giveUp(
  deps: BackfillDeps,
  { data: { place } }: Job<BackfillDue>,
  { ids, current }: UnderWay,
): Promise<void> {
  await inTransaction(deps.db, (client) => endBackfill(client, ids));
  await deps.adapterOf(place.platform).tell(place, current.wantedBy, { text: FAILED });
}

/** Reads it as any other, but without a sign at a message that may be years old. */
export function readBackfilled(
  deps: IngestDeps,
  { data: { file }, ...attempt }: Job<BackfillFile>,
  signal: AbortSignal,
): Promise<void> {
  const adapterOf = (platform: string) => ({
    ...deps.adapterOf(platform),
    mark: async () => undefined,
  });
  return ingestFile({ ...deps, adapterOf }, { ...attempt, data: file }, signal);
}

function groupOf({ platform, workspaceId }: Place): string {
  return `${platform}:${workspaceId}`;
}
