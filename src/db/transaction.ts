import type { Pool, PoolClient } from "pg";

/**
 * Runs `work` in one transaction on one connection. Await nothing but the database inside: on the embedded
 * engine every other query waits until this transaction ends.
 * @throws what `work` threw, after the rollback; a rollback that fails too never hides it
 */
export async function inTransaction<T>(
  pool: Pool,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let result: T;
  try {
    await client.query("begin");
    result = await work(client);
    await commit(client);
  } catch (error) {
    client.release(await failureOfRollback(client));
    throw error;
  }
  client.release();
  return result;
}

async function commit(client: PoolClient): Promise<void> {
  const { command } = await client.query("commit");
  // Postgres answers COMMIT with ROLLBACK, and no error, where a failed statement went unnoticed.
  if (command !== "COMMIT") {
    throw new Error(
      "The transaction was rolled back: an error of one of its statements was caught.",
    );
  }
}

/** The connection is fit for use again only where this is undefined; otherwise the pool must drop it. */
async function failureOfRollback(client: PoolClient): Promise<Error | undefined> {
  try {
    await client.query("rollback");
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
