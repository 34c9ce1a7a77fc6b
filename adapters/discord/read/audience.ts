/** Who reads a place of a guild, and what else all of them may read. */
import { type APIGuildChannel, ChannelType, PermissionFlagsBits as Right } from "discord.js";
import type { Readers } from "../../../src/chat.ts";
import { gateOf, type Person, type Realm, readingNeeds } from "./permissions.ts";
import { allGoOn, type Door, EVERYBODY, type Known, leadsTo } from "./readers.ts";

/** A guild as it is now. */
export interface Facts {
  guildId: string;
  realm: Realm;
  channels: readonly APIGuildChannel[];
  /** Of people of whom a channel says something of their own, as far as that was asked for. */
  known: Known;
}

/** A private thread, with the people in it; null: these are many, or not known. */
export interface PrivateThread {
  name: string | null;
  people: readonly Person[] | null;
}

/** @param within the private thread that is meant, where it is not the channel itself */
export function readersIn(facts: Facts, channel: APIGuildChannel, within?: PrivateThread): Readers {
  const { realm, known } = facts;
  const ageRestricted = isAdult(channel);
  if (!within && leadsTo(realm, EVERYBODY, doorOf(facts, channel), known)) {
    const { name: channelName } = channel;
    return { visibility: "public", channelName, outsiders: false, ageRestricted, alsoReadable: [] };
  }
  const own = within ? null : channel.id;
  const others = facts.channels.filter(
    (other) => holdsMessages(other) && other.id !== own && (ageRestricted || !isAdult(other)),
  );
  const leads = leadsFrom(facts, channel, within);
  return {
    visibility: "private",
    channelName: within ? within.name : channel.name,
    outsiders: true,
    ageRestricted,
    byRoles: true,
    alsoReadable: others.filter((other) => leads(doorOf(facts, other))).map(({ id }) => id),
  };
}

/** Can everybody who sees it come through that door? Who may only see a channel reads what is said while they look. */
function leadsFrom(
  { guildId, realm, known }: Facts,
  channel: APIGuildChannel,
  within?: PrivateThread,
) {
  const gate = gateOf(guildId, channel.permission_overwrites);
  const seeing: Door = { gate, needs: Right.ViewChannel };
  const people = within?.people;
  if (!people) return (to: Door) => leadsTo(realm, seeing, to, known);
  // Moderators see private threads without being in them.
  const moderating: Door = { gate, needs: Right.ViewChannel | Right.ManageThreads };
  return (to: Door) => allGoOn(realm, seeing, to, people) && leadsTo(realm, moderating, to, known);
}

/** What it takes to read a channel. */
export function doorOf({ guildId }: Pick<Facts, "guildId">, channel: APIGuildChannel): Door {
  return { gate: gateOf(guildId, channel.permission_overwrites), needs: readingNeeds(channel) };
}

/** Categories hold channels alone. */
export function holdsMessages({ type }: APIGuildChannel): boolean {
  return type !== ChannelType.GuildCategory && type !== ChannelType.GuildDirectory;
}

function isAdult({ nsfw = false }: APIGuildChannel): boolean {
  return nsfw;
}
