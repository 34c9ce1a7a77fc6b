/** Files that were shared in Discord, asked for over REST. */
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createClient, type Discord } from "../../adapters/discord/client.ts";
import { onceId } from "../../adapters/discord/once.ts";
import { placeOf } from "../../adapters/discord/place.ts";
import { download, gone, present } from "../../adapters/discord/read/files.ts";
import { createHistory } from "../../adapters/discord/read/history.ts";
import { voices } from "../../adapters/discord/read/voices.ts";
import { createWorld } from "../../adapters/discord/read/world.ts";
import { FileRejected, ServiceError } from "../../src/errors.ts";
import type { SharedFile } from "../../src/events.ts";
import type { Said, Saying } from "../support/discord/acts.ts";
import { attachmentShape } from "../support/discord/message-shapes.ts";
import { IDS } from "../support/discord/world.ts";
import { type DiscordOptions, type LoopbackDiscord, startDiscord } from "../support/discord.ts";

const { guild, ana, ben } = IDS;
const { general, help, forum, guides } = IDS.channels;
const LOOK_UP = "GET /channels/:channel/messages/:message";
const PLAN = { name: "plan.txt", content: Buffer.from("five ducks") };
const { signal } = new AbortController();

let loopback: LoopbackDiscord;
let discord: Discord;

beforeEach(() => start());
afterEach(() => loopback.close());

async function start(options: DiscordOptions = {}) {
  loopback = await startDiscord(options);
  const { token, apiUrl } = loopback;
  discord = createClient({ token, apiUrl, log: pino({ level: "silent" }) });
}

const share = (saying: Partial<Saying> = {}) =>
  loopback.say({ channel: general, user: ana, text: "The plan", files: [PLAN], ...saying });

/** The first file of a message, as the core knows it. */
function fileOf({ id, fileIds }: Said, channelId: string = general, threadId = id): SharedFile {
  const place = placeOf(guild, channelId, threadId);
  return { place, messageId: id, fileId: fileIds[0] ?? "", userId: ana };
}

