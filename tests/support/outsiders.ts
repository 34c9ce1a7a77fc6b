import type { Inbox } from "../../src/chat.ts";
import type { People, PersonChange } from "../../src/directory.ts";
import type { World } from "./slack-world.ts";

/** Nobody has been listed yet. */
export const NOT_LISTED: People = { outsiders: async () => null };

/** As the core keeps it: the guests of a loopback Slack as they are now, and then what the adapter hands in. */
export interface Kept extends People, Pick<Inbox, "personChanged"> {
  /** What was handed in, and was news. */
  news: PersonChange[];
}

export function keptOutsiders({ users }: Pick<World, "users">): Kept {
  const ids = new Set([...users.values()].flatMap(({ id, guest }) => (guest ? [id] : [])));
  const news: PersonChange[] = [];
  return {
    news,
    outsiders: async (_workspaceId, among) => {
      if (among === "all") return ids.size > 0;
      return "userIds" in among ? among.userIds.some((id) => ids.has(id)) : null;
    },
    personChanged: async (change) => {
      const { userId, outsider } = change;
      if (ids.has(userId) === (outsider !== null)) return;
      if (outsider === null) ids.delete(userId);
      else ids.add(userId);
      news.push(change);
    },
  };
}
