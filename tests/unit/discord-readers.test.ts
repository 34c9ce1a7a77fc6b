/**
 * The audience rule by permission sets, against a plain reference: Discord's own computation, member by member.
 */
import {
  type APIGuildChannel,
  type APIOverwrite,
  ChannelType,
  PermissionFlagsBits as Right,
} from "discord.js";
import { describe, expect, test } from "vitest";
import { readersIn } from "../../adapters/discord/read/audience.ts";
import { realmOf } from "../../adapters/discord/read/permissions.ts";

const GUILD = "1";
const OWNER = "100";
const BOT_ROLE = "29";
const MAY = [Right.ViewChannel, Right.ReadMessageHistory, Right.Connect, Right.ManageThreads];

interface Role {
  id: string;
  rights: bigint;
}
interface Member {
  id: string;
  roles: string[];
}
interface Guild {
  everyone: bigint;
  roles: Role[];
  members: Member[];
  channels: APIGuildChannel[];
}

/** The same numbers for the same seed. */
function dice(seed: number) {
  let state = seed;
  const below = (count: number) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    const mixed = Math.imul(state ^ (state >>> 13), 0x297a2d39);
    return ((mixed ^ (mixed >>> 16)) >>> 0) % count;
  };
  const some = <T>(of: readonly T[], oneIn = 2) => of.filter(() => below(oneIn) === 0);
  return { below, some };
}
type Dice = ReturnType<typeof dice>;

const sum = (rights: readonly bigint[]) => rights.reduce((all, right) => all | right, 0n);

function overwrite(die: Dice, id: string, type: 0 | 1): APIOverwrite {
  const allow = sum(die.some(MAY, 3));
  const deny = sum(die.some(MAY, 4)) & ~allow;
  return { id, type, allow: `${allow}`, deny: `${deny}` };
}

function channel(die: Dice, id: string, guild: Omit<Guild, "channels">): APIGuildChannel {
  const roles = die.some([{ id: GUILD }, ...guild.roles, { id: BOT_ROLE }], 2);
  const people = die.some(guild.members, 5);
  const types = [ChannelType.GuildText, ChannelType.GuildText, ChannelType.GuildVoice] as const;
  return {
    id,
    name: `channel ${id}`,
    type: types[die.below(3)] ?? ChannelType.GuildText,
    nsfw: die.below(8) === 0,
    permission_overwrites: [
      ...roles.map((role) => overwrite(die, role.id, 0)),
      ...people.map((member) => overwrite(die, member.id, 1)),
    ],
  };
}

function guildOf(die: Dice): Guild {
  const roles = Array.from({ length: die.below(5) }, (_, index) => ({
    id: `${20 + index}`,
    rights: sum(die.some(MAY, 3)) | (die.below(12) === 0 ? Right.Administrator : 0n),
  }));
  const people = Array.from({ length: 1 + die.below(6) }, (_, index) => `${101 + index}`);
  const members = [OWNER, ...people].map((id) => ({
    id,
    roles: die.some(roles).map((role) => role.id),
  }));
  const everyone = sum(die.some(MAY, 2)) | (die.below(3) > 0 ? Right.ViewChannel : 0n);
  const facts = { everyone, roles, members };
  const ids = Array.from({ length: 2 + die.below(4) }, (_, index) => `${200 + index}`);
  return { ...facts, channels: ids.map((id) => channel(die, id, facts)) };
}

/** Discord's documentation, line by line. */
function rights(
  guild: Guild,
  { id, roles }: Member,
  { permission_overwrites = [] }: APIGuildChannel,
) {
  let may = guild.everyone;
  for (const role of guild.roles) if (roles.includes(role.id)) may |= role.rights;
  if (id === OWNER || may & Right.Administrator) return sum(Object.values(Right));
  const rules = permission_overwrites.map((one) => ({
    ...one,
    allow: BigInt(one.allow),
    deny: BigInt(one.deny),
  }));
  for (const rule of rules) if (rule.id === GUILD) may = (may & ~rule.deny) | rule.allow;
  const own = rules.filter((rule) => rule.type === 0 && roles.includes(rule.id));
  for (const { deny } of own) may &= ~deny;
  for (const { allow } of own) may |= allow;
  for (const rule of rules) {
    if (rule.type === 1 && rule.id === id) may = (may & ~rule.deny) | rule.allow;
  }
  return may;
}