async function bytesOf(file: SharedFile, { bytesMax = 1_000, hosts = [loopback.host] } = {}) {
  const deps = { discord, fileHosts: hosts, secretKey: null };
  const pieces: Uint8Array[] = [];
  for await (const piece of download(deps, file, bytesMax, signal)) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

const refused = (file: SharedFile, options = {}) =>
  bytesOf(file, options).then(
    () => null,
    (error: unknown) => (error instanceof FileRejected ? error : null),
  );

/** In all the ways in which a file comes to a place. */
function shares(): Record<string, SharedFile> {
  const begun = share();
  const thread = loopback.createThread({ channel: general, user: ana, from: begun.id });
  const post = loopback.createThread({
    ...{ channel: forum, user: ana, name: "post", text: "See", files: [PLAN] },
  });
  const postId = post.messageId ?? "";
  const forwarded = loopback.say({ channel: help, user: ben, forward: begun.id });
  const [original = ""] = begun.fileIds;
  const direct = loopback.openDm(ana);
  const secret = loopback.createThread({
    ...{ channel: general, user: ana, private: true, members: [IDS.bot] },
  });
  const question = loopback.say({ channel: general, user: ana, text: "How many?" });
  return {
    channel: fileOf(begun),
    thread: fileOf(share({ channel: thread.id }), general, thread.id),
    post: fileOf({ id: postId, fileIds: post.fileIds }, forum, postId),
    "post's answer": fileOf(share({ channel: postId }), forum, postId),
    forward: { ...fileOf(forwarded, help), fileId: original },
    "direct message": fileOf(share({ channel: direct }), direct, direct),
    "private thread": fileOf(share({ channel: secret.id }), secret.id, secret.id),
    "reply in the channel": fileOf(share({ replyTo: question.id }), general, question.id),
  };
}

describe("a download", () => {
  test("works wherever the file was shared, and sends no token to the file host", async () => {
    for (const [where, file] of Object.entries(shares())) {
      expect([where, await bytesOf(file)]).toEqual([where, "five ducks"]);
    }
    const fetched = loopback.calls("GET /attachments/:channel/:file/:name");
    expect(fetched.map(({ authorized }) => authorized)).toEqual(fetched.map(() => false));
  });

  test("uses a fresh URL: those of yesterday are good no more", async () => {
    const file = fileOf(share());
    loopback.pass(3 * 24 * 60 * 60_000);
    expect(await bytesOf(file)).toBe("five ducks");
  });

  test("ends before it begins, where Discord says that the file is too large", async () => {
    const file = fileOf(share({ files: [{ ...PLAN, size: 2_000 }] }));
    expect(await refused(file)).toMatchObject({ kind: "too_large" });
    expect(loopback.calls("GET /attachments/:channel/:file/:name")).toEqual([]);
  });

  test("ends where the file is larger than Discord said", async () => {
    const file = fileOf(share({ files: [{ ...PLAN, size: 2 }] }));
    expect(await refused(file, { bytesMax: 5 })).toMatchObject({ kind: "too_large" });
  });

  test("from another host is refused, and so is a file that is gone", async () => {
    const said = share();
    expect(await refused(fileOf(said), { hosts: [] })).toMatchObject({ kind: "refused" });
    loopback.edit(said.id, { files: [] });
    expect(await refused(fileOf(said))).toMatchObject({ kind: "refused" });
    loopback.deleteMessage(said.id);
    expect(await refused(fileOf(said))).toMatchObject({ kind: "refused" });
  });

  test("that Discord fails at may be tried again", async () => {
    const file = fileOf(share());
    const down = { status: 503 };
    loopback.fail(LOOK_UP, down, down, down, down);
    await expect(bytesOf(file)).rejects.toBeInstanceOf(ServiceError);
    expect(await bytesOf(file)).toBe("five ducks");
  });
});

describe("a file that comes once", () => {
  /** As the option of a slash command: it stands in no message. */
  function once(): SharedFile {
    const stored = loopback.world.files.get(fileOf(share()).fileId);
    const url = stored ? attachmentShape(loopback.world, stored).url : "";
    const fileId = onceId(discord, null, url) ?? "";
    const direct = loopback.openDm(ana);
    return { place: placeOf(guild, direct, direct), messageId: "7", fileId, userId: ana };
  }

  test("is read while its URL is good, and then asked for in a kind way", async () => {
    const file = once();
    expect(await bytesOf(file)).toBe("five ducks");
    loopback.pass(3 * 24 * 60 * 60_000);
    const rejection = { kind: "refused", message: expect.stringMatching(/direct message/) };
    expect(await refused(file)).toMatchObject(rejection);
    expect(await refused({ ...file, fileId: "once.elsewhere" })).toMatchObject(rejection);
  });

  test("is there until it is forgotten", async () => {
    const file = once();
    expect(await present({ discord }, [file], signal)).toEqual([file]);
    expect(await gone({ discord }, [file], signal)).toEqual([]);
    expect(loopback.calls(LOOK_UP)).toEqual([]);
  });
});

describe("what is cited", () => {
  test("is still there, wherever it was shared; a message is asked for once", async () => {
    const files = Object.values(shares());
    expect(await present({ discord }, files, signal)).toEqual(files);
    expect(await gone({ discord }, files, signal)).toEqual([]);
    const two = share({ files: [PLAN, PLAN] });
    const both = two.fileIds.map((fileId) => ({ ...fileOf(two), fileId }));
    const before = loopback.calls(LOOK_UP).length;
    expect(await present({ discord }, both, signal)).toEqual(both);
    expect(loopback.calls(LOOK_UP)).toHaveLength(before + 1);
  });

  test("is gone with its message, its attachment, its thread or its channel", async () => {
    const [kept, deleted, edited] = [share(), share(), share()];
    const { id: threadId } = loopback.createThread({ channel: general, user: ana });
    const inThread = fileOf(share({ channel: threadId }), general, threadId);
    const inChannel = fileOf(share({ channel: help }), help);
    loopback.deleteMessage(deleted.id);
    loopback.edit(edited.id, { files: [] });
    loopback.deleteThread(threadId);
    loopback.deleteChannel(help);
    const lost = [fileOf(deleted), fileOf(edited), inThread, inChannel];
    const files = [fileOf(kept), ...lost];
    expect(await present({ discord }, files, signal)).toEqual([fileOf(kept)]);
    expect(await gone({ discord }, files, signal)).toEqual(lost);
  });

  test("is neither where Discord does not say: hidden, failing, or too slow", async () => {
    const hidden = fileOf(share({ channel: guides }), guides);
    loopback.overwrite(guides, IDS.roles.bot, {});
    expect(await present({ discord }, [hidden], signal)).toEqual([]);
    expect(await gone({ discord }, [hidden], signal)).toEqual([]);
    const file = fileOf(share());
    loopback.fail(LOOK_UP, { status: 400, code: 0 }, { status: 400, code: 0 });
    expect(await present({ discord }, [file], signal)).toEqual([]);
    expect(await gone({ discord }, [file], signal)).toEqual([]);
    const late = new AbortController();
    loopback.fail(LOOK_UP, { hang: true });
    const asked = present({ discord }, [file], late.signal);
    late.abort();
    expect(await asked).toEqual([]);
  });

  test("is not said to be gone where Docent may not read messages", async () => {
    const file = fileOf(share());
    loopback.world.privileged.delete("content");
    expect(await present({ discord }, [file], signal)).toEqual([]);
    expect(await gone({ discord }, [file], signal)).toEqual([]);
  });
});

describe("what was shared before", () => {
  async function all(channelId: string) {
    const { shared } = createHistory(createWorld(discord), discord);
    const place = placeOf(guild, channelId, channelId === general ? null : channelId);
    const found = { files: [] as SharedFile[], listed: [] as string[], pages: 0 };
    for (let cursor: string | null = null; found.pages === 0 || cursor !== null; ) {
      const page = await shared(place, cursor, signal);
      cursor = page.next;
      found.files.push(...page.files);
      found.listed.push(...page.listed);
      found.pages += 1;
    }
    return found;
  }

  test("is found in a channel and its threads, archived ones too, newest first", async () => {
    const first = share();
    const open = loopback.createThread({ channel: general, user: ana, from: first.id });
    const closed = loopback.createThread({ channel: general, user: ana, name: "old" });
    const inOpen = share({ channel: open.id });
    const inClosed = share({ channel: closed.id });
    const secret = loopback.createThread({
      ...{ channel: general, user: ana, private: true, members: [IDS.bot] },
    });
    share({ channel: secret.id });
    loopback.updateThread(closed.id, { archived: true });
    const last = share();
    const { files, listed } = await all(general);
    const expected = [last, first, inClosed, inOpen].flatMap(({ fileIds }) => fileIds);
    expect(files.map(({ fileId }) => fileId)).toEqual(expected);
    expect(listed).toEqual(expected);
    expect(files.map(({ place }) => place.threadId)).toEqual([
      ...[last.id, first.id, closed.id, open.id],
    ]);
    expect((await all(secret.id)).files).toMatchObject([{ place: { channelId: secret.id } }]);
  });

  test("is found in all posts of a forum, and in direct messages", async () => {
    const posts = ["one", "two"].map((text) =>
      loopback.createThread({ channel: forum, user: ana, text, files: [PLAN] }),
    );
    const { files } = await all(forum);
    const places = posts.toReversed().map(({ id }) => placeOf(guild, forum, id));
    expect(files.map(({ place }) => place)).toEqual(places);
    const direct = loopback.openDm(ana);
    const sent = share({ channel: direct });
    expect((await all(direct)).files).toMatchObject([{ fileId: sent.fileIds[0] }]);
  });

  test("comes in pages, each once, also where most messages have no files", async () => {
    const expected: string[] = [];
    for (let index = 0; index < 1_250; index += 1) {
      if (index % 20 !== 0) loopback.say({ channel: general, user: ben, text: "hm" });
      else expected.unshift(share().fileIds[0] ?? "");
    }
    const { files, pages } = await all(general);
    expect(files.map(({ fileId }) => fileId)).toEqual(expected);
    expect(pages).toBe(2);
  });

  test("is nothing where the channel is gone, and ends with the signal", async () => {
    expect(await all("1")).toEqual({ files: [], listed: [], pages: 1 });
    const { shared } = createHistory(createWorld(discord), discord);
    const page = shared(placeOf(guild, general, null), null, AbortSignal.abort());
    await expect(page).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("voices", () => {
  test("of a thread are the people who wrote in it, and who began it", async () => {
    const question = loopback.say({ channel: general, user: ana, text: "How many?" });
    const { id } = loopback.createThread({ channel: general, user: ana, from: question.id });
    loopback.say({ channel: id, user: IDS.bot, text: "Five." });
    const place = placeOf(guild, general, question.id);
    expect(await voices(discord, place)).toEqual([ana]);
    loopback.say({ channel: id, user: ben, text: "I saw six." });
    loopback.say({ channel: id, user: IDS.mod, text: "beep", webhook: true });
    expect(await voices(discord, place)).toEqual([ana, ben]);
  });

  test("of answers in the channel are those who answer each other", async () => {
    const question = loopback.say({ channel: general, user: ana, text: "How many?" });
    const bot = { channel: general, user: IDS.bot };
    const answer = loopback.say({ ...bot, text: "Five.", replyTo: question.id });
    loopback.say({ channel: general, user: IDS.mod, text: "Lunch?" });
    const place = placeOf(guild, general, question.id);
    expect(await voices(discord, place)).toEqual([ana]);
    loopback.say({ channel: general, user: ben, text: "Six.", replyTo: answer.id });
    expect(await voices(discord, place)).toEqual([ana, ben]);
  });

  test("of a very long thread are not counted", async () => {
    const { id } = loopback.createThread({ channel: general, user: ana });
    for (let count = 0; count < 300; count += 1) {
      loopback.say({ channel: id, user: ana, text: "More" });
    }
    await expect(voices(discord, placeOf(guild, general, id))).rejects.toBeInstanceOf(ServiceError);
  });
});
