import type { Inbox } from "../../../src/chat.ts";
import { reasonOf, type Slack } from "../client.ts";
import type { Came, PersonChange } from "../events/events.ts";
import type { Person } from "../events/payloads.ts";
import { inTime } from "../in-time.ts";
import { type Access, isGuest } from "../read/access.ts";
import { remember } from "./remember.ts";

const GUESTS_MAX = 10_000;

/** Tells every process when somebody becomes a guest, or is one no more. */
export interface People {
  /** Resolves once it is told. People change their status all day long: mostly it is no news. */
  changed(slack: Slack, change: PersonChange): Promise<void>;
  /** Somebody came into a channel: Slack does not say as what. */
  came(slack: Slack, came: Came): Promise<void>;
}

export interface PeopleDeps {
  accessOf(workspaceId: string, slack: Slack): Access;
  inbox: Pick<Inbox, "peopleChanged">;
}

export function createPeople({ accessOf, inbox }: PeopleDeps): People {
  const tell = async (slack: Slack, workspaceId: string): Promise<void> => {
    accessOf(workspaceId, slack).forgetPeople();
    await inbox.peopleChanged({ platform: "slack", workspaceId });
  };
  const changed: People["changed"] = async (slack, { workspaceId, user }) => {
    const { guestsKnown } = accessOf(workspaceId, slack);
    if (isGuest(user) === guestsKnown.has(user.id)) return;
    await tell(slack, workspaceId);
    // Only now: what could not be told is news still when it comes again.
    if (isGuest(user)) remember(guestsKnown, user.id, GUESTS_MAX);
    else guestsKnown.delete(user.id);
  };
  return {
    changed,
    came: async (slack, { workspaceId, userId }) => {
      const user = await inTime(personOf(slack, userId), null);
      if (user) await changed(slack, { workspaceId, user });
      else await tell(slack, workspaceId);
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
