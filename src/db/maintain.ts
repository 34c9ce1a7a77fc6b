import { escapeIdentifier, type Pool } from "pg";

/**
 * Vacuums and analyses every table of ours, one statement each so that other queries pass in between.
 * For the embedded engine, which has no autovacuum; Postgres does this by itself.
 * @returns how many tables were worked on
 */
export async function maintain(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ schema: string; name: string }>(
    `select schemaname as schema, tablename as name from pg_tables
      where schemaname not in ('pg_catalog', 'information_schema')
      order by schemaname, tablename`,
  );
  for (const { schema, name } of rows) {
    await pool.query(`vacuum (analyze) ${escapeIdentifier(schema)}.${escapeIdentifier(name)}`);
  }
  return rows.length;
}
