import { afterEach, describe, expect, test, vi } from "vitest";
import { ConfigError, FileRejected, ServiceError } from "../../src/errors.ts";
import type { FileShared, Incoming, SharedFile } from "../../src/events.ts";
import { type Bench, type BenchOptions, openBench } from "../support/slack-bench.ts";
import { posts, reply } from "../support/slack-posting.ts";
import { APP_TOKEN, BOT, BOT_TOKEN } from "../support/slack-world.ts";

const signal = new AbortController().signal;
const open: Bench[] = [];

async function opened(options: BenchOptions = {}): Promise<Bench> {
  const bench = await openBench(options);
  open.push(bench);
  return bench;
}

afterEach(async () => {
  for (const bench of open.splice(0)) await bench.close();
});

async function shared(bench: Bench, content = "ducks", name = "plan.txt"): Promise<FileShared> {
  const files = [{ name, content: Buffer.from(content) }];
  const { ts } = await bench.slack.say({ channel: "C1", user: "U1", text: "", files });
  const share = (event: Incoming) => event.kind === "file_shared" && event.messageId === ts;
  const event = await until(() => bench.stored.find(share));
  if (event?.kind !== "file_shared") throw new Error("no file arrived");
  return event;
}

function until<T>(found: () => T) {
  return vi.waitUntil(found, 10_000);
}

async function downloaded({ adapter }: Bench, file: SharedFile): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of adapter.download(file, 1_000, signal)) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

describe("events", () => {
  test("a question with a file is stored file first, and acknowledged last", async () => {
    const storing = Promise.withResolvers<void>();
    const bench = await opened({ storing: () => storing.promise });
    const files = [{ name: "plan.txt", content: Buffer.from("ducks") }];
    const { envelopes } = await bench.slack.say({
      channel: "D1",
      user: "U1",
      text: "how many ducks?",
      files,
    });
    // The socket is in order: once a later event has come, the first has been handled as far as it can be.
    await bench.slack.deliver({ type: "channel_rename", channel: { id: "C1" } });
    await until(() => bench.slack.envelopes.at(-1)?.acks === 1);
    expect(envelopes.map(({ acks }) => acks)).toEqual([0]);
    storing.resolve();
    await until(() => envelopes[0]?.acks === 1);
    expect(bench.stored.map(({ kind }) => kind)).toEqual(["file_shared", "mention"]);
  });

  test("what could not be stored is not acknowledged, and stored when it comes again", async () => {
    let away = true;
    const bench = await opened({
      storing: async () => {
        if (away) throw new Error("the database is away");
      },
    });
    const [envelope] = (await bench.slack.say({ channel: "D1", user: "U1", text: "ducks?" }))
      .envelopes;
    await until(() => bench.logged().includes("could not be stored"));
    expect(envelope?.acks).toBe(0);
    away = false;
    await bench.slack.redeliver();
    await until(() => envelope?.acks === 1);
    expect(bench.stored).toHaveLength(1);
  });

  test("the same question by two events and again is one key", async () => {
    const bench = await opened();
    const files = [{ name: "plan.txt", content: Buffer.from("ducks") }];
    const question = { channel: "C1", user: "U1", text: "<@UBOT> ducks?", files };
    const { envelopes } = await bench.slack.say(question);
    expect(envelopes).toHaveLength(2);
    await bench.slack.redeliver(envelopes[1]);
    await until(() => bench.stored.length === 6);
    expect(new Set(bench.stored.map(({ key }) => key)).size).toBe(2);
  });

  test("bots are never answered, Docent itself least of all", async () => {
    const bench = await opened();
    const say = async (user: string, bot: boolean) => {
      await bench.slack.say({ channel: "C1", user, text: "<@UBOT> hello", bot });
      await bench.slack.say({ channel: "D1", user, text: "hello", bot });
    };
    await say("UOTHER", true);
    await say(BOT.userId, false);
    await bench.ask("D1", "and I am a person");
    expect(bench.stored).toHaveLength(1);
    await until(() => bench.slack.envelopes.every(({ acks }) => acks === 1));
  });

  test("a workspace that is not served is not listened to", async () => {
    const bench = await opened({ teams: ["T9"] });
    const { envelopes } = await bench.slack.say({ channel: "D1", user: "U1", text: "ducks?" });
    await until(() => envelopes[0]?.acks === 1);
    expect(bench.stored).toEqual([]);
  });

  test("after the socket is lost the next event arrives", async () => {
    const bench = await opened();
    await bench.slack.cut();
    expect(await bench.ask("D1", "still there?")).toMatchObject({ text: "still there?" });
  });

  test("Slack being away at the start is waited out", async () => {
    const bench = await opened();
    const calls = () =>
      bench.slack.world.calls.filter(({ method }) => method === "apps.connections.open").length;
    bench.slack.fail("apps.connections.open", { status: 503 });
    await bench.slack.cut();
    expect(await bench.ask("D1", "still there?")).toMatchObject({ text: "still there?" });
    expect(calls()).toBe(3);
  });

  test("a refused token is the operator's to mend", async () => {
    await expect(openBench({ botToken: "xoxb-9-wrong" })).rejects.toBeInstanceOf(ConfigError);
  });

  test("neither tokens nor words of people are ever logged", async () => {
    const bench = await opened({ storing: () => Promise.reject(new Error("away")) });
    bench.slack.fail("apps.connections.open", { error: `no ${BOT_TOKEN}` });
    await bench.slack.cut();
    await bench.slack.say({ channel: "D1", user: "U1", text: "my secret question" });
    await until(() => bench.logged().includes("could not be stored"));
    expect(bench.logged()).toContain("no connection to Slack yet");
    for (const secret of [BOT_TOKEN, APP_TOKEN, "ticket=", "my secret question"]) {
      expect(bench.logged()).not.toContain(secret);
    }
  });
});

