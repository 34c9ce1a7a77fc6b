import { setTimeout as pause } from "node:timers/promises";
import type { Pool } from "pg";
import type { PlaceIds } from "../db/places.ts";
import type { Mention } from "../events.ts";

/** A file that came with a question, or was shared in its thread. */
export interface AwaitedFile {
  fileId: string;
  name: string | null;
  contentId: number | null;
  state: "coming" | "reading" | "searchable" | "failed";
  reason: string | null;
}

const LOOK_EVERY_MS = 250;
const WAIT_MS_MAX = 120_000;
// A file of which nothing was heard by then is not going to be read: its channel may be closed to it.
const COMING_MS_MAX = 15_000;

/**
 * Waits for the files of a question, with a word for whoever waits too.
 * @returns the files as they are at the end: searchable, failed, or still on their way
 */
export async function* awaitFiles(
  db: Pool,
  asked: Mention & { ids: PlaceIds },
  signal: AbortSignal,
): AsyncGenerator<string, AwaitedFile[]> {
  const startedMs = performance.now();
  let said = "";
  for (;;) {
    const files = await filesOf(db, asked);
    const waitedMs = performance.now() - startedMs;
    const open = files.filter((file) => isOpen(file, waitedMs));
    if (open.length === 0 || waitedMs > WAIT_MS_MAX) return files;
    const names = open.map(({ name }) => name ?? "the file").join(", ");
    if (names !== said) yield `Reading ${names} first…`;
    said = names;
    await pause(LOOK_EVERY_MS, undefined, { signal });
  }
}

function isOpen({ state }: AwaitedFile, waitedMs: number): boolean {
  return state === "reading" || (state === "coming" && waitedMs < COMING_MS_MAX);
}

async function filesOf(
  db: Pool,
  { ids, fileIds, place, messageId, onlyFor }: Mention & { ids: PlaceIds },
): Promise<AwaitedFile[]> {
  const { rows } = await db.query<AwaitedFile>(
    `select coalesce(s.file_id, f.id) as "fileId", s.name, s.content_id as "contentId",
            case when s.reason is not null then 'failed'
                 when c.state is null then 'coming' else c.state end as state,
            coalesce(s.reason, c.reason) as reason
       from unnest($3::text[]) as f(id)
       full join (select * from share where workspace_id = $1 and channel_id = $2
                    and (file_id = any($3) or thread_id = $4)) s on s.file_id = f.id
       left join content c on c.workspace_id = $1 and c.id = s.content_id`,
    // Whoever asks in private may have left the thread's channel meanwhile.
    [ids.workspaceId, ids.channelId, fileIds, onlyFor ? null : (place.threadId ?? messageId)],
  );
  return rows;
}
