import { setTimeout as sleep } from "node:timers/promises";
import type { Inbox } from "../../../src/chat.ts";
import type { Log } from "../../../src/log.ts";
import { reasonOf } from "../client.ts";
import { type ReadBackDeps, readBack } from "./read-back.ts";
import type { Retry } from "./retry.ts";
import type { Serves } from "./served.ts";

/** How old the note may be up to when all was heard. */
const NOTE_EVERY_MS = 10_000;
/** So many notes are left out after Discord, or the database, did not answer. */
const RETRY_AFTER_NOTES = 6;
/** In the place of a guild's id, for what is said in direct messages: those belong to any of them. */
export const DIRECT = "@me";

export interface CatchUpDeps extends ReadBackDeps {
  inbox: Pick<Inbox, "gap" | "caughtUp">;
  serves: Serves;
  /** Does what happens in the guilds of this shard reach us now? */
  hears(shardId: number): boolean;
  waitingSinceMs: Retry["waitingSinceMs"];
  log: Log;
  /** Shorter in tests. */
  noteEveryMs?: number | undefined;
}

export interface CatchUp {
  /** The guild's events come in from now on; what was before is read back. */
  here(guildId: string, shardId: number): void;
  /** They don't, or never will again. */
  away(guildId: string): void;
  /** A new session: of its guilds nothing comes in until they are here. */
  restarted(shardId: number): void;
  /** Something of this guild could not be stored: it will be read back. */
  missed(guildId: string): void;
  /** Notes now and then that nothing is missing. It never throws. */
  run(signal: AbortSignal): Promise<void>;
}

interface Guild {
  id: string;
  shardId: number;
  /** Nothing is known to be missing. */
  isComplete: boolean;
  retryAtMs: number;
}

export function createCatchUp(deps: CatchUpDeps): CatchUp {
  const { noteEveryMs = NOTE_EVERY_MS } = deps;
  const guilds = new Map<string, Guild>();
  /** Up to when this process heard all of a guild: another may have heard more, but not what was sent to us. */
  const untilMs = new Map<string, number>();
  let bell = Promise.withResolvers<void>();
  return {
    here: (id, shardId) => {
      guilds.set(id, { id, shardId, isComplete: false, retryAtMs: 0 });
      bell.resolve();
    },
    away: (id) => void guilds.delete(id),
    restarted: (shardId) => {
      for (const guild of guilds.values()) if (guild.shardId === shardId) guilds.delete(guild.id);
    },
    missed: (id) => {
      for (const guild of guilds.values()) {
        if (id === guild.id || id === DIRECT) guild.isComplete = false;
      }
    },
    run: async (signal) => {
      while (!signal.aborted) {
        bell = Promise.withResolvers();
        for (const guild of [...guilds.values()]) {
          const isHere = () => guilds.get(guild.id) === guild && deps.hears(guild.shardId);
          await keepUp(deps, guild, { untilMs, isHere, signal });
        }
        // Aborted means that no more events come in: the loop looks.
        const pause = sleep(noteEveryMs, undefined, { signal, ref: false }).catch(() => undefined);
        await Promise.race([pause, bell.promise]);
      }
    },
  };
}

interface Heard {
  untilMs: Map<string, number>;
  isHere(): boolean;
  signal: AbortSignal;
}

async function keepUp(deps: CatchUpDeps, guild: Guild, heard: Heard): Promise<void> {
  const { isHere, signal, untilMs } = heard;
  if (signal.aborted || !isHere() || performance.now() < guild.retryAtMs) return;
  try {
    if (!(await deps.serves(guild.id))) return;
    const waitsMs = Math.min(deps.waitingSinceMs(guild.id), deps.waitingSinceMs(DIRECT));
    const nowMs = Math.min(Date.now(), waitsMs);
    const isDue = !guild.isComplete;
    // Before it is: what is missed from now on is for the next time.
    guild.isComplete = true;
    if (isDue) await catchUp(deps, guild, untilMs.get(guild.id) ?? nowMs, signal);
    // Lost meanwhile: what was on its way comes again with the session, or is read back with the next one.
    if (signal.aborted || !isHere() || !guild.isComplete) return;
    await deps.inbox.caughtUp({ platform: "discord", workspaceId: guild.id }, nowMs);
    untilMs.set(guild.id, nowMs);
  } catch (error) {
    if (signal.aborted) return;
    guild.isComplete = false;
    const { noteEveryMs = NOTE_EVERY_MS } = deps;
    guild.retryAtMs = performance.now() + RETRY_AFTER_NOTES * noteEveryMs;
    const trouble = { guildId: guild.id, reason: reasonOf(error) };
    deps.log.warn(trouble, "what was missed could not be read back; trying again");
  }
}

async function catchUp(
  deps: CatchUpDeps,
  { id: guildId }: Guild,
  untilMs: number,
  signal: AbortSignal,
): Promise<void> {
  const gap = await deps.inbox.gap({ platform: "discord", workspaceId: guildId });
  if (!gap) return;
  const sinceMs = Math.min(gap.sinceMs, untilMs);
  const counts = await readBack(deps, guildId, { ...gap, sinceMs }, signal);
  deps.log.info({ guildId, ...counts }, "what was missed has been read back");
}
