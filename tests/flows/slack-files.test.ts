import { pino } from "pino";
import { afterEach, describe, expect, test } from "vitest";
import { createClient, type Slack } from "../../adapters/slack/client.ts";
import { toIncoming, touched } from "../../adapters/slack/events/events.ts";
import { lookUp, named } from "../../adapters/slack/events/look-up.ts";
import { inlineBody } from "../../adapters/slack/read/file-body.ts";
import { download, gone } from "../../adapters/slack/read/files.ts";
import { shared as sharedBefore } from "../../adapters/slack/read/history.ts";
import { ServiceError } from "../../src/errors.ts";
import type { FileShared, Incoming } from "../../src/events.ts";
import { type Envelope, type LoopbackSlack, startSlack } from "../support/slack.ts";
import type { Upload } from "../support/slack-people.ts";
import { BOT_TOKEN, SIGNING_SECRET } from "../support/slack-world.ts";

const signal = new AbortController().signal;
const open: LoopbackSlack[] = [];

interface Stage {
  loopback: LoopbackSlack;
  slack: Slack;
}

async function opened(): Promise<Stage> {
  const loopback = await startSlack();
  open.push(loopback);
  const log = pino({ level: "silent" });
  const slack = createClient({ botToken: BOT_TOKEN, apiUrl: loopback.apiUrl, log });
  // Nobody listens: what Slack would deliver is read from its envelopes.
  loopback.useHttp({ url: `http://${loopback.host}/nobody`, signingSecret: SIGNING_SECRET });
  return { loopback, slack };
}

afterEach(async () => {
  for (const loopback of open.splice(0)) await loopback.close();
});

async function meant({ slack }: Stage, envelopes: Envelope[]): Promise<Incoming[]> {
  const self = await slack.identity();
  return envelopes.flatMap(({ payload }) => toIncoming(payload, self));
}

async function shared(
  stage: Stage,
  file: Partial<Upload>,
  { channel = "C1", text = "", threadTs = "" } = {},
): Promise<FileShared> {
  const upload = { name: "plan.txt", content: Buffer.from("ducks"), ...file };
  const thread = threadTs ? { threadTs } : {};
  const saying = { channel, user: "U1", text, files: [upload], ...thread };
  const { envelopes } = await stage.loopback.say(saying);
  const [event] = await meant(stage, envelopes);
  if (event?.kind !== "file_shared") throw new Error("no file was shared");
  return event;
}

