import type { Pool } from "pg";
import type { Adapter } from "./chat.ts";
import { inTransaction } from "./db/transaction.ts";
import type { FileTouched } from "./events.ts";
import { createIntake } from "./intake.ts";
import type { Queue } from "./jobs/queue.ts";
import type { Job } from "./jobs/worker.ts";

/** The file is taken in where the platform says that it is shared. @throws {ServiceError} when it does not say */
export async function takeTouched(
  deps: { db: Pool; queue: Queue; adapterOf(platform: string): Adapter },
  job: Job<FileTouched>,
  signal: AbortSignal,
): Promise<void> {
  const { accept } = createIntake(deps);
  const adapter = deps.adapterOf(job.data.place.platform);
  const shares = (await adapter.lookUp?.(job.data, signal)) ?? [];
  for (const share of shares) await accept(share);
  await inTransaction(deps.db, (client) => deps.queue.complete(client, "event", job));
}
