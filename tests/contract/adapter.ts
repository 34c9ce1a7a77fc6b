/**
 * What every adapter must do, whatever its platform. A platform joins by writing a `Harness` and calling
 * `contract("name", harness)` in a test file of its own. Posting happens in another process than listening.
 */
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Adapter, Inbox, ReplyPart } from "../../src/chat.ts";
import { FileRejected } from "../../src/errors.ts";
import type { FileShared, Incoming, Mention, Place, SharedFile } from "../../src/events.ts";
import { noCommands } from "../support/inbox.ts";

export interface Harness {
  /** A fresh platform with one adapter that listens already and hands in to `inbox`. */
  open(inbox: Inbox): Promise<Room>;
}

/** A platform with people who share and ask in one channel, `place`. */
export interface Room {
  adapter: Adapter;
  /** Where everything happens; its threadId is null. A guest is among its readers. */
  place: Place;
  facts: Facts;
  /** Somebody shares a file in `place`. */
  share(file: { name: string; content: Uint8Array }): Promise<Delivery>;
  /** Somebody asks in `place`, in a new thread. */
  ask(text: string): Promise<Delivery>;
  /** The platform hands over the last event once more, as it does when it isn't sure that it arrived. */
  redeliver(): Promise<void>;
  /** The file is deleted on the platform. */
  remove(file: SharedFile): Promise<void>;
  /** Runs `post` of an adapter of its own in another process (see elsewhere.ts). */
  postElsewhere(job: PostJob): Posting;
  /** What people see now of the bot's messages in the question's thread, oldest first. */
  shown(question: Mention): Promise<ShownMessage[]>;
  close(): Promise<void>;
}

/** What the platform's people are, for checking `readers` and `readable`. */
export interface Facts {
  member: string;
  guest: string;
  /** A private channel, of full members alone where there are such, the member among them, the guest not. */
  inner: string;
}

/** What the platform was told: false when it must take the event as not arrived (no acknowledgement, a 5xx). */
export interface Delivery {
  acknowledged: boolean;
}

/** Plain JSON: it travels to another process. */
export interface PostJob {
  to: Mention;
  parts: ReplyPart[];
  /** Ids that earlier tries posted. */
  posted: string[];
  /** An earlier try ended in a crash: what nobody knows of is its. */
  again?: boolean;
  /** The source falls silent for good after the last part, so that the process can be killed while it posts. */
  neverEnds?: boolean;
}

export interface Posting {
  /** Ids that onPosted was called with so far. */
  readonly posted: readonly string[];
  /** Resolves when `post` resolved; rejects when it threw. */
  readonly done: Promise<void>;
  /** Ends the other process at once, as kill -9 does. */
  kill(): Promise<void>;
}

export interface ShownMessage {
  id: string;
  text: string;
}

const TIMEOUT_MS = 20_000;

export function contract(name: string, harness: Harness): void {
  describe(`the ${name} adapter`, { timeout: TIMEOUT_MS }, () => {
    const rooms: Room[] = [];
    const open = async (inbox: Inbox) => {
      const room = await harness.open(inbox);
      rooms.push(room);
      return room;
    };
    afterEach(async () => {
      for (const room of rooms.splice(0)) await room.close();
    });
    incoming(open);
    files(open);
    replies(open);
    access(open);
  });
}

type Open = (inbox: Inbox) => Promise<Room>;

function incoming(open: Open): void {
  test("a shared file arrives under one key, though delivered twice", async () => {
    const inbox = keeping();
    const room = await open(inbox);
    const delivery = await room.share(report("one.txt"));
    expect(delivery.acknowledged).toBe(true);
    await room.redeliver();
    const arrived = inbox.events.filter((event) => event.kind === "file_shared");
    expect(new Set(arrived.map((event) => event.key)).size).toBe(1);
    expect(arrived[0]).toMatchObject({
      kind: "file_shared",
      name: "one.txt",
      userId: room.facts.member,
      place: { workspaceId: room.place.workspaceId, channelId: room.place.channelId },
    });
  });

  test("an event crosses the seam as plain JSON", async () => {
    const inbox = keeping();
    const room = await open(inbox);
    await room.share(report("two.txt"));
    await room.ask("What is in it?");
    for (const event of inbox.events) expect(JSON.parse(JSON.stringify(event))).toEqual(event);
  });

  test("a question arrives with its text, its asker and its thread", async () => {
    const inbox = keeping();
    const room = await open(inbox);
    await room.ask("How many ducks?");
    const question = mentionIn(inbox);
    expect(question.text).toBe("How many ducks?");
    expect(question.userId).toBe(room.facts.member);
    expect(question.place.threadId).toBe(question.messageId);
    expect(question.messageId).toBeTypeOf("string");
  });

  test("nothing is acknowledged before it is stored", async () => {
    const order: string[] = [];
    const accept = async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      order.push("stored");
    };
    const room = await open({ ...noCommands, accept });
    await room.share(report("three.txt"));
    order.push("acknowledged");
    expect(order).toEqual(["stored", "acknowledged"]);
  });

  test("what could not be stored is not acknowledged", async () => {
    const accept = () => Promise.reject(new Error("the database is away"));
    const room = await open({ ...noCommands, accept });
    expect(await room.share(report("four.txt"))).toEqual({ acknowledged: false });
    expect(await room.ask("Anybody there?")).toEqual({ acknowledged: false });
  });
}

