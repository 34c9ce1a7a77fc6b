/** users.* */
import { TEAM, type User, type World } from "../slack-world.ts";
import { channelFacts, listed } from "./conversations.ts";
import { type Methods, paged, SlackSays } from "./method.ts";

export const USERS: Methods = {
  "users.info": (world, args) => ({ user: userFacts(known(world, args.user)) }),
  "users.list": (world, args, { team }) => {
    const users = [...world.users.values()].filter(({ teamId = TEAM }) => teamId === team.id);
    return paged(world, users.map(userFacts), args, "members");
  },
  /** Of somebody else the bot sees the public channels and those that it is in as well. */
  "users.conversations": (world, args, caller) => {
    const { botUserId } = caller.team;
    const { id } = known(world, args.user ?? botUserId);
    const theirs = listed(world, args).filter(
      ({ kind, members }) =>
        members.includes(id) && (kind === "public" || members.includes(botUserId)),
    );
    const facts = theirs.map((channel) => channelFacts(channel, caller));
    return paged(world, facts, args, "channels");
  },
};

function known(world: World, id: string | undefined): User {
  const user = world.users.get(id ?? "");
  if (!user) throw new SlackSays("user_not_found");
  return user;
}

/** People of other workspaces lack most of it. */
export function userFacts(user: User): object {
  const { id, teamId: team_id = TEAM, name = id.toLowerCase(), guest, stranger = false } = user;
  const profile = { real_name: name, display_name: name, team: team_id };
  const facts = { id, team_id, name, real_name: name, deleted: user.deleted ?? false, profile };
  if (stranger) return { ...facts, is_stranger: true, is_bot: false };
  return {
    ...facts,
    is_bot: user.bot ?? false,
    is_admin: user.admin ?? user.owner ?? false,
    is_owner: user.owner ?? false,
    is_primary_owner: false,
    is_restricted: guest,
    is_ultra_restricted: user.ultra ?? false,
  };
}
