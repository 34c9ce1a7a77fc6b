import type { Channel, Workspace } from "../product.ts";
import type { AnswerPathSet } from "./cases.ts";

const GUEST = "guest";
const VISIBILITY: [start: string, visibility: Channel["visibility"]][] = [
  ["C-public", "public"],
  ["D-", "direct"],
];

/** The people and channels of a set, which tells of a channel by how its name begins. */
export function workspaceOf({ members }: Pick<AnswerPathSet, "members">): Workspace {
  const people = Object.keys(members);
  const channels = [...new Set(Object.values(members).flat())];
  return {
    people: people.map((id) => ({ id, name: id, guest: id === GUEST })),
    channels: channels.map((id) => ({
      id,
      name: id,
      visibility: VISIBILITY.find(([start]) => id.startsWith(start))?.[1] ?? "private",
      members: people.filter((person) => members[person]?.includes(id)),
    })),
  };
}

/** Ids of the channels that everybody who reads a place can read: what an answer there may stand on, at the most. */
export function openTo(workspace: Workspace, placeId: string): Set<string> {
  const place = workspace.channels.find(({ id }) => id === placeId);
  const readers = workspace.people.filter((person) => place && canRead(person, place));
  const open = workspace.channels.filter((channel) =>
    readers.every((person) => canRead(person, channel)),
  );
  return new Set(place ? open.map(({ id }) => id) : []);
}

function canRead(person: Workspace["people"][number], channel: Channel): boolean {
  return channel.members.includes(person.id) || (channel.visibility === "public" && !person.guest);
}
