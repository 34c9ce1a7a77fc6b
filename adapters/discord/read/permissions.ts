/** Who may do what in a channel, as Discord computes it. */
import {
  type APIGuild,
  type APIGuildMember,
  type APIOverwrite,
  type APIRole,
  ChannelType,
  OverwriteType,
  PermissionFlagsBits as Right,
} from "discord.js";

/** Every right there is, and will be. */
const ALL = -1n;
/** All that reading can take; the last one, or being a member, for a private thread. */
export const READING_RIGHTS: readonly bigint[] = [
  Right.ViewChannel,
  Right.ReadMessageHistory,
  Right.Connect,
  Right.ManageThreads,
];
const READING = READING_RIGHTS.reduce((sum, right) => sum | right, 0n);
const IN_TIMEOUT = Right.ViewChannel | Right.ReadMessageHistory;
/** Who has one of these is a moderator of a channel. */
const MODERATING = Right.ManageMessages | Right.ManageChannels | Right.ManageThreads;

/** What is said of a role or a person in a channel. */
export interface Rule {
  allow: bigint;
  deny: bigint;
}

const NO_RULE: Rule = { allow: 0n, deny: 0n };

/** A channel's overwrites, a category's being copied into them by Discord. */
export interface Gate {
  everyone: Rule;
  /** By role, and by person. */
  roles: ReadonlyMap<string, Rule>;
  people: ReadonlyMap<string, Rule>;
}

/** What a guild's roles give, before any channel. */
export interface Realm {
  ownerId: string;
  everyone: bigint;
  /** All others. */
  roles: ReadonlyMap<string, bigint>;
  /** Those that decide who reads: administrators see everything, and bots don't read. */
  deciding: ReadonlySet<string>;
  /** The same, in groups that give the same of the rights that reading takes. */
  kinds: readonly (readonly string[])[];
}

export interface Person {
  userId: string;
  roles: readonly string[];
}

type GuildFacts = Pick<APIGuild, "id" | "owner_id"> & {
  roles: readonly Pick<APIRole, "id" | "permissions" | "tags">[];
};

export function realmOf({ id, owner_id, roles }: GuildFacts): Realm {
  const rights = new Map(roles.map((role) => [role.id, BigInt(role.permissions)]));
  const everyone = rights.get(id) ?? 0n;
  rights.delete(id);
  const bots = new Set(roles.flatMap((role) => (role.tags?.bot_id ? role.id : [])));
  const isDeciding = ([role, of]: [string, bigint]) =>
    !(of & Right.Administrator) && !bots.has(role);
  const deciding = [...rights].filter(isDeciding);
  const kinds = Map.groupBy(deciding, ([, of]) => of & READING);
  return {
    ownerId: owner_id,
    everyone,
    roles: rights,
    deciding: new Set(deciding.map(([role]) => role)),
    kinds: [...kinds.values()].map((kind) => kind.map(([role]) => role)),
  };
}

export function gateOf(guildId: string, overwrites: readonly APIOverwrite[] = []): Gate {
  const of = (type: OverwriteType) =>
    new Map(overwrites.filter((one) => one.type === type).map((one) => [one.id, ruleOf(one)]));
  const roles = of(OverwriteType.Role);
  const everyone = roles.get(guildId) ?? NO_RULE;
  roles.delete(guildId);
  return { everyone, roles, people: of(OverwriteType.Member) };
}

function ruleOf({ allow, deny }: APIOverwrite): Rule {
  return { allow: BigInt(allow), deny: BigInt(deny) };
}

/** In the guild as a whole. */
function rightsOf(realm: Realm, { userId, roles }: Person): bigint {
  if (userId === realm.ownerId) return ALL;
  const rights = roles.reduce((sum, id) => sum | (realm.roles.get(id) ?? 0n), realm.everyone);
  return rights & Right.Administrator ? ALL : rights;
}

/** What the overwrites leave somebody, without what follows from it. */
export function rightsIn(realm: Realm, gate: Gate, person: Person): bigint {
  const rights = rightsOf(realm, person);
  if (rights === ALL) return ALL;
  const own = gate.people.get(person.userId) ?? NO_RULE;
  return [gate.everyone, together(gate.roles, person.roles), own].reduce(ruled, rights);
}

/** A role that allows wins over one that denies. */
function together(rules: Gate["roles"], roles: readonly string[]): Rule {
  const sum = { ...NO_RULE };
  for (const id of roles) {
    const { allow, deny } = rules.get(id) ?? NO_RULE;
    sum.allow |= allow;
    sum.deny |= deny;
  }
  return sum;
}

function ruled(rights: bigint, { allow, deny }: Rule): bigint {
  return (rights & ~deny) | allow;
}

const WITH_VOICE: ReadonlySet<ChannelType> = new Set([
  ChannelType.GuildVoice,
  ChannelType.GuildStageVoice,
]);

/** All that it takes to read what was written in a channel of this type. */
export function readingNeeds({ type }: { type: ChannelType }): bigint {
  const needs = Right.ViewChannel | Right.ReadMessageHistory;
  return WITH_VOICE.has(type) ? needs | Right.Connect : needs;
}

/** Somebody as a member of a guild. */
export type Member = Pick<APIGuildMember, "roles" | "communication_disabled_until"> & {
  userId: string;
};

/** Owners, administrators, and whoever may manage the guild. */
export function isAdmin(realm: Realm, member: Member, nowMs: number): boolean {
  const rights = rightsOf(realm, member);
  return (heard(rights, member, nowMs) & Right.ManageGuild) !== 0n;
}

/** @param type of the channel, or of a thread's */
export function isModerator(
  realm: Realm,
  { type, gate }: { type: ChannelType; gate: Gate },
  member: Member,
  nowMs: number,
): boolean {
  const rights = heard(rightsIn(realm, gate, member), member, nowMs);
  // Who can't see a channel, or not enter it, can do nothing there.
  const entry = WITH_VOICE.has(type) ? Right.ViewChannel | Right.Connect : Right.ViewChannel;
  return (rights & entry) === entry && (rights & MODERATING) !== 0n;
}

/** Somebody in a timeout may only read. */
function heard(rights: bigint, member: Member, nowMs: number): bigint {
  if (rights === ALL) return ALL;
  const untilMs = Date.parse(member.communication_disabled_until ?? "");
  return untilMs > nowMs ? rights & IN_TIMEOUT : rights;
}