describe("files", () => {
  test("a shared file is downloaded, and marked when it is searchable", async () => {
    const bench = await opened();
    const file = await shared(bench);
    expect(await downloaded(bench, file)).toBe("ducks");
    await bench.adapter.mark(file, { kind: "searchable", pages: null, note: null });
    await bench.adapter.mark(file, { kind: "searchable", pages: null, note: null });
    const message = bench.slack.world.messages.find(({ ts }) => ts === file.messageId);
    expect(message?.reactions).toEqual(["white_check_mark"]);
  });

  test("why a file failed is told to its sharer alone", async () => {
    const bench = await opened();
    const file = await shared(bench);
    await bench.adapter.mark(file, { kind: "failed", reason: "<!here> It is encrypted." });
    const [message, ...more] = bench.slack.world.ephemerals;
    expect(message).toMatchObject({ channel: "C1", user: "U1" });
    expect(message?.text).toContain("It is encrypted.");
    expect(message?.text).not.toContain("<!");
    expect(more).toEqual([]);
    expect(bench.slack.replies(file.messageId)).toEqual([]);
  });

  test("a mark that Slack refuses is no error", async () => {
    const bench = await opened();
    const file = await shared(bench);
    bench.slack.fail("reactions.add", { error: "no_permission" });
    await bench.adapter.mark(file, { kind: "searchable", pages: null, note: null });
  });

  test("a login page instead of a file is recognised, and the token stays at home", async () => {
    const bench = await opened();
    const file = await shared(bench, "<!DOCTYPE html><html>log in</html>", "plan.pdf");
    const stored = bench.slack.world.files.get(file.fileId);
    if (stored) stored.mimetype = "application/pdf";
    await expect(downloaded(bench, file)).rejects.toMatchObject({ kind: "refused" });
    // The same server by another name: it would have told us of the request.
    const elsewhere = bench.slack.host.replace("127.0.0.1", "localhost");
    if (stored) stored.redirect = `http://${elsewhere}/files/${file.fileId}`;
    await expect(downloaded(bench, file)).rejects.toBeInstanceOf(FileRejected);
    const hosts = bench.slack.world.calls.filter(({ method }) => method === "file");
    expect(hosts.map(({ args }) => args.host)).toEqual([bench.slack.host, bench.slack.host]);
  });

  test("when Slack asks to slow down for long, that is passed on with its time", async () => {
    const bench = await opened();
    const file = await shared(bench);
    bench.slack.fail("files.info", { status: 429, retryAfterS: 700 });
    const failed = downloaded(bench, file);
    await expect(failed).rejects.toBeInstanceOf(ServiceError);
    await expect(failed).rejects.toMatchObject({ status: 429, retryAfterMs: 700_000 });
  });

  test("a file that Slack says nothing about is not there", async () => {
    const bench = await opened();
    const [one, two] = [await shared(bench), await shared(bench)];
    bench.slack.fail("files.info", { error: "internal_error" });
    expect(await bench.adapter.present([one, two], signal)).toEqual([two]);
    expect(await bench.adapter.present([one], AbortSignal.abort())).toEqual([]);
  });

  test("Slack is asked once a minute whether a file is there, however many ask", async () => {
    const bench = await opened();
    const file = await shared(bench);
    const asked = () => bench.slack.world.calls.filter(({ method }) => method === "files.info");
    const before = asked().length;
    const checks = Array.from({ length: 20 }, () => bench.adapter.present([file], signal));
    for (const there of await Promise.all(checks)) expect(there).toEqual([file]);
    expect(await bench.adapter.present([file], signal)).toEqual([file]);
    expect(asked()).toHaveLength(before + 1);
  });
});

