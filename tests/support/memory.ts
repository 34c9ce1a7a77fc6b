/**
 * A chat platform in memory, for testing the core: it implements the seam and nothing else. `post` goes
 * through `ReplyBoard`, which another process reaches over a loopback server.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import type {
  Adapter,
  Command,
  FileState,
  Inbox,
  Note,
  Readers,
  ReplyPart,
  SharedPage,
} from "../../src/chat.ts";
import { FileRejected } from "../../src/errors.ts";
import type {
  FileShared,
  Incoming,
  Mention,
  OnlyFor,
  Place,
  Said,
  SharedFile,
} from "../../src/events.ts";

export interface MemoryChannel {
  id: string;
  visibility: Readers["visibility"];
  members: string[];
}

export interface MemoryReply {
  id: string;
  question: string;
  /** Without what a restart took back. */
  parts: ReplyPart[];
  finished: boolean;
  /** The only person who sees it; null: everybody. */
  onlyFor: string | null;
}

/** Where replies stand: the only thing that a posting process needs of the platform. */
export interface ReplyBoard {
  /** The reply to a question, made at the first call and empty again at the next. */
  open(question: string, onlyFor: string | null): Promise<string>;
  write(reply: string, part: ReplyPart): Promise<void>;
  finish(reply: string): Promise<void>;
}

export const GENERAL: MemoryChannel = {
  id: "general",
  visibility: "public",
  members: ["ada", "ben", "guest"],
};
export const LEADS: MemoryChannel = { id: "leads", visibility: "private", members: ["ada", "ben"] };

const WORKSPACE = "W1";
const GUESTS = ["guest"];
const SHARED_PAGE = 2;

export function createMemoryChat(channels: MemoryChannel[] = [GENERAL, LEADS]) {
  const files = new Map<string, Uint8Array>();
  const replies: MemoryReply[] = [];
  const marks: { fileId: string; state: FileState }[] = [];
  const notes: (Note & { place: Place; userId: string })[] = [];
  const before: FileShared[] = [];
  const nods: string[] = [];
  const announced: { place: Place; note: Note }[] = [];
  const board = boardOf(replies);
  const { hearing, deliver, redeliver, command } = createLine();
  let ids = 0;
  const put = (file: NewFile): FileShared => {
    files.set(`F${++ids}`, file.content);
    const event = sharedEvent(file, ids);
    before.push(event);
    return event;
  };
  const drop = (fileId: string): void => {
    files.delete(fileId);
    before.splice(0, before.length, ...before.filter((event) => event.fileId !== fileId));
  };

  const adapter: Adapter = {
    ...poster(board),
    ...hearing,
    download: ({ fileId }, bytesMax) => download(files.get(fileId), bytesMax),
    mark: async ({ fileId }, state) => void marks.push({ fileId, state }),
    ...accessOf(channels),
    async tell(place, userId, note) {
      notes.push({ ...note, place, userId });
      return true;
    },
    announce: async (place, note) => announced.push({ place, note }) > 0,
    nod: async (_place, messageId) => nods.push(messageId) > 0,
    shared: async (place, cursor) => sharedPage(before, place, cursor),
    gone: async (asked) => asked.filter((file) => !files.has(file.fileId)),
    async retract(_place, messageIds) {
      for (const id of messageIds) removeReply(replies, id);
    },
    present: async (asked) => asked.filter((file) => files.has(file.fileId)),
  };
  return {
    adapter,
    board,
    replies,
    marks,
    notes,
    nods,
    announced,
    /** Somebody has shared a file, of which nobody told Docent. */
    shareUnheard: put,
    /** Somebody shares a file. Resolves when it is accepted; rejects as `accept` does. */
    share: async (file: NewFile) => deliver(put(file)),
    /** A file is deleted while nobody listens. */
    removeUnheard: drop,
    ask: async (question: NewQuestion) => deliver(mentionEvent(question, ++ids)),
    /** Somebody writes in a thread without a mention. */
    say: async (said: NewQuestion & { thread: string; toOthers?: boolean }) =>
      deliver(saidEvent(said, ++ids)),
    /** Anything else that happens. */
    send: deliver,
    command,
    redeliver,
    async remove({ place, fileId, userId }: SharedFile) {
      drop(fileId);
      await deliver({ kind: "file_removed", key: `memory:gone:${fileId}`, place, userId, fileId });
    },
  };
}

