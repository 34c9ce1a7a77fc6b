import type { Pool } from "pg";
import type { ModelHour } from "../../surface.ts";

/** How the models did with people's questions in each of the last 24 hours, this one included; oldest first. */
export async function readModelHours(db: Pool): Promise<ModelHour[]> {
  const { rows } = await db.query<ModelHour>(
    `select model, (extract(epoch from hour) * 1000)::float8 as "atMs", count(*)::int as tries,
            count(*) filter (where outcome = 'answered')::int as answered,
            percentile_cont(0.5) within group (order by first_token_ms) as "firstTokenMs"
       from (select *, date_bin('1 hour', at, '2000-01-01 00:00Z') as hour from model_attempt
              where not probe
                and at >= date_bin('1 hour', now(), '2000-01-01 00:00Z') - interval '23 hours') a
      group by model, hour
      order by hour, model`,
  );
  return rows;
}