function files(open: Open): void {
  test("a download gives the file's bytes", async () => {
    const inbox = keeping();
    const room = await open(inbox);
    const content = Buffer.from("ducks \u{1F986} and more\n".repeat(90_000));
    await room.share({ name: "ducks.txt", content });
    const file = fileIn(inbox);
    const got = await download(room.adapter, file, content.length);
    expect(got.equals(content)).toBe(true);
  });

  test("a download over the limit is refused as too large", async () => {
    const inbox = keeping();
    const room = await open(inbox);
    await room.share({ name: "big.txt", content: Buffer.alloc(5_000, "x") });
    const refused = download(room.adapter, fileIn(inbox), 4_999);
    await expect(refused).rejects.toBeInstanceOf(FileRejected);
    await expect(refused).rejects.toMatchObject({ kind: "too_large" });
  });

  test("a file that is gone is told as gone, and can't be had", async () => {
    const inbox = keeping();
    const room = await open(inbox);
    await room.share(report("stays.txt"));
    await room.share(report("goes.txt"));
    const [stays, goes] = [fileIn(inbox, "stays.txt"), fileIn(inbox, "goes.txt")];
    expect(await room.adapter.present([stays, goes], soon())).toEqual([stays, goes]);
    await room.remove(goes);
    await vi.waitUntil(() => inbox.events.some((event) => tellsGone(event, goes)), 10_000);
    expect(await room.adapter.present([stays, goes], soon())).toEqual([stays]);
    await expect(download(room.adapter, goes, 1_000)).rejects.toMatchObject({ kind: "refused" });
  });

  test("only what the platform says is deleted is gone, and what it has is listed", async () => {
    const inbox = keeping();
    const room = await open(inbox);
    await room.share(report("stays.txt"));
    await room.share(report("goes.txt"));
    const [stays, goes] = [fileIn(inbox, "stays.txt"), fileIn(inbox, "goes.txt")];
    const listed = async () => (await room.adapter.shared(room.place, null, soon())).listed;
    expect(new Set(await listed())).toEqual(new Set([goes.fileId, stays.fileId]));
    expect(await room.adapter.gone([stays, goes], soon())).toEqual([]);
    await room.remove(goes);
    expect(await room.adapter.gone([stays, goes], soon())).toEqual([goes]);
    expect(await listed()).toEqual([stays.fileId]);
  });

  test("a file's removal arrives", async () => {
    const inbox = keeping();
    const room = await open(inbox);
    await room.share(report("goes.txt"));
    const file = fileIn(inbox);
    await room.remove(file);
    await vi.waitFor(() => {
      expect(inbox.events.filter((event) => tellsGone(event, file))).toHaveLength(1);
    });
  });
}

/** Where files are a message's own, it is the message that is told of. */
function tellsGone(event: Incoming, { fileId, messageId }: SharedFile): boolean {
  if (event.kind === "file_removed") return event.fileId === fileId;
  return event.kind === "message_deleted" && event.messageId === messageId;
}