async function bytesOf({ slack, loopback }: Stage, file: FileShared): Promise<string> {
  const hosts = { slack, fileHosts: [loopback.host] };
  const pieces: Uint8Array[] = [];
  for await (const piece of download(hosts, file, 10_000, signal)) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

describe("what is written in Slack itself", () => {
  test("a snippet is its text", async () => {
    const stage = await opened();
    const file = await shared(stage, { mode: "snippet", content: Buffer.from("five ducks") });
    expect(await bytesOf(stage, file)).toBe("five ducks");
  });

  test("a canvas is a page, also where it does not say so", async () => {
    const stage = await opened();
    const canvas = { mode: "quip", name: "Plan", mimetype: "text/html" };
    const bare = await shared(stage, { ...canvas, content: Buffer.from("<p>five ducks</p>") });
    expect(await bytesOf(stage, bare)).toBe("<!doctype html>\n<p>five ducks</p>");
    const whole = await shared(stage, { ...canvas, content: Buffer.from("<html>ducks</html>") });
    expect(await bytesOf(stage, whole)).toBe("<html>ducks</html>");
  });

  test.each(["hosted", "quip"])("a login page in its place is recognised: %s", async (mode) => {
    const stage = await opened();
    const file = await shared(stage, { mode });
    const stored = stage.loopback.world.files.get(file.fileId);
    if (stored) stored.redirect = `http://${stage.loopback.host}/files/none`;
    await expect(bytesOf(stage, file)).rejects.toThrow("log in");
  });

  test("what Slack offers no download of is read from its description, if all of it stands there", async () => {
    const read = async (info: Parameters<typeof inlineBody>[0]) => {
      const { value } = await inlineBody(info).next();
      return String(value);
    };
    expect(await read({ ok: true, content: "ducks" })).toBe("ducks");
    expect(await read({ ok: true, file: { preview: "ducks" } })).toBe("ducks");
    const cut = { preview: "duc", preview_is_truncated: true };
    await expect(read({ ok: true, content: "duc", is_truncated: true, file: cut })).rejects.toThrow(
      "please share it",
    );
  });
});

describe("files that are kept elsewhere", () => {
  const link = { mode: "external", externalUrl: "https://drive.example.com/1" };

  test("are passed over when nobody hands them over", async () => {
    const stage = await opened();
    await expect(shared(stage, link)).rejects.toThrow("no file was shared");
  });

  test("are declined kindly when somebody does, and nothing is fetched", async () => {
    const stage = await opened();
    const file = await shared(stage, link, { text: "<@UBOT> what is in it?" });
    await expect(bytesOf(stage, file)).rejects.toThrow("please upload it");
    expect(stage.loopback.world.calls.map(({ method }) => method)).not.toContain("file");
  });
});

describe("files of a channel that is shared with another organisation", () => {
  test("get their name, which their events do not say", async () => {
    const stage = await opened();
    const file = await shared(stage, {}, { channel: "C4" });
    expect(file).toMatchObject({ name: file.fileId, bytes: 0 });
    const known = { ...file, name: "plan.txt", bytes: 5 };
    expect(await named(stage.slack, [file])).toEqual([known]);
    // What has its name is not asked about.
    stage.loopback.fail("files.info", { error: "internal_error" });
    expect(await named(stage.slack, [known])).toEqual([known]);
  });

  test("come without it when Slack does not say", async () => {
    const stage = await opened();
    const file = await shared(stage, {}, { channel: "C4" });
    stage.loopback.fail("files.info", { error: "file_not_found" });
    expect(await named(stage.slack, [file])).toEqual([file]);
    stage.loopback.fail("files.info", { status: 429, retryAfterS: 60 });
    expect(await named(stage.slack, [file])).toEqual([file]);
  });

  test("are passed over once it is known that they are only linked", async () => {
    const stage = await opened();
    const link = { mode: "external", externalUrl: "https://drive.example.com/1" };
    const file = await shared(stage, link, { channel: "C4" });
    expect(await named(stage.slack, [file])).toEqual([]);
    const handed = { ...file, handedOver: true };
    expect(await named(stage.slack, [handed])).toMatchObject([{ name: "plan.txt" }]);
  });
});

describe("files of which an event says too little", () => {
  async function found(stage: Stage, envelope: Envelope): Promise<FileShared[]> {
    const file = touched(envelope.payload);
    return file ? await lookUp(stage.slack, file) : [];
  }

  test.each([
    ["in a channel", { channel: "C1" }],
    ["in a private one, with a mention", { channel: "C2", text: "<@UBOT> read this" }],
    ["in a direct message", { channel: "D1" }],
    ["in a thread", { channel: "C1", threadTs: "1699999999.000001" }],
  ])("a share is the same event as its message: %s", async (_where, saying) => {
    const stage = await opened();
    const file = await shared(stage, {}, saying);
    expect(await found(stage, await stage.loopback.announce(file.fileId))).toEqual([file]);
  });

  test("a snippet that was edited is read again wherever it is shared, each version once", async () => {
    const stage = await opened();
    const file = await shared(stage, { mode: "snippet" });
    const first = await stage.loopback.change(file.fileId);
    const [one] = await found(stage, first);
    expect(one).toMatchObject({ ...file, key: expect.stringContaining(`${file.key}:changed:`) });
    expect(await found(stage, first)).toEqual([one]);
    const [two] = await found(stage, await stage.loopback.change(file.fileId));
    expect(two?.key).not.toBe(one?.key);
  });

  test("an upload whose description changed is not read again", async () => {
    const stage = await opened();
    const file = await shared(stage, {});
    expect(await found(stage, await stage.loopback.change(file.fileId))).toEqual([]);
  });

  test("what is gone is nowhere; what Slack does not say may be asked again", async () => {
    const stage = await opened();
    const file = await shared(stage, {});
    const announced = await stage.loopback.announce(file.fileId);
    stage.loopback.fail("files.info", { error: "file_deleted" });
    expect(await found(stage, announced)).toEqual([]);
    stage.loopback.fail("conversations.replies", { error: "not_in_channel" });
    expect(await found(stage, announced)).toEqual([]);
    stage.loopback.fail("conversations.replies", { status: 429, retryAfterS: 3_600 });
    await expect(found(stage, announced)).rejects.toBeInstanceOf(ServiceError);
  });

  test("what a bot shared is nobody's", async () => {
    const stage = await opened();
    const files = [{ name: "report.txt", content: Buffer.from("ducks") }];
    const saying = { channel: "C1", user: "UOTHER", text: "", files, bot: true };
    const { fileIds } = await stage.loopback.say(saying);
    expect(await found(stage, await stage.loopback.announce(fileIds[0] ?? ""))).toEqual([]);
  });
});

describe("the files of a channel as they are listed", () => {
  const place = { platform: "slack", workspaceId: "T1", channelId: "C1", threadId: null };
  const first = { place, cursor: null };

  test("are found also where the list does not say in which messages they are", async () => {
    const stage = await opened();
    const files = [await shared(stage, {}), await shared(stage, {}, { threadTs: "1699999999.1" })];
    for (const { fileId } of files) sparse(stage, fileId);
    const page = await sharedBefore(stage.slack, first, signal);
    expect(page.files).toEqual(files.toReversed());
    const listed = files.toReversed().map(({ fileId }) => fileId);
    expect(page.listed).toEqual(listed);
    // Whoever wants no more than that gets it in one call.
    const before = stage.loopback.world.calls.length;
    const ids = await sharedBefore(stage.slack, { ...first, idsOnly: true }, signal);
    expect(ids).toEqual({ ...page, files: [] });
    expect(stage.loopback.world.calls.slice(before).map(({ method }) => method)).toEqual([
      "files.list",
    ]);
  });

  test("are listed also when nothing more is known of them", async () => {
    const stage = await opened();
    const [hidden, denied] = [await shared(stage, {}), await shared(stage, {})];
    Object.assign(stored(stage, hidden.fileId), { mode: "hidden_by_limit" });
    sparse(stage, denied.fileId);
    stage.loopback.fail("files.info", { error: "access_denied" });
    const page = await sharedBefore(stage.slack, first, signal);
    expect(page).toMatchObject({ files: [], listed: [denied.fileId, hidden.fileId] });
  });

  test("are asked for again when Slack does not say", async () => {
    const stage = await opened();
    sparse(stage, (await shared(stage, {})).fileId);
    const [once, ...more] = Array.from({ length: 3 }, () => ({ status: 503 }));
    if (once) stage.loopback.fail("files.info", once, ...more);
    const failed = sharedBefore(stage.slack, first, signal);
    await expect(failed).rejects.toBeInstanceOf(ServiceError);
  });
});

describe("files that Slack was asked about", () => {
  test("are gone when they are deleted, or shared there no more", async () => {
    const stage = await opened();
    const files = [await shared(stage, {}), await shared(stage, {}), await shared(stage, {})];
    const [stays, deleted, unshared] = files;
    expect(await gone(stage.slack, files, signal)).toEqual([]);
    await stage.loopback.remove(deleted?.fileId ?? "");
    stored(stage, unshared?.fileId ?? "").channels = ["C2"];
    expect(await gone(stage.slack, files, signal)).toEqual([deleted, unshared]);
    expect(files).toContain(stays);
  });

  test.each([
    { access: "access_denied" },
    { access: "check_file_info" },
    { mode: "hidden_by_limit" },
  ])("are not gone when they are only hidden: %o", async (how) => {
    const stage = await opened();
    const file = await shared(stage, {});
    Object.assign(stored(stage, file.fileId), how);
    expect(await gone(stage.slack, [file], signal)).toEqual([]);
  });

  test.each([
    { error: "access_denied" },
    { error: "internal_error" },
    { status: 429, retryAfterS: 3_600 },
    { status: 500 },
  ])("are not gone when Slack does not say: %o", async (fault) => {
    const stage = await opened();
    const files = [await shared(stage, {})];
    stage.loopback.fail("files.info", fault, fault, fault);
    expect(await gone(stage.slack, files, signal)).toEqual([]);
  });

  test("are not gone when there is no time to ask", async () => {
    const stage = await opened();
    const file = await shared(stage, {});
    await stage.loopback.remove(file.fileId);
    expect(await gone(stage.slack, [file], AbortSignal.abort())).toEqual([]);
  });
});

function stored({ loopback }: Stage, fileId: string) {
  const file = loopback.world.files.get(fileId);
  if (!file) throw new Error(`no file ${fileId}`);
  return file;
}

function sparse(stage: Stage, fileId: string): void {
  stored(stage, fileId).sparse = true;
}
