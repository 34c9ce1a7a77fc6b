import type { FileState } from "../../../src/chat.ts";
import type { Place, SharedFile } from "../../../src/events.ts";
import { createMarks as createSharedMarks, type Sign, type Signs } from "../../shared/marks.ts";
import { errorCode, reasonOf, type Slack } from "../client.ts";
import { tell } from "./tell.ts";

const NAMES: Record<Sign, string> = {
  reading: "eyes",
  done: "white_check_mark",
  failed: "warning",
};

/** See `Adapter.mark`. */
export interface Marks {
  mark(slack: Slack, file: SharedFile, state: FileState): Promise<void>;
}

export function createMarks(): Marks {
  const marks = createSharedMarks();
  return { mark: (slack, file, state) => marks.mark(signsOf(slack), file, state) };
}

function signsOf(slack: Slack): Signs {
  return {
    sleep: (ms, signal) => slack.turns.clock.sleep(ms, signal),
    put: (sign, file) => react(slack, file, "add", NAMES[sign]),
    take: (sign, file) => react(slack, file, "remove", NAMES[sign]),
    onFailed: (error, { fileId }) => {
      const reason = reasonOf(error);
      slack.log.warn({ fileId, reason }, "what became of a file could not be shown");
    },
    explain: async (reason, file) => {
      await tell(slack, placeOf(file), file.userId, { text: reason });
    },
  };
}

/** What one person alone sees in a thread is seen only where the thread is there already. */
function placeOf({ place, messageId }: SharedFile): Place {
  return place.threadId === messageId ? { ...place, threadId: null } : place;
}

async function react(slack: Slack, file: SharedFile, how: "add" | "remove", name: string) {
  const message = { channel: file.place.channelId, timestamp: file.messageId, name };
  try {
    await slack.read.reactions[how](message);
  } catch (error) {
    const code = errorCode(error) ?? "";
    if (code !== "already_reacted" && code !== "no_reaction") throw error;
  }
}