/** Between the platform and whoever listens; it remembers who wrote in which thread. */
function createLine() {
  const written: { thread: string | null; user: string }[] = [];
  let inbox: Inbox | undefined;
  let last: Incoming | undefined;
  const listening = (): Inbox => {
    if (!inbox) throw new Error("nobody listens");
    return inbox;
  };
  const deliver = async <E extends Incoming>(event: E): Promise<E> => {
    last = event;
    if (["mention", "said", "file_shared"].includes(event.kind)) {
      written.push({ thread: event.place.threadId, user: event.userId });
    }
    await listening().accept(structuredClone(event));
    return event;
  };
  const hearing: Pick<Adapter, "listen" | "close" | "voices" | "trouble"> = {
    trouble: () => null,
    async listen(into) {
      inbox = into;
    },
    async close() {
      inbox = undefined;
    },
    voices: async ({ threadId }) => [
      ...new Set(written.filter(({ thread }) => thread === threadId).map(({ user }) => user)),
    ],
  };
  return {
    hearing,
    deliver,
    command: async (wish: Command) => listening().command(wish),
    async redeliver() {
      if (last) await deliver(last);
    },
  };
}

interface NewFile {
  name: string;
  handedOver?: boolean;
  content: Uint8Array;
  channel?: string;
  user?: string;
}

interface NewQuestion {
  text: string;
  channel?: string;
  user?: string;
  thread?: string;
  fileIds?: string[];
  onlyFor?: OnlyFor;
}

export function memoryPlace(channelId: string, threadId: string | null = null): Place {
  return { platform: "memory", workspaceId: WORKSPACE, channelId, threadId };
}

function sharedEvent(file: NewFile, number: number): FileShared {
  return {
    kind: "file_shared",
    key: `memory:F${number}`,
    place: memoryPlace(file.channel ?? "general", `M${number}`),
    userId: file.user ?? "ada",
    messageId: `M${number}`,
    fileId: `F${number}`,
    name: file.name,
    bytes: file.content.length,
    handedOver: file.handedOver ?? false,
    permalink: null,
    sharedAtMs: Date.UTC(2025, 0, 1) + number * 60_000,
  };
}

function mentionEvent(question: NewQuestion, number: number): Mention {
  return {
    kind: "mention",
    key: `memory:M${number}`,
    place: memoryPlace(question.channel ?? "general", question.thread ?? `M${number}`),
    userId: question.user ?? "ada",
    messageId: `M${number}`,
    text: question.text,
    fileIds: question.fileIds ?? [],
    ...(question.onlyFor && { onlyFor: question.onlyFor }),
  };
}

function saidEvent(
  { toOthers, ...question }: NewQuestion & { toOthers?: boolean },
  number: number,
): Said {
  return { ...mentionEvent(question, number), kind: "said", toOthers: toOthers ?? false };
}

/** The part of the adapter that works in any process that reaches the board. */
export function poster(board: ReplyBoard): Pick<Adapter, "platform" | "post"> {
  return {
    platform: "memory",
    async post(to, reply, posts, signal) {
      const id = await board.open(to.messageId, to.onlyFor ? to.userId : null);
      if (!posts.posted.includes(id)) await posts.onPosted(id);
      for await (const part of reply) {
        signal.throwIfAborted();
        await board.write(id, part);
      }
      await board.finish(id);
    },
  };
}

