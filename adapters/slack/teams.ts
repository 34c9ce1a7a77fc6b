import type { Pool } from "pg";
import { ConfigError, ServiceError } from "../../src/errors.ts";
import type { Log } from "../../src/log.ts";
import { createMemory } from "../shared/memory.ts";
import type { Sealer } from "../shared/seal.ts";
import type { Slack } from "./client.ts";

/** Another process may install or remove a workspace: so long it may take until this one knows. */
const KEPT_MS = 60_000;
const ENTRIES_MAX = 1_000;

/** The workspaces that are served, each with its own token. */
export interface Teams {
  /**
   * @throws {ServiceError} which no retry helps, when the workspace is not served
   * @throws {ConfigError} when its token can't be read
   */
  of(teamId: string): Promise<Slack>;
  /** Is it, by SLACK_TEAMS? What happens in any other workspace is none of ours. */
  serves(teamId: string): Promise<boolean>;
  served(): Promise<Slack[]>;
  /** Drops what is remembered of its token. */
  forget(teamId: string): void;
  /** Docent was uninstalled there: its token goes. */
  remove(teamId: string): Promise<void>;
}

/** One workspace, whose token is a setting. @param teams none: the one that the token belongs to */
export function singleTeam(slack: Slack, teams: readonly string[] = []): Teams {
  return {
    of: async () => slack,
    serves: async (teamId) =>
      teams.length > 0 ? teams.includes(teamId) : (await slack.identity()).teamId === teamId,
    served: async () => [slack],
    forget: () => undefined,
    remove: async () => undefined,
  };
}

export interface Installation {
  teamId: string;
  enterpriseId: string | null;
  botToken: string;
  /** Slack's id of who did it; null where it does not say. */
  installedBy: string | null;
}

/** Teams that come and go by OAuth. */
export interface InstalledTeams extends Teams {
  /** May it be installed there? */
  allows(teamId: string): Promise<boolean>;
  /** Stores it, in the place of an earlier one of the same workspace. */
  add(installation: Installation): Promise<void>;
}

export interface TeamsDeps {
  db: Pick<Pool, "query">;
  sealer: Sealer;
  connect(botToken: string): Slack;
  /** SLACK_TEAMS. None: the first workspace in which Docent is installed, alone. */
  teams: readonly string[];
  log: Log;
}

interface Connected {
  sealed: string;
  slack: Slack;
}

export function createTeams(deps: TeamsDeps): InstalledTeams {
  const { db, sealer, teams, log } = deps;
  const sealedOf = createMemory<string | null>({ keptMs: KEPT_MS, entriesMax: ENTRIES_MAX });
  const connected = new Map<string, Connected>();
  const sealedNow = (teamId: string) =>
    sealedOf.get(teamId, async () => (await find(db, teams, teamId))[0]?.sealed ?? null);
  // The same token keeps its client, and so all that is remembered with it.
  const connect = (teamId: string, sealed: string): Slack => {
    const known = connected.get(teamId);
    if (known?.sealed === sealed) return known.slack;
    const slack = deps.connect(opened(sealer, teamId, sealed));
    connected.set(teamId, { sealed, slack });
    return slack;
  };
  const forget = (teamId: string) => {
    sealedOf.forget(teamId);
    connected.delete(teamId);
  };
  return {
    of: async (teamId) => {
      const sealed = await sealedNow(teamId);
      if (sealed !== null) return connect(teamId, sealed);
      throw new ServiceError("slack", "Docent does not serve this workspace", { retryable: false });
    },
    serves: async (teamId) => (await sealedNow(teamId)) !== null,
    served: async () => {
      const found = await find(db, teams, null);
      return found.flatMap(({ teamId, sealed }) => {
        try {
          return connect(teamId, sealed);
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error;
          log.error({ teamId, reason: error.message }, "a workspace is left out");
          return [];
        }
      });
    },
    forget,
    remove: async (teamId) => {
      await db.query("delete from slack_installation where team_id = $1", [teamId]);
      forget(teamId);
    },
    allows: async (teamId) => {
      if (teams.length > 0) return teams.includes(teamId);
      const [first] = await find(db, teams, null);
      return first === undefined || first.teamId === teamId;
    },
    add: async (installation) => {
      await store(db, installation, sealer.seal(installation.botToken));
      forget(installation.teamId);
    },
  };
}

interface Row {
  teamId: string;
  sealed: string;
}

/** Of those that are served: this one, or with null all of them. */
async function find(
  db: TeamsDeps["db"],
  teams: readonly string[],
  teamId: string | null,
): Promise<Row[]> {
  const { rows } = await db.query<Row>(
    `select team_id as "teamId", sealed from slack_installation
      where ($2::text is null or team_id = $2)
        and case when cardinality($1::text[]) > 0 then team_id = any($1)
                 else team_id = (select team_id from slack_installation
                                  order by installed_at, team_id limit 1) end
      order by installed_at, team_id`,
    [teams, teamId],
  );
  return rows;
}

/** Who came first stays first, however often it is installed again. */
async function store(
  db: TeamsDeps["db"],
  { teamId, enterpriseId, installedBy }: Installation,
  sealed: string,
): Promise<void> {
  await db.query(
    `insert into slack_installation (team_id, enterprise_id, sealed, installed_by)
     values ($1, $2, $3, $4)
     on conflict (team_id) do update
        set enterprise_id = excluded.enterprise_id, sealed = excluded.sealed,
            installed_by = excluded.installed_by`,
    [teamId, enterpriseId, sealed, installedBy],
  );
}

function opened(sealer: Sealer, teamId: string, sealed: string): string {
  const token = sealer.open(sealed);
  if (token !== null) return token;
  throw new ConfigError(
    `SECRET_KEY is not the one with which Docent was installed in the Slack workspace ${teamId}: put that one back, or ` +
      "install Docent there again.",
  );
}
