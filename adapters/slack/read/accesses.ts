import type { Adapter } from "../../../src/chat.ts";
import type { People } from "../../../src/directory.ts";
import type { Slack } from "../client.ts";
import { type Access, createAccess } from "./access.ts";

/** What is remembered of who can read what, of each workspace. */
export interface Accesses {
  of(workspaceId: string, slack: Slack): Access;
  forget: Adapter["forget"];
}

export function createAccesses(people: People): Accesses {
  const known = new Map<string, { slack: Slack; access: Access }>();
  return {
    of: (workspaceId, slack) => {
      const one = known.get(workspaceId);
      // Another token may be for another app, with other rights.
      if (one?.slack === slack) return one.access;
      const access = createAccess(slack, people);
      known.set(workspaceId, { slack, access });
      return access;
    },
    forget: ({ workspaceId, channelId }) => {
      for (const [id, { access }] of known) {
        if (workspaceId !== undefined && workspaceId !== id) continue;
        if (channelId === undefined) access.forgetPeople();
        else access.forget(channelId);
      }
    },
  };
}
