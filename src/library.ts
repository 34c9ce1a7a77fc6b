import type { Pool } from "pg";
import { where } from "./answer/where.ts";
import type { Locator } from "./chat.ts";
import { readInspection } from "./db/inspections.ts";
import { findPlace, settingsOf } from "./db/places.ts";
import { verdict } from "./models/failure.ts";
import { readModelHours } from "./operator/status/hours.ts";
import { NOT_HERE_COVERAGE } from "./search/weights.ts";
import type { InspectedPassage, Inspection, Library, Passage } from "./surface.ts";

/** More passages than this are asked for page by page. */
const PASSAGES_MAX = 500;

/** What surfaces of our own read directly. They have checked the person's access to the channel. */
export function createLibrary(deps: { db: Pool } & Pick<Library, "status">): Library {
  const { db, status } = deps;
  return {
    status,
    modelHours: () => readModelHours(db),
    passages: (file, from, count) => passagesOf(db, file, from, count),
    settings: async (place, userId) => {
      const ids = await findPlace(db, place);
      const known = ids && (await settingsOf(db, ids, userId));
      return known ?? { mode: "auto", optedOut: false };
    },
    inspect: async (place, questionId) => {
      const ids = await findPlace(db, place);
      const found = ids && (await readInspection(db, ids, questionId));
      return found ? toInspection(found) : null;
    },
  };
}

function toInspection(found: Awaited<ReturnType<typeof readInspection>> & object): Inspection {
  const { retrieved, passages, model, attempts } = found;
  return {
    scope: { channels: retrieved.channels, narrowed: retrieved.narrowed },
    coverage: retrieved.coverage,
    // Where passages were given all the same (found by meaning, or asked about before), nothing was wanted of the words.
    coverageMin: passages.some(({ given }) => given !== null) ? 0 : NOT_HERE_COVERAGE,
    model,
    passages: passages.map(
      ({ locator, ...passage }): InspectedPassage => ({ ...passage, where: where(locator) }),
    ),
    attempts: attempts.map(({ model: name, outcome, reason, totalMs }) => ({
      model: name,
      outcome,
      note: reason === "" ? "" : verdict(reason).text,
      totalMs,
    })),
  };
}

async function passagesOf(
  db: Pool,
  { place, fileId }: Parameters<Library["passages"]>[0],
  from: number,
  count: number,
): Promise<Passage[]> {
  const { rows } = await db.query<{ position: number; text: string; locator: Locator }>(
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
}
