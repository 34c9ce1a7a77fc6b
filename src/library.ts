import type { Pool } from "pg";
import { where } from "./answer/where.ts";
import type { Library, Locator, Passage, Status } from "./chat.ts";

/** More passages than this are asked for page by page. */
const PASSAGES_MAX = 500;

/** What surfaces of our own read directly. They have checked the person's access to the channel. */
export function createLibrary(deps: { db: Pool; status(): Promise<Status> }): Library {
  return {
    status: deps.status,
    passages: async ({ place, fileId }, from, count) => {
      const { rows } = await deps.db.query<{ position: number; text: string; locator: Locator }>(
        `select k.position, k.text, k.locator
           from workspace w
           join channel c on c.workspace_id = w.id and c.platform_id = $3
           join share s on s.workspace_id = w.id and s.channel_id = c.id and s.file_id = $4
           join content t on t.workspace_id = w.id and t.id = s.content_id and t.state = 'searchable'
           join chunk k on k.workspace_id = w.id and k.content_id = t.id
          where w.platform = $1 and w.platform_id = $2 and k.position >= $5
          order by k.position limit $6`,
        [
          place.platform,
          place.workspaceId,
          place.channelId,
          fileId,
          from,
          Math.min(count, PASSAGES_MAX),
        ],
      );
      return rows.map((row): Passage => ({ ...row, where: where(row.locator) }));
    },
  };
}