function replies(open: Open): void {
  test("a reply posted by another process is shown in the thread, in order", async () => {
    const { room, question } = await asked(open);
    const words = Array.from({ length: 60 }, (_, index) => `word${index} `);
    const posting = room.postElsewhere({ to: question, parts: said(...words), posted: [] });
    await posting.done;
    const shown = await room.shown(question);
    expect(shown).toHaveLength(1);
    expect(shown[0]?.text).toContain(words.join("").trim());
    expect(shown.map((message) => message.id)).toEqual(posting.posted);
  });

  test("a reply is seen before it is complete", async () => {
    const { room, question } = await asked(open);
    const parts = said("Half of ", "it.");
    const posting = room.postElsewhere({ to: question, parts, posted: [], neverEnds: true });
    await vi.waitFor(async () => {
      expect((await room.shown(question))[0]?.text).toContain("Half of it.");
    }, TIMEOUT_MS);
    await posting.kill();
  });

  test("a restart takes back what was said", async () => {
    const { room, question } = await asked(open);
    const restart: ReplyPart = { kind: "restart", note: "Another model goes on." };
    const parts = [...said("Wrong. "), restart, ...said("Right.")];
    await room.postElsewhere({ to: question, parts, posted: [] }).done;
    const text = (await room.shown(question)).map((message) => message.text).join("\n");
    expect(text).toContain("Right.");
    expect(text).not.toContain("Wrong.");
  });

  test("a retry after a crash does not post twice", async () => {
    const { room, question } = await asked(open);
    const first = room.postElsewhere({
      to: question,
      parts: said("The first try. "),
      posted: [],
      neverEnds: true,
    });
    await vi.waitFor(async () => {
      expect((await room.shown(question))[0]?.text).toContain("The first try.");
    }, TIMEOUT_MS);
    await first.kill();
    const parts = said("The second try.");
    const again = { posted: [...first.posted], again: true };
    await room.postElsewhere({ to: question, parts, ...again }).done;
    const shown = await room.shown(question);
    expect(shown).toHaveLength(1);
    expect(shown[0]?.text).toContain("The second try.");
    expect(shown[0]?.text).not.toContain("The first try.");
  });

  test("a message that a crash left unknown is adopted, not answered beside", async () => {
    const { room, question } = await asked(open);
    const first = { to: question, parts: said("The first try. "), posted: [], neverEnds: true };
    const crashed = room.postElsewhere(first);
    await vi.waitFor(async () => {
      expect((await room.shown(question))[0]?.text).toContain("The first try.");
    }, TIMEOUT_MS);
    await crashed.kill();
    const parts = said("The second try.");
    await room.postElsewhere({ to: question, parts, posted: [], again: true }).done;
    expect((await room.shown(question)).map(({ text }) => text.trim())).toEqual([
      "The second try.",
    ]);
  });
}

function access(open: Open): void {
  test("a channel with a guest says so, and no inner channel is readable beside it", async () => {
    const room = await open(keeping());
    const readers = await room.adapter.readers(room.place);
    expect(readers.outsiders).toBe(true);
    expect(readers.alsoReadable).not.toContain(room.facts.inner);
  });

  test("an inner channel is private, and has no outsiders unless roles open it", async () => {
    const room = await open(keeping());
    const inner = { ...room.place, channelId: room.facts.inner };
    const { visibility, outsiders, byRoles = false } = await room.adapter.readers(inner);
    expect(visibility).toBe("private");
    expect(outsiders).toBe(byRoles);
  });

  test("what is not known about a channel counts as no", async () => {
    const room = await open(keeping());
    const readers = await room.adapter.readers({ ...room.place, channelId: "NOWHERE" });
    expect(readers.visibility).not.toBe("public");
    expect(readers.outsiders).not.toBe(false);
    expect(readers.alsoReadable).toEqual([]);
  });

  test("a member can read the inner channel, a guest can't", async () => {
    const { adapter, place, facts } = await open(keeping());
    const member = await adapter.readable(place.workspaceId, facts.member);
    expect(member).toEqual(expect.arrayContaining([place.channelId, facts.inner]));
    expect(await adapter.readable(place.workspaceId, facts.guest)).not.toContain(facts.inner);
    expect(await adapter.readable(place.workspaceId, "NOBODY")).toEqual([]);
  });
}

function keeping(): Inbox & { events: Incoming[] } {
  const events: Incoming[] = [];
  return { ...noCommands, events, accept: async (event) => void events.push(event) };
}

async function asked(open: Open): Promise<{ room: Room; question: Mention }> {
  const inbox = keeping();
  const room = await open(inbox);
  await room.ask("How many ducks?");
  return { room, question: mentionIn(inbox) };
}

function mentionIn(inbox: { events: Incoming[] }): Mention {
  const mention = inbox.events.find((event) => event.kind === "mention");
  if (!mention) throw new Error("no question arrived");
  return mention;
}

function fileIn(inbox: { events: Incoming[] }, name?: string): SharedFile {
  const shared = (event: Incoming): event is FileShared =>
    event.kind === "file_shared" && (name === undefined || event.name === name);
  const event = inbox.events.find(shared);
  if (!event) throw new Error("no file arrived");
  const { place, messageId, fileId, userId } = event;
  return { place, messageId, fileId, userId };
}

function report(name: string): { name: string; content: Uint8Array } {
  return { name, content: Buffer.from(`The report called ${name}.\n`) };
}

function said(...texts: string[]): ReplyPart[] {
  return texts.map((text) => ({ kind: "text", text }));
}

async function download(adapter: Adapter, file: SharedFile, bytesMax: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of adapter.download(file, bytesMax, soon())) pieces.push(piece);
  return Buffer.concat(pieces);
}

function soon(): AbortSignal {
  return AbortSignal.timeout(TIMEOUT_MS);
}