describe("events of a file alone", () => {
  const files = [{ name: "plan.txt", content: Buffer.from("ducks") }];

  test("a file whose message did not come is to be looked up, and only where it did not", async () => {
    const bench = await opened();
    const heard = await bench.slack.say({ channel: "C1", user: "U1", text: "", files });
    const missed = await bench.slack.say({
      ...{ channel: "C1", user: "U1", text: "", files },
      unheard: true,
    });
    await until(() => bench.stored.length === 1);
    for (const id of [...heard.fileIds, ...missed.fileIds]) await bench.slack.announce(id);
    await until(() => bench.slack.envelopes.every(({ acks }) => acks === 1));
    // It is handed in behind the acknowledgement, and the end waits for it.
    await bench.adapter.close();
    expect(bench.stored).toMatchObject([
      { messageId: heard.ts },
      { kind: "file_touched", fileId: missed.fileIds[0], place: { channelId: "C1" } },
    ]);
  });

  test("a canvas that was edited is another event, where it is shared", async () => {
    const bench = await opened();
    const canvas = { name: "Plan", content: Buffer.from("ducks"), mode: "quip" };
    const saying = { channel: "C1", user: "U1", text: "", files: [canvas] };
    const { fileIds, ts } = await bench.slack.say(saying);
    await until(() => bench.stored.length === 1);
    bench.slack.pass(60_000);
    await bench.slack.change(fileIds[0] ?? "", Buffer.from("geese"));
    await until(() => bench.stored.length === 2);
    const [shared, touched] = bench.stored;
    if (touched?.kind !== "file_touched") throw new Error("nothing is to be looked up");
    const found = await bench.adapter.lookUp?.(touched, signal);
    expect(found).toMatchObject([{ kind: "file_shared", messageId: ts }]);
    expect(found?.[0]?.key).not.toBe(shared?.key);
  });
});

describe("who can read", () => {
  const place = (channelId: string) =>
    ({ platform: "slack", workspaceId: "T1", channelId, threadId: null }) as const;

  test("a public channel of full members, one with a guest, one of two organisations", async () => {
    const { adapter } = await opened();
    const of = (id: string) => adapter.readers(place(id));
    expect(await of("C3")).toMatchObject({ visibility: "public", outsiders: false });
    expect(await of("C1")).toMatchObject({ visibility: "public", outsiders: true });
    expect(await of("C4")).toMatchObject({ visibility: "private", outsiders: true });
    expect(await of("D1")).toMatchObject({ visibility: "direct", channelName: null });
  });

  test.each([
    ["a guest", "UGUEST"],
    ["a guest of this very minute", "UNEW"],
  ])("%s who joins is seen at the next question", async (_who, guest) => {
    const { adapter, slack } = await opened();
    expect((await adapter.readers(place("C3"))).outsiders).toBe(false);
    slack.world.users.set(guest, { id: guest, guest: true });
    slack.world.channels.get("C3")?.members.push(guest);
    const joined = { type: "member_joined_channel", user: guest, channel: "C3" };
    const envelope = await slack.deliver(joined);
    await until(() => envelope.acks === 1);
    expect((await adapter.readers(place("C3"))).outsiders).toBe(true);
  });

  test("guests read their own channels, members every public one too", async () => {
    const { adapter, slack } = await opened();
    slack.world.channels.get("C3")?.members.splice(0, 1);
    expect((await adapter.readable("T1", "UGUEST")).sort()).toEqual(["C1"]);
    expect((await adapter.readable("T1", "U1")).sort()).toEqual(["C1", "C2", "C3", "C4", "D1"]);
  });

  test("when Slack does not say who is in a channel, that is not known", async () => {
    const { adapter, slack } = await opened();
    slack.fail("conversations.members", { error: "internal_error" });
    expect((await adapter.readers(place("C3"))).outsiders).toBe(null);
  });
});

describe("bench", () => {
  test("the loopback Slack knows only what Docent may call", async () => {
    const { slack, adapter, ask } = await opened();
    await adapter.post(await ask("C1", "<@UBOT> hi"), reply("Hello."), posts(), signal);
    const response = await fetch(`${slack.apiUrl}chat.unknown`, {
      method: "POST",
      headers: { authorization: `Bearer ${BOT_TOKEN}` },
    });
    expect(await response.json()).toEqual({ ok: false, error: "unknown_method" });
  });
});
