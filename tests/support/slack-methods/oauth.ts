/** auth.* and oauth.* */
import { APP_ID, CLIENT, type Team, teamOf, type World } from "../slack-world.ts";
import { type Methods, SlackSays } from "./method.ts";

export const OAUTH: Methods = {
  "auth.test": (_world, _args, { team }) => ({
    url: team.url,
    team: new URL(team.url).hostname.split(".")[0],
    team_id: team.id,
    user: "docent",
    user_id: team.botUserId,
    bot_id: team.botId,
    is_enterprise_install: false,
  }),
  "auth.revoke": (_world, { test }, { team }) => {
    if (test !== "true") team.state = "revoked";
    return { revoked: test !== "true" };
  },
  "apps.uninstall": (_world, args, { team }) => {
    checkClient(args);
    team.state = "gone";
    return {};
  },
};

/** Somebody agrees to the installation. @returns the code that comes back to the redirect URL */
export function grant(world: World, teamId: string): string {
  const code = `code-${teamOf(world, { teamId }).id}-${world.nextTs()}`;
  world.codes.set(code, teamId);
  return code;
}

/** oauth.v2.access needs no token: the client's secret is what proves who asks. */
export function access(world: World, args: Record<string, string>): object {
  checkClient(args);
  const { code = "" } = args;
  const team = world.teams.get(world.codes.get(code) ?? "");
  if (!team) throw new SlackSays("invalid_code");
  world.codes.delete(code);
  team.state = "installed";
  return installed(team);
}

function checkClient({ client_id, client_secret }: Record<string, string>): void {
  if (client_id !== CLIENT.id) throw new SlackSays("invalid_client_id");
  if (client_secret !== CLIENT.secret) throw new SlackSays("bad_client_secret");
}

function installed(team: Team): object {
  return {
    app_id: APP_ID,
    authed_user: { id: "U1" },
    scope: team.scopes.join(","),
    token_type: "bot",
    access_token: team.botToken,
    bot_user_id: team.botUserId,
    team: { id: team.id, name: new URL(team.url).hostname.split(".")[0] },
    enterprise: null,
    is_enterprise_install: false,
  };
}
