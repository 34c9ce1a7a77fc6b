import type { Pool } from "pg";
import type { Locator } from "../chat.ts";
import type { Attempt } from "../models/attempt.ts";
import type { InspectedPassage } from "../surface.ts";
import type { PlaceIds } from "./places.ts";

interface StoredInspection {
  retrieved: { channels: string[]; narrowed: string | null; coverage: number };
  model: string | null;
  attempts: Attempt[];
  passages: (Omit<InspectedPassage, "where"> & { locator: Locator })[];
}

/**
 * What an answer was made from, with the texts as they are now. What was unshared since, or is in a channel that
 * is off by now, is left out.
 */
export async function readInspection(
  db: Pool,
  { workspaceId, channelId }: PlaceIds,
  questionId: string,
): Promise<StoredInspection | null> {
  const { rows } = await db.query<StoredInspection>(
    `select a.model, a.attempts, a.retrieved - 'hits' as retrieved,
            coalesce(jsonb_agg(jsonb_build_object(
              'fileName', s.name, 'fileId', s.file_id, 'text', k.text, 'position', k.position,
              'locator', k.locator, 'score', h.score, 'lexicalScore', h."lexicalScore",
              'vectorScore', h."vectorScore", 'given', h.given, 'cited', h.cited)
              order by h.score desc) filter (where k.position is not null), '[]') as passages
       from answer a
       left join jsonb_to_recordset(a.retrieved -> 'hits') as h(
              "contentId" bigint, position int, score float8, "shareId" bigint,
              "lexicalScore" float8, "vectorScore" float8, given int, cited int) on true
       left join (share s join channel c on c.workspace_id = s.workspace_id and c.id = s.channel_id
                   and c.mode <> 'off' and c.gone_at is null)
              on s.workspace_id = a.workspace_id and s.id = h."shareId" and s.content_id = h."contentId"
       left join chunk k on k.workspace_id = a.workspace_id and k.content_id = s.content_id
              and k.position = h.position
      where a.workspace_id = $1 and a.channel_id = $2 and a.question_id = $3
        and not a.private and a.retrieved is not null
      group by a.workspace_id, a.id order by a.id desc limit 1`,
    [workspaceId, channelId, questionId],
  );
  return rows[0] ?? null;
}