function removeReply(replies: MemoryReply[], id: string): void {
  const at = replies.findIndex((reply) => reply.id === id);
  if (at >= 0) replies.splice(at, 1);
}

/** The platform's word on who reads what, and who is what: `ada` is the admin. */
function accessOf(
  channels: MemoryChannel[],
): Pick<Adapter, "readers" | "readable" | "standing" | "forget"> {
  return {
    // Nothing is remembered: the channels themselves are asked each time.
    forget: () => undefined,
    readers: async ({ channelId }) => readersOf(channels, channelId),
    readable: async (_workspaceId, userId) =>
      channels.filter(({ members }) => members.includes(userId)).map(({ id }) => id),
    standing: async (_place, userId) => ({ admin: userId === "ada", moderator: false }),
  };
}

function boardOf(replies: MemoryReply[]): ReplyBoard {
  const find = (id: string) => {
    const reply = replies.find((one) => one.id === id);
    if (!reply) throw new Error("no such reply");
    return reply;
  };
  return {
    async open(question, onlyFor) {
      const known = replies.find((reply) => reply.question === question);
      if (known) known.parts = [];
      else replies.push({ id: `R-${question}`, question, parts: [], finished: false, onlyFor });
      return `R-${question}`;
    },
    async write(id, part) {
      const reply = find(id);
      reply.parts = part.kind === "restart" ? [part] : [...reply.parts, part];
    },
    async finish(id) {
      find(id).finished = true;
    },
  };
}

export function replyText(reply: MemoryReply | undefined): string {
  return (reply?.parts ?? []).map((part) => (part.kind === "text" ? part.text : "")).join("");
}

/** Lets another process write on the board. */
export async function serveBoard(board: ReplyBoard) {
  const server = createServer((request, response) => {
    const answer = async () => {
      const call = (await json(request)) as { id: string; part?: ReplyPart; onlyFor?: string };
      if (request.url === "/open") return board.open(call.id, call.onlyFor ?? null);
      if (request.url === "/finish") return board.finish(call.id);
      if (call.part) return board.write(call.id, call.part);
    };
    answer().then(
      (result) => response.end(JSON.stringify(result ?? null)),
      () => response.writeHead(500).end(),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}`, close };
}

export function boardAt(url: string): ReplyBoard {
  const call = async (path: string, body: object) => {
    const response = await fetch(url + path, { method: "POST", body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`the board answered ${response.status}`);
    return response.json();
  };
  return {
    open: async (id, onlyFor) => String(await call("/open", { id, onlyFor })),
    write: async (id, part) => void (await call("/write", { id, part })),
    finish: async (id) => void (await call("/finish", { id })),
  };
}

function sharedPage(before: FileShared[], place: Place, cursor: string | null): SharedPage {
  const there = before.filter((file) => file.place.channelId === place.channelId).reverse();
  const end = Number(cursor ?? 0) + SHARED_PAGE;
  const next = end < there.length ? String(end) : null;
  const files = there.slice(end - SHARED_PAGE, end);
  const listed = files.map(({ fileId }) => fileId);
  return { files, listed, total: there.length, next };
}

async function* download(content: Uint8Array | undefined, bytesMax: number) {
  if (!content) throw new FileRejected("refused", "This file is gone.");
  if (content.length > bytesMax) throw new FileRejected("too_large", "This file is too large.");
  yield content;
}

function readersOf(channels: MemoryChannel[], id: string): Readers {
  const channel = channels.find((one) => one.id === id);
  if (!channel) {
    return { visibility: "private", channelName: null, outsiders: null, alsoReadable: [] };
  }
  const others = channels.filter((other) => other !== channel);
  return {
    visibility: channel.visibility,
    channelName: id,
    outsiders: channel.members.some((member) => GUESTS.includes(member)),
    alsoReadable: others
      .filter((other) => channel.members.every((member) => other.members.includes(member)))
      .map((other) => other.id),
  };
}
