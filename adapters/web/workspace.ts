import type { Readers } from "../../src/chat.ts";

export interface Person {
  /** Short and stable: it goes into a header and into the database. */
  id: string;
  name: string;
  /** A guest reads only the channels that they are in; a full member reads the public ones too. */
  guest: boolean;
}

export interface Channel {
  id: string;
  name: string;
  visibility: Readers["visibility"];
  /** Ids of people. */
  members: string[];
}

/** The people and channels of the local chat: a plain value. The first person is its admin. */
export interface Workspace {
  id: string;
  people: Person[];
  channels: Channel[];
}

export const LOCAL_WORKSPACE: Workspace = {
  id: "local",
  people: [
    { id: "ada", name: "Ada", guest: false },
    { id: "ben", name: "Ben", guest: false },
    { id: "guest", name: "Guest", guest: true },
  ],
  channels: [
    { id: "general", name: "general", visibility: "public", members: ["ada", "ben", "guest"] },
    { id: "leads", name: "leads", visibility: "private", members: ["ada", "ben"] },
  ],
};

/** Whoever can read a channel may also ask and share in it. */
export function canRead(person: Person, channel: Channel): boolean {
  return channel.members.includes(person.id) || (channel.visibility === "public" && !person.guest);
}

export function channelsOf(workspace: Workspace, person: Person): Channel[] {
  return workspace.channels.filter((channel) => canRead(person, channel));
}

/** The facts about who reads a channel; of an unknown one nothing is known. */
export function readersOf(workspace: Workspace, channelId: string): Readers {
  const channel = workspace.channels.find(({ id }) => id === channelId);
  if (!channel) {
    return { visibility: "private", channelName: null, outsiders: null, alsoReadable: [] };
  }
  const people = workspace.people.filter((person) => canRead(person, channel));
  const others = workspace.channels.filter((other) => other !== channel);
  return {
    visibility: channel.visibility,
    channelName: channel.name,
    outsiders: people.some((person) => person.guest),
    alsoReadable: others
      .filter((other) => people.every((person) => canRead(person, other)))
      .map((other) => other.id),
  };
}
