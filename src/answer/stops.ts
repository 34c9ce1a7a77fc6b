import type { PoolClient } from "pg";
import type { Notifications } from "../db/notify.ts";

/** Somebody wants no more of this answer; what is shown of it stays. */
export class StoppedByPerson extends Error {
  override name = "StoppedByPerson";
}

/** The notice that an answer is to stop; its payload is the answer's workspace and id. */
const STOP_NOTICE = "docent_stop";

/** The answers that this process is giving, so that anybody's wish to stop one reaches it, from any process. */
export interface Stops {
  /** Aborts with {@link StoppedByPerson} when the answer is to stop. Dispose it when the answer has ended. */
  watch(workspaceId: number, answerId: number): { signal: AbortSignal } & Disposable;
}

export async function createStops(notifications: Notifications): Promise<Stops> {
  const running = new Map<string, AbortController>();
  await notifications.listen(STOP_NOTICE, (name) => {
    running.get(name)?.abort(new StoppedByPerson());
  });
  return {
    watch: (workspaceId, answerId) => {
      const name = stopName(workspaceId, answerId);
      const abort = new AbortController();
      running.set(name, abort);
      return { signal: abort.signal, [Symbol.dispose]: () => void running.delete(name) };
    },
  };
}

/** Reaches the process that gives the answer once the transaction has committed. */
export async function notifyStop(
  client: PoolClient,
  workspaceId: number,
  answerId: number,
): Promise<void> {
  await client.query("select pg_notify($1, $2)", [STOP_NOTICE, stopName(workspaceId, answerId)]);
}

function stopName(workspaceId: number, answerId: number): string {
  return `${workspaceId}:${answerId}`;
}
