/** Guilds, members, users and the application, as the bot reads them. */
import { GatewayDispatchEvents as Event } from "discord.js";
import { dmWith } from "../setup.ts";
import {
  applicationShape,
  channelShape,
  channelsOf,
  guildChannelShape,
  guildShape,
  memberShape,
  roleShape,
  userShape,
} from "../shapes.ts";
import { byId, found, type Member } from "../world.ts";
import {
  type Call,
  channelFor,
  DiscordSays,
  guildFor,
  limitIn,
  MISSING_ACCESS,
  routes,
} from "./route.ts";

const MEMBERS_MAX = 1_000;
const GUILDS_MAX = 200;

export const GUILD_ROUTES = routes({
  "GET /guilds/:guild": (call) => guildShape(guildFor(call)),
  "GET /guilds/:guild/channels": (call) =>
    channelsOf(call.world, guildFor(call).id)
      .filter(({ thread }) => !thread)
      .map((channel) => guildChannelShape(call.world, channel)),
  "GET /guilds/:guild/roles": (call) => [...guildFor(call).roles.values()].map(roleShape),
  "GET /guilds/:guild/roles/:role": (call) => {
    const role = guildFor(call).roles.get(call.params.role ?? "");
    if (!role) throw new DiscordSays(404, 10011, "Unknown Role");
    return roleShape(role);
  },
  "GET /guilds/:guild/members": listMembers,
  "GET /guilds/:guild/members/search": searchMembers,
  "GET /guilds/:guild/members/:user": (call) => {
    const { world, params } = call;
    const id = params.user === "@me" ? world.botId : (params.user ?? "");
    const member = guildFor(call).members.get(id);
    if (!world.users.has(id)) throw new DiscordSays(404, 10013, "Unknown User");
    if (!member) throw new DiscordSays(404, 10007, "Unknown Member");
    return memberShape(world, member);
  },
});

export const USER_ROUTES = routes({
  "GET /users/@me": ({ world }) => userShape(found(world.users, world.botId, "user")),
  "GET /users/@me/guilds": ({ world, query }) => {
    const limit = limitIn(query, 1, GUILDS_MAX) ?? GUILDS_MAX;
    const all = [...world.guilds.values()].filter(({ state }) => state !== "left");
    const after = all.filter(({ id }) => byId(id, query.after ?? "0") > 0);
    return after.slice(0, limit).map((guild) => ({ ...guildShape(guild), owner: false }));
  },
  "DELETE /users/@me/guilds/:guild": (call) => {
    const guild = guildFor(call);
    guild.state = "left";
    guild.members.delete(call.world.botId);
    call.dispatch(Event.GuildDelete, { guildId: guild.id }, { id: guild.id });
    return undefined;
  },
  "POST /users/@me/channels": ({ world, body }) => {
    const recipient = world.users.get(String(body.recipient_id));
    if (!recipient || recipient.id === world.botId) {
      throw new DiscordSays(400, 50033, "Invalid Recipient(s)");
    }
    return channelShape(world, dmWith(world, recipient.id));
  },
  "GET /users/:user": ({ world, params }) => {
    const user = world.users.get(params.user ?? "");
    if (!user) throw new DiscordSays(404, 10013, "Unknown User");
    return userShape(user);
  },
  "GET /applications/@me": ({ world }) => applicationShape(world),
  "GET /oauth2/applications/@me": ({ world }) => applicationShape(world),
  "GET /channels/:channel/webhooks": (call) => {
    channelFor(call, "ManageWebhooks");
    return [];
  },
});

/** Whoever may list all members has the privileged intent. */
function sortedMembers(call: Call): Member[] {
  const guild = guildFor(call);
  if (!call.world.privileged.has("members")) throw MISSING_ACCESS();
  return [...guild.members.values()].sort((a, b) => byId(a.userId, b.userId));
}

function listMembers(call: Call): object {
  const { world, query } = call;
  const limit = limitIn(query, 1, MEMBERS_MAX) ?? 1;
  const after = sortedMembers(call).filter(({ userId }) => byId(userId, query.after ?? "0") > 0);
  return after.slice(0, limit).map((member) => memberShape(world, member));
}

/** By how a name begins; it needs no intent. */
function searchMembers(call: Call): object {
  const { world, query } = call;
  const limit = limitIn(query, 1, MEMBERS_MAX) ?? 1;
  const named = [...guildFor(call).members.values()].filter(({ userId, nick }) => {
    const { name } = found(world.users, userId, "user");
    return [name, nick ?? ""].some((one) => one !== "" && one.startsWith(query.query ?? ""));
  });
  return named.slice(0, limit).map((member) => memberShape(world, member));
}
