import { escapeIdentifier, type Pool } from "pg";

/**
 * Vacuums and analyses the tables of ours that have changed by much, one statement each so that other queries pass
 * in between. For the embedded engine, which has no autovacuum; Postgres does this by itself.
 * @returns how many tables were worked on
 */
export async function maintain(pool: Pool): Promise<number> {
  // Counts reach the statistics late otherwise, and only a statement that comes after sees them.
  await pool.query("select pg_stat_force_next_flush()");
  const { rows } = await pool.query<{ schema: string; name: string }>(CHANGED);
  for (const { schema, name } of rows) {
    await pool.query(`vacuum (analyze) ${escapeIdentifier(schema)}.${escapeIdentifier(name)}`);
  }
  return rows.length;
}

// The rules of Postgres' own autovacuum. The engine forgets its counts when it ends: a table that has grown since
// its size was last written down was written to as well.
const CHANGED = `
  select s.schemaname as schema, s.relname as name
    from pg_stat_user_tables s join pg_class c on c.oid = s.relid,
         lateral (select greatest(c.reltuples, 0) as rows) size
   where c.relkind = 'r'
     and (s.n_dead_tup > 50 + 0.2 * size.rows
       or s.n_ins_since_vacuum > 1000 + 0.2 * size.rows
       or s.n_mod_since_analyze > 50 + 0.1 * size.rows
       or pg_relation_size(c.oid) / current_setting('block_size')::int > 10 + 1.2 * c.relpages)
   order by 1, 2`;
