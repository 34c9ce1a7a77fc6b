import type { Inbox } from "../../../src/chat.ts";
import { reasonOf, type Slack } from "../client.ts";
import type { Came, PersonChange } from "../events/events.ts";
import type { Person } from "../events/payloads.ts";
import { inTime } from "../in-time.ts";
import { kindOf } from "../read/directory.ts";

/** Hands in what somebody is. People change their status all day long: mostly it is no news. */
export interface People {
  /** Resolves once it is stored. */
  changed(change: PersonChange): Promise<void>;
  /** Somebody came into a channel: Slack does not say as what. */
  came(slack: Slack, came: Came): Promise<void>;
}

export function createPeople(inbox: Pick<Inbox, "personChanged">): People {
  return {
    changed: ({ workspaceId, user }) =>
      inbox.personChanged({
        platform: "slack",
        workspaceId,
        userId: user.id,
        outsider: kindOf(user),
      }),
    came: async (slack, came) => {
      const user = await inTime(personOf(slack, came.userId), null);
      const outsider = user ? kindOf(user) : "unknown";
      await inbox.personChanged({ platform: "slack", ...came, outsider });
    },
  };
}

async function personOf(slack: Slack, userId: string): Promise<Person | null> {
  try {
    const { user } = await slack.read.users.info({ user: userId });
    return user ? { ...user, id: userId } : null;
  } catch (error) {
    slack.log.info({ reason: reasonOf(error) }, "Slack does not say who came into a channel");
    return null;
  }
}
