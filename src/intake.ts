import type { Pool, PoolClient } from "pg";
import { changesAccess, tellAccess } from "./access.ts";
import { asStop, type StopSaid } from "./answer/stop-said.ts";
import type { Inbox } from "./chat.ts";
import { showChannel } from "./db/gone.ts";
import { homeOf } from "./db/people.ts";
import { isAnswered, keepSaid } from "./db/said.ts";
import { storableValue } from "./db/storable.ts";
import { inTransaction } from "./db/transaction.ts";
import type { Incoming } from "./events.ts";
import { createGaps } from "./gaps.ts";
import type { Queue, QueueName } from "./jobs/queue.ts";
import { doubtOutsiders } from "./outsiders.ts";

/** Stores events before they are acknowledged, the same key twice as one. */
export function createIntake(deps: {
  db: Pool;
  queue: Queue;
}): Omit<Inbox, "command" | "complete" | "refusal" | "serves"> {
  return {
    ...createGaps(deps),
    home: (person) => homeOf(deps.db, person),
    accept: (given) => {
      const event: Incoming = JSON.parse(JSON.stringify(given, storableValue));
      return inTransaction(deps.db, async (client) => {
        const isNew = event.kind === "said" ? keepSaid(client, event) : keep(client, event);
        if (!(await isNew)) return;
        if (event.kind === "joined") await doubtOutsiders(client, deps.queue, event);
        if (isFromWithin(event)) await showChannel(client, event.place);
        if (changesAccess(event)) await tellAccess(client, event.place);
        const meant = await asMeant(client, event);
        await deps.queue.send(client, queueOf(meant), meant, groupOf(meant));
      });
    },
  };
}

/** A follow-up that was answered, and then edited to mention Docent, is the same question edited. */
async function asMeant(client: PoolClient, event: Incoming): Promise<Incoming | StopSaid> {
  const stop = asStop(event);
  if (stop) return stop;
  if (event.kind !== "mention" || event.onlyFor) return event;
  if (!(await isAnswered(client, event))) return event;
  const { key, place, userId, messageId, text } = event;
  return { kind: "message_changed", key, place, userId, messageId, text };
}

async function keep(client: PoolClient, { key }: Incoming): Promise<boolean> {
  const { rowCount } = await client.query(
    "insert into event (key) values ($1) on conflict do nothing",
    [key],
  );
  return rowCount === 1;
}

/** It reaches us only where Docent is in the channel. What is wanted in private may come from anywhere. */
function isFromWithin(event: Incoming): boolean {
  if (event.kind === "mention") return !event.onlyFor;
  if (event.kind === "access_changed") return event.within === true;
  return event.kind === "file_shared" || event.kind === "said" || event.kind === "joined";
}

function queueOf(event: Incoming | StopSaid): QueueName {
  switch (event.kind) {
    case "mention":
    case "said":
      return "question";
    case "file_shared":
      return "file";
    case "file_removed":
    case "file_touched":
    case "message_changed":
    case "message_deleted":
    case "rated":
    case "stopped":
    case "stop_said":
    case "regenerate_wanted":
    case "access_changed":
    case "joined":
    case "backfill_accepted":
    case "channel_gone":
    case "workspace_gone":
    case "banned":
      return "event";
    default:
      return event satisfies never;
  }
}

/** Whose jobs share a limit: a person's questions, a workspace's files. */
function groupOf({ kind, place, userId }: Incoming | StopSaid): string {
  const workspace = `${place.platform}:${place.workspaceId}`;
  const asks = kind === "mention" || kind === "said";
  return asks ? `${workspace}:${userId}` : workspace;
}
