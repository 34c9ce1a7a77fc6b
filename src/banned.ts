import type { RightsDeps } from "./commands/allowed.ts";
import { countOf } from "./commands/words.ts";
import { readPerson } from "./db/people.ts";
import { findWorkspace } from "./db/places.ts";
import { inTransaction } from "./db/transaction.ts";
import type { Banned } from "./events.ts";
import type { Queue } from "./jobs/queue.ts";
import type { Job } from "./jobs/worker.ts";

export interface BannedDeps extends RightsDeps {
  queue: Queue;
  /** The platform's id of the channel in which moderators are told; null: they are not. */
  modChannel: string | null;
}

/** Whoever was put out may have shared what should go as well: the moderators are asked. */
export async function offerToForget(deps: BannedDeps, job: Job<Banned>): Promise<void> {
  const { place, userId, name } = job.data;
  const person = await readPerson(deps.db, await findWorkspace(deps.db, place), userId);
  if (deps.modChannel !== null && person.files > 0) {
    const there = { ...place, channelId: deps.modChannel, threadId: null };
    const files = countOf(person.files, "file");
    await deps.adapterOf(place.platform).announce(there, {
      text: `${name} was banned. I still know ${files} that they shared here.`,
      offer: { kind: "forget_person", personId: userId, label: `Forget their ${files}` },
    });
  }
  await inTransaction(deps.db, (client) => deps.queue.complete(client, "event", job));
}
