import type { Pool } from "pg";
import type { Locator } from "../chat.ts";
import type { PlaceIds } from "./places.ts";

/** An answer, and what of its sources is still as it was. */
export interface AnswerSources {
  private: boolean;
  state: "answering" | "done" | "failed";
  /** How many sources it had. */
  total: number;
  /** By number; only those whose file is still shared with the same content. */
  sources: StoredSource[];
}

export interface StoredSource {
  number: number;
  /** The platform's id. */
  channelId: string;
  name: string;
  locator: Locator;
  /** Empty once the words of old answers are forgotten. */
  quote: string;
  permalink: string | null;
}

/**
 * The newest answer to a question, or in a thread. One that was given in private is there for its asker alone.
 * @param of the question's or the thread's id
 */
export async function findSources(
  db: Pool,
  { workspaceId, channelId }: PlaceIds,
  of: { questionId: string } | { threadId: string },
  userId: string,
): Promise<AnswerSources | null> {
  const [column, id] =
    "questionId" in of ? ["question_id", of.questionId] : ["thread_id", of.threadId];
  const { rows } = await db.query<AnswerSources>(
    `select a.private, a.state, count(s.number)::int as total,
            coalesce(jsonb_agg(jsonb_build_object(
              'number', s.number, 'channelId', c.platform_id, 'name', h.name, 'locator', k.locator,
              'quote', s.quote, 'permalink', h.permalink)
              order by s.number) filter (where k.position is not null), '[]') as sources
       from answer a
       left join answer_source s on s.workspace_id = a.workspace_id and s.answer_id = a.id
       left join share h on h.workspace_id = s.workspace_id and h.id = s.share_id
              and h.content_id = s.content_id
       left join channel c on c.workspace_id = h.workspace_id and c.id = h.channel_id
       left join chunk k on k.workspace_id = h.workspace_id and k.content_id = h.content_id
              and k.position = s.position
      where a.workspace_id = $1 and a.channel_id = $2 and a.${column} = $3
        -- A command put as a question looked at no files, and neither did small talk.
        and (a.retrieved is not null or $5)
        and (not a.private or a.asker_id = $4)
      group by a.workspace_id, a.id order by a.id desc limit 1`,
    [workspaceId, channelId, id, userId, "questionId" in of],
  );
  return rows[0] ?? null;
}
