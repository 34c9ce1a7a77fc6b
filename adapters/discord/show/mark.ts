import { Routes } from "discord.js";
import type { FileState } from "../../../src/chat.ts";
import type { SharedFile } from "../../../src/events.ts";
import type { Clock } from "../../shared/clock.ts";
import { createMarks as createSharedMarks, type Sign, type Signs } from "../../shared/marks.ts";
import { type Discord, errorCode, reasonOf } from "../client.ts";
import { tell } from "./tell.ts";
import { where } from "./whereabouts.ts";

const EMOJI: Record<Sign, string> = { reading: "👀", done: "✅", failed: "⚠️" };

/** See `Adapter.mark`. Where the sharer's direct messages are closed, the reaction has to do. */
export interface Marks {
  mark(discord: Discord, file: SharedFile, state: FileState): Promise<void>;
}

export function createMarks(clock: Clock): Marks {
  const marks = createSharedMarks();
  return { mark: (discord, file, state) => marks.mark(signsOf(discord, clock), file, state) };
}

function signsOf(discord: Discord, clock: Clock): Signs {
  return {
    sleep: (ms, signal) => clock.sleep(ms, signal),
    put: (sign, file) => react(discord, file, "put", EMOJI[sign]),
    take: (sign, file) => react(discord, file, "delete", EMOJI[sign]),
    onFailed: (error, { place: { channelId } }) => {
      const about = { channelId, code: errorCode(error), reason: reasonOf(error) };
      discord.log.warn(about, "what became of a file could not be shown");
    },
    explain: async (reason, { place, userId, messageId }) => {
      await tell(discord, place, userId, { text: reason }, messageId);
    },
  };
}

async function react({ rest }: Discord, file: SharedFile, how: "put" | "delete", emoji: string) {
  const { place, messageId } = file;
  await where(place, messageId, (channelId) =>
    rest[how](Routes.channelMessageOwnReaction(channelId, messageId, emoji)),
  );
}
