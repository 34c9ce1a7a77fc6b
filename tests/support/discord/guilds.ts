/** What happens to guilds, their roles and their members. */
import { GatewayDispatchEvents as Event } from "discord.js";
import type { Guilds, NewGuild } from "./acts.ts";
import type { Hub } from "./posting.ts";
import { addChannel, addGuild, addMember, addRole, addUser, BOT_RIGHTS } from "./setup.ts";
import { channelsOf, guildCreateShape, iso, memberShape, roleShape, userShape } from "./shapes.ts";
import { found, type Guild, IDS, type Member, type Role, type World } from "./world.ts";

export function guildActs(hub: Hub): Guilds {
  return { ...guildLife(hub), ...roleActs(hub), ...memberActs(hub) };
}

type Life = Pick<Guilds, "createGuild" | "removeGuild" | "loseGuild" | "restoreGuild">;

function guildLife(hub: Hub): Life {
  const { world, dispatch } = hub;
  const change = (id: string, state: Guild["state"]) => {
    const guild = found(world.guilds, id, "guild");
    guild.state = state;
    return guild;
  };
  return {
    createGuild: (given) => createGuild(hub, given ?? {}),
    removeGuild: (id) => {
      const guild = change(id, "left");
      guild.members.delete(world.botId);
      dispatch(Event.GuildDelete, { guildId: id }, { id });
    },
    loseGuild: (id) => {
      change(id, "down");
      dispatch(Event.GuildDelete, { guildId: id }, { id, unavailable: true });
    },
    restoreGuild: (id) => {
      const guild = change(id, "in");
      if (!guild.members.has(world.botId)) addMember(world, guild, { userId: world.botId });
      dispatch(Event.GuildCreate, { guildId: id }, () => guildCreateShape(world, guild));
    },
  };
}

function createGuild({ world, dispatch }: Hub, given: NewGuild): { id: string; channel: string } {
  const { id, name = "Umbrella", owner: ownerId = IDS.owner, everyone, bot = BOT_RIGHTS } = given;
  const guild = addGuild(world, { name, ownerId, ...(id !== undefined && { id }) });
  const everyoneRole = found(guild.roles, guild.id, "role");
  if (everyone !== undefined) everyoneRole.permissions = everyone;
  const roleId = world.nextId();
  addRole(guild, { id: roleId, name: "Docent", permissions: bot, managed: true });
  addMember(world, guild, { userId: world.botId, roles: [roleId], joinedMs: world.nowMs() });
  addMember(world, guild, { userId: ownerId });
  const channel = addChannel(world, { kind: "text", name: "general", guildId: guild.id });
  dispatch(Event.GuildCreate, { guildId: guild.id }, () => guildCreateShape(world, guild));
  return { id: guild.id, channel: channel.id };
}

function roleActs({
  world,
  dispatch,
}: Hub): Pick<Guilds, "createRole" | "updateRole" | "deleteRole"> {
  return {
    createRole: ({ guild: guildId = IDS.guild, ...role }) => {
      const guild = found(world.guilds, guildId, "guild");
      const made = addRole(guild, { id: world.nextId(), ...role });
      dispatch(Event.GuildRoleCreate, { guildId }, { guild_id: guildId, role: roleShape(made) });
      return made.id;
    },
    updateRole: (roleId, change) => {
      const { guild, role } = roleAt(world, roleId);
      Object.assign(role, change);
      const about = { guild_id: guild.id, role: roleShape(role) };
      dispatch(Event.GuildRoleUpdate, { guildId: guild.id }, about);
    },
    deleteRole: (roleId) => {
      const { guild } = roleAt(world, roleId);
      guild.roles.delete(roleId);
      for (const member of guild.members.values()) {
        member.roles = member.roles.filter((id) => id !== roleId);
      }
      for (const channel of channelsOf(world, guild.id)) {
        channel.overwrites = channel.overwrites.filter(({ id }) => id !== roleId);
      }
      const about = { guild_id: guild.id, role_id: roleId };
      dispatch(Event.GuildRoleDelete, { guildId: guild.id }, about);
    },
  };
}

function roleAt(world: World, roleId: string): { guild: Guild; role: Role } {
  for (const guild of world.guilds.values()) {
    const role = guild.roles.get(roleId);
    if (role) return { guild, role };
  }
  throw new Error(`no role ${roleId}`);
}

function memberActs(
  hub: Hub,
): Pick<Guilds, "createUser" | "join" | "leave" | "ban" | "setRoles" | "timeOut"> {
  const { world, dispatch } = hub;
  return {
    createUser: (user) => addUser(world, user ?? {}).id,
    join: (userId, { guild: guildId = IDS.guild, roles = [], joinedMs = world.nowMs() } = {}) => {
      const guild = found(world.guilds, guildId, "guild");
      const member = addMember(world, guild, { userId, roles, joinedMs });
      const about = () => ({ ...memberShape(world, member), guild_id: guildId });
      dispatch(Event.GuildMemberAdd, { guildId }, about);
    },
    leave: (userId, guildId = IDS.guild) => leave(hub, userId, guildId),
    ban: (userId, guildId = IDS.guild) => {
      found(world.guilds, guildId, "guild").bans.add(userId);
      const user = userShape(found(world.users, userId, "user"));
      dispatch(Event.GuildBanAdd, { guildId }, { guild_id: guildId, user });
      leave(hub, userId, guildId);
    },
    setRoles: (userId, roles, guildId) => updateMember(hub, userId, { roles }, guildId),
    timeOut: (userId, untilMs, guildId) =>
      updateMember(hub, userId, { timedOutUntilMs: untilMs }, guildId),
  };
}

function leave({ world, dispatch }: Hub, userId: string, guildId: string): void {
  found(world.guilds, guildId, "guild").members.delete(userId);
  for (const { thread } of channelsOf(world, guildId)) {
    if (thread) thread.members = thread.members.filter((id) => id !== userId);
  }
  const user = userShape(found(world.users, userId, "user"));
  dispatch(Event.GuildMemberRemove, { guildId }, { guild_id: guildId, user });
}

function updateMember(
  { world, dispatch }: Hub,
  userId: string,
  change: Partial<Member>,
  guildId: string = IDS.guild,
): void {
  const member = found(found(world.guilds, guildId, "guild").members, userId, "member");
  Object.assign(member, change);
  const where = { guildId, always: userId === world.botId };
  dispatch(Event.GuildMemberUpdate, where, () => ({
    ...memberShape(world, member),
    ...{ avatar: null, banner: null, joined_at: iso(member.joinedMs), guild_id: guildId },
  }));
}
