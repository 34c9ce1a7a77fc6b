import type { Adapter, Inbox } from "../../src/chat.ts";
import { FileRejected } from "../../src/errors.ts";
import type { SharedFile } from "../../src/events.ts";
import { NOTICES } from "./hub.ts";
import { showReply } from "./post.ts";
import { editedEvent } from "./routes/afterwards.ts";
import { sharedEvent } from "./routes/files.ts";
import { questionEvent } from "./routes/questions.ts";
import { adminOf, PLATFORM, type Site } from "./site.ts";
import {
  dropUnfinished,
  filePieces,
  filesIn,
  filesReceived,
  filesThere,
  findFile,
  setFileState,
} from "./store/files.ts";
import { voicesIn } from "./store/messages.ts";
import { questionsEdited, questionsUnanswered } from "./store/questions.ts";
import { retractReply } from "./store/replies.ts";
import { channelsOf, readersOf } from "./workspace.ts";

/** Calls the handler with each payload of NOTIFY, and with "" when some may have been missed. */
export interface Listening {
  listen(channel: string, handler: (payload: string) => void): Promise<() => void>;
}

export function createAdapter(site: Site, notifications: Listening): Adapter {
  const { db, hub, workspace } = site;
  let stopListening: (() => void) | undefined;
  return {
    platform: PLATFORM,
    async listen(inbox) {
      stopListening = await notifications.listen(NOTICES, hub.tell);
      site.inbox = inbox;
      await handInAgain(site, inbox);
    },
    async close() {
      site.inbox = undefined;
      stopListening?.();
      hub.close();
    },
    download: (file, bytesMax, signal) => download(site, file, bytesMax, signal),
    post: (to, reply, posts, signal) => showReply(db, to, reply, posts, signal),
    async mark(file, state) {
      try {
        await setFileState(db, file.fileId, state);
      } catch (error) {
        site.log.warn({ err: error, fileId: file.fileId }, "a file's state could not be shown");
      }
    },
    readers: async ({ channelId }) => readersOf(workspace, channelId),
    async readable(workspaceId, userId) {
      const person = workspace.people.find(({ id }) => id === userId);
      if (workspaceId !== workspace.id || !person) return [];
      return channelsOf(workspace, person).map(({ id }) => id);
    },
    async standing(_place, userId) {
      return { admin: userId === adminOf(site)?.id, moderator: false };
    },
    async retract(_place, messageIds) {
      for (const id of messageIds) await retractReply(db, id);
    },
    // Here nobody can be told or thanked alone; what concerns people stands at their files and answers.
    tell: async () => false,
    // Whoever is to be told something is at the page.
    announce: async () => false,
    nod: async () => false,
    voices: ({ channelId, threadId }) => voicesIn(db, channelId, threadId),
    async shared({ channelId }) {
      const files = await filesIn(db, channelId);
      return {
        files: files.map((file) => sharedEvent(site, file)),
        listed: files.map(({ id }) => id),
        total: files.length,
        next: null,
      };
    },
    async gone(files) {
      const there = await stillThere(site, files);
      return files.filter((file) => !there.includes(file));
    },
    // Who can read what is a setting, read once: nothing is remembered of it.
    forget: () => undefined,
    trouble: () => null,
    present: (files) => stillThere(site, files),
  };
}

/** A process may have ended between storing and handing in. The events' keys make a second time harmless. */
async function handInAgain(site: Site, inbox: Inbox): Promise<void> {
  await dropUnfinished(site.db);
  for (const file of await filesReceived(site.db)) await inbox.accept(sharedEvent(site, file));
  for (const question of await questionsUnanswered(site.db)) {
    await inbox.accept(questionEvent(site, question));
  }
  for (const question of await questionsEdited(site.db)) {
    await inbox.accept(editedEvent(site, question));
  }
}

async function stillThere({ db }: Site, files: SharedFile[]): Promise<SharedFile[]> {
  const ids = files.map((file) => file.fileId);
  const there = await filesThere(db, ids);
  return files.filter((file) => there.get(file.fileId) === file.place.channelId);
}

async function* download(
  { db }: Site,
  file: SharedFile,
  bytesMax: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const found = await findFile(db, file.place.channelId, file.fileId);
  let bytes = 0;
  for await (const piece of filePieces(db, file.fileId)) {
    signal.throwIfAborted();
    bytes += piece.length;
    if (bytes > bytesMax) throw new FileRejected("too_large", "This file is too large to be read.");
    yield piece;
  }
  if (bytes !== found?.bytes) {
    throw new FileRejected("refused", "This file is no longer in the chat.");
  }
}