function sees(guild: Guild, member: Member, of: APIGuildChannel): boolean {
  return (rights(guild, member, of) & Right.ViewChannel) !== 0n;
}

function reads(guild: Guild, member: Member, of: APIGuildChannel): boolean {
  const isVoice = of.type === ChannelType.GuildVoice;
  const needs = Right.ViewChannel | Right.ReadMessageHistory | (isVoice ? Right.Connect : 0n);
  return (rights(guild, member, of) & needs) === needs;
}

function factsOf({ everyone, roles, channels }: Guild, known = new Map<string, string[] | null>()) {
  const role = (id: string, may: bigint, tags = {}) => ({ id, permissions: `${may}`, tags });
  const all = [
    role(GUILD, everyone),
    ...roles.map(({ id, rights: may }) => role(id, may)),
    role(BOT_ROLE, Right.ViewChannel, { bot_id: "9" }),
  ];
  return {
    guildId: GUILD,
    realm: realmOf({ id: GUILD, owner_id: OWNER, roles: all }),
    channels,
    known,
  };
}

/** Of some people it is known which roles they have. */
function knownIn(die: Dice, { members }: Guild): Map<string, string[]> {
  return new Map(die.some(members, 3).map(({ id, roles }) => [id, roles]));
}

/** Whoever could be in the guild: those with any roles, but those of whom these are known. */
function* possible(guild: Guild, known: Map<string, string[]>): Generator<Member> {
  for (let set = 0; set < 2 ** guild.roles.length; set += 1) {
    const roles = guild.roles.filter((_, index) => set & (1 << index)).map(({ id }) => id);
    for (const { id } of [{ id: "somebody" }, ...guild.members]) {
      yield { id, roles: known.get(id) ?? roles };
    }
  }
}

/** What all people of a place may read, of so many places of all kinds. */
function* places(die: Dice, count: number) {
  for (let made = 0; made < count; ) {
    const guild = guildOf(die);
    const known = knownIn(die, guild);
    made += guild.channels.length;
    for (const place of guild.channels) {
      const readers = readersIn(factsOf(guild, known), place);
      const isOther = ({ id, nsfw }: APIGuildChannel) => id !== place.id && (place.nsfw || !nsfw);
      const others = guild.channels.filter(isOther);
      const also = others.filter(({ id }) => readers.alsoReadable.includes(id));
      expect(also).toHaveLength(readers.alsoReadable.length);
      yield { guild, known, place, readers, others, also };
    }
  }
}

describe("an answer uses only what everybody can read who may see it", () => {
  test("in any channel of any guild", () => {
    const count = { drawnOn: 0, open: 0 };
    for (const { guild, place, readers, also } of places(dice(7), 20_000)) {
      const isOpen = readers.visibility === "public";
      const audience = guild.members.filter((member) => isOpen || sees(guild, member, place));
      const used = isOpen ? [place] : also;
      for (const one of used) {
        expect(audience.every((member) => reads(guild, member, one))).toBe(true);
      }
      count[isOpen ? "open" : "drawnOn"] += used.length;
    }
    // The dice must have made enough of each.
    expect(count.drawnOn).toBeGreaterThan(2_000);
    expect(count.open).toBeGreaterThan(1_000);
  });

  test("and leaves out nothing that everybody could read, whoever they were", () => {
    let leftOut = 0;
    for (const { guild, known, place, readers, others, also } of places(dice(5), 2_000)) {
      const all = [...possible(guild, known)];
      const isOpen = readers.visibility === "public";
      expect(all.every((one) => reads(guild, one, place))).toBe(isOpen);
      const audience = all.filter((one) => sees(guild, one, place));
      for (const other of isOpen ? [] : others.filter((one) => !also.includes(one))) {
        leftOut += 1;
        expect(audience.every((one) => reads(guild, one, other))).toBe(false);
      }
    }
    expect(leftOut).toBeGreaterThan(1_000);
  });

  test("in any private thread, whose people are its members and moderators", () => {
    const die = dice(11);
    const count = { threads: 0, drawnOn: 0 };
    while (count.threads < 5_000) {
      const guild = guildOf(die);
      const inside = die.some(guild.members, 3);
      const people = inside.map(({ id: userId, roles }) => ({ userId, roles }));
      const within = { name: "secret", people: die.below(4) > 0 ? people : null };
      for (const home of guild.channels) {
        count.threads += 1;
        const { visibility, alsoReadable } = readersIn(factsOf(guild), home, within);
        expect(visibility).toBe("private");
        const audience = guild.members.filter((member) => {
          const may = rights(guild, member, home);
          return may & Right.ViewChannel && (inside.includes(member) || may & Right.ManageThreads);
        });
        for (const other of guild.channels.filter(({ id }) => alsoReadable.includes(id))) {
          count.drawnOn += 1;
          expect(audience.every((member) => reads(guild, member, other))).toBe(true);
        }
      }
    }
    expect(count.drawnOn).toBeGreaterThan(1_000);
  });
});

