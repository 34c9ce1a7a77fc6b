import { setTimeout as sleep } from "node:timers/promises";
import { Client, type ClientConfig, DatabaseError } from "pg";
import { ConfigError } from "../errors.ts";

const CONNECT_MS_MAX = 10_000;
const STATEMENT_MS_MAX = 30_000;
const IDLE_IN_TRANSACTION_MS_MAX = 60_000;
const KEEP_ALIVE_AFTER_MS = 30_000;
/** How long a Postgres that is still starting is waited for. */
const START_MS_MAX = 15_000;
const RETRY_MS = 500;

const POSTGRES_MIN = 15;
const PGVECTOR_MIN = [0, 7];

/** Nobody listens yet, or Postgres says that it is starting (57P03). */
const STARTING = new Set(["ECONNREFUSED", "ECONNRESET", "57P03"]);

/** Where a database is, as may be printed: without the password. */
interface Address {
  host: string;
  database: string;
  user: string;
}

/**
 * Settings for every connection to this Postgres, once it answers and can hold our tables.
 * @throws {ConfigError} naming host, database and user, never the password
 */
export async function reachPostgres(
  databaseUrl: string,
  startMsMax = START_MS_MAX,
): Promise<ClientConfig> {
  const config = connectionConfig(databaseUrl);
  const { client, address } = await connect(config, Date.now() + startMsMax);
  try {
    await checkServer(client, address);
  } finally {
    await client.end();
  }
  return config;
}

function connectionConfig(connectionString: string): ClientConfig {
  return {
    connectionString,
    application_name: "docent",
    connectionTimeoutMillis: CONNECT_MS_MAX,
    statement_timeout: STATEMENT_MS_MAX,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS_MAX,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
  };
}

async function connect(
  config: ClientConfig,
  deadline: number,
): Promise<{ client: Client; address: Address }> {
  for (;;) {
    const client = createClient(config);
    if (client === undefined) throw unreadableUrl();
    const address = addressOf(client);
    // Emitted beside the rejection, and once more if the server goes away: unheard, it would end the process.
    client.on("error", () => undefined);
    try {
      await client.connect();
      return { client, address };
    } catch (error) {
      await client.end();
      if (!STARTING.has(codeOf(error)) || Date.now() >= deadline) throw unreachable(error, address);
    }
    await sleep(RETRY_MS);
  }
}

function createClient(config: ClientConfig): Client | undefined {
  try {
    return new Client(config);
  } catch {
    // It throws for one reason only, a URL that cannot be parsed.
    return undefined;
  }
}

/** Without its cause: the error of a URL that cannot be read holds the URL, and so the password. */
function unreadableUrl(): ConfigError {
  return new ConfigError(
    "DATABASE_URL cannot be read. It should look like postgres://user:password@host:5432/database; " +
      "special characters in the password must be percent-encoded.",
  );
}

function addressOf({ host, port, database, user }: Client): Address {
  return { host: `${host}:${port}`, database: database ?? "?", user: user ?? "?" };
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function unreachable(cause: unknown, { host, database, user }: Address): ConfigError {
  const code = codeOf(cause);
  const sentences: Record<string, string> = {
    ENOTFOUND: `There is no host for Postgres at ${host}. Check the host in DATABASE_URL.`,
    EAI_AGAIN: `The host name of Postgres at ${host} cannot be looked up. Check DATABASE_URL and DNS.`,
    ECONNREFUSED: `No Postgres answers at ${host}. Start it, or check host and port in DATABASE_URL.`,
    "28P01": `Postgres at ${host} refuses the password of user ${user}. Check DATABASE_URL.`,
    "28000": `Postgres at ${host} does not let user ${user} in: the user is unknown or pg_hba.conf forbids it.`,
    "3D000": `Postgres at ${host} has no database named ${database}. Create it, or check DATABASE_URL.`,
    "42501": `User ${user} may not connect to the database ${database} at ${host}.`,
    "53300": `Postgres at ${host} has no connection left. Raise max_connections or stop another client.`,
    "57P03": `Postgres at ${host} is still starting. Try again when it is ready.`,
  };
  const sentence = sentences[code] ?? `Postgres at ${host} cannot be used (${reasonOf(cause)}).`;
  return new ConfigError(sentence, { cause });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message || codeOf(error) : String(error);
}

async function checkServer(client: Client, { host, database, user }: Address): Promise<void> {
  const { rows } = await client.query<{ server: number; vector: string | null }>(
    `select current_setting('server_version_num')::int / 10000 as server,
            (select coalesce(installed_version, default_version)
               from pg_available_extensions where name = 'vector') as vector`,
  );
  const { server, vector } = rows[0] ?? { server: 0, vector: null };
  if (server < POSTGRES_MIN) {
    throw new ConfigError(
      `Postgres at ${host} is version ${server}; Docent needs ${POSTGRES_MIN} or newer.`,
    );
  }
  if (vector === null) {
    throw new ConfigError(
      `Postgres at ${host} has no pgvector. Install it there, or use an image that has it (pgvector/pgvector:pg18).`,
    );
  }
  if (isOlder(vector, PGVECTOR_MIN)) {
    throw new ConfigError(
      `pgvector is ${vector} in the database ${database} at ${host}; Docent needs ${PGVECTOR_MIN.join(".")} or newer. ` +
        `Update it there, then run as its owner: alter extension vector update (now connected as ${user}).`,
    );
  }
}

function isOlder(version: string, than: number[]): boolean {
  const parts = version.split(".").map(Number);
  const differing = than.findIndex((part, index) => (parts[index] ?? 0) !== part);
  return differing >= 0 && (parts[differing] ?? 0) < (than[differing] ?? 0);
}

/**
 * What a refusal while the tables are made means to the operator.
 * @returns undefined for an error that is not theirs to mend
 */
export function refusalOfRights(error: unknown): ConfigError | undefined {
  // 42501 insufficient_privilege, 25006 read_only_sql_transaction
  if (!(error instanceof DatabaseError) || !["42501", "25006"].includes(error.code ?? "")) {
    return undefined;
  }
  return new ConfigError(
    `The database does not let Docent make its tables (${error.message}). Make its user the owner of the ` +
      "database; if it is the extension that is refused, have an administrator run there: create extension vector.",
    { cause: error },
  );
}