describe("a server whose channels are open to a role", () => {
  const HISTORY = Right.ReadMessageHistory;
  const READ = Right.ViewChannel | HISTORY;
  const [MEMBER, MUTED, STAFF] = ["20", "21", "22"];
  const rule = (id: string, { allow = 0n, deny = 0n }, type: 0 | 1 = 0): APIOverwrite => {
    return { id, type, allow: `${allow}`, deny: `${deny}` };
  };
  const hidden = rule(GUILD, { deny: Right.ViewChannel });
  const open = (...rules: APIOverwrite[]) => rules;
  const gated = (...rules: APIOverwrite[]) => [hidden, rule(MEMBER, { allow: READ }), ...rules];
  const text = (id: string, permission_overwrites: APIOverwrite[]): APIGuildChannel => {
    return { id, name: id, type: ChannelType.GuildText, permission_overwrites };
  };
  const rules = text("rules", open());
  const help = text("help", gated());
  const guides = text("guides", gated());
  const at = (place: APIGuildChannel, others: APIGuildChannel[]) => {
    const roles = [MEMBER, MUTED, STAFF].map((id) => ({ id, rights: 0n }));
    const guild = { everyone: READ, roles, members: [], channels: [place, ...others] };
    return readersIn(factsOf(guild), place);
  };

  test("a file in #guides answers in #help, and in #rules none but its own", () => {
    expect(at(help, [rules, guides])).toMatchObject({
      visibility: "private",
      byRoles: true,
      outsiders: true,
      alsoReadable: ["rules", "guides"],
    });
    expect(at(rules, [help, guides])).toMatchObject({ visibility: "public", outsiders: false });
  });

  test.each([
    ["staff can see as well", gated(rule(STAFF, { allow: READ })), ["rules", "lounge"]],
    ["staff alone can see", [hidden, rule(STAFF, { allow: READ })], ["rules", "lounge"]],
    ["some person can see", [hidden, rule("7", { allow: READ }, 1)], ["rules"]],
    ["a brand-new role can see", [hidden, rule("27", { allow: READ })], ["rules"]],
    ["all can see, but not what was said before", [rule(GUILD, { deny: HISTORY })], ["rules"]],
  ])("a place that %s draws on what all of them can read", (_what, overwrites, also) => {
    const lounge = text("lounge", gated(rule(STAFF, { allow: READ })));
    expect(at(text("place", overwrites), [rules, guides, lounge]).alsoReadable).toEqual(also);
  });

  test.each([
    ["a role is kept out", rule(MUTED, { deny: Right.ViewChannel }), false],
    ["a role can't read what was said", rule(MUTED, { deny: Right.ReadMessageHistory }), false],
    ["a role may only not write", rule(MUTED, { deny: Right.SendMessages }), true],
    ["a bot is kept out", rule(BOT_ROLE, { deny: Right.ViewChannel }), true],
    ["somebody is kept out", rule("7", { deny: Right.ViewChannel }, 1), false],
    ["the owner is, which does nothing", rule(OWNER, { deny: Right.ViewChannel }, 1), true],
  ])("where %s", (_what, denial, isStillOpen) => {
    const place = text("place", open(denial));
    expect(at(place, []).visibility).toBe(isStillOpen ? "public" : "private");
    expect(at(help, [place]).alsoReadable).toEqual(isStillOpen ? ["place"] : []);
  });
});
