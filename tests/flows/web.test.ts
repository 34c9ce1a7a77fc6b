import { request } from "node:http";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { Adapter, Citation, Incoming, Mention, ReplyPart } from "../../src/chat.ts";
import type { Database } from "../../src/db/pool.ts";
import { openTestDatabase } from "../support/database.ts";
import { noCommands } from "../support/inbox.ts";
import { eventsOf, scriptedLibrary, serveWeb, webOn } from "../support/web.ts";

const LIMIT_BYTES = 3 * 1024 * 1024;
const PASSAGE = { position: 3, text: "Ducks: 42.", locator: { page: 12 }, where: "page 12" };

let database: Database;
let adapter: Adapter;
let server: Awaited<ReturnType<typeof serveWeb>>;
let events: Incoming[];
let accepting: () => Promise<void>;

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

beforeEach(async () => {
  events = [];
  accepting = async () => undefined;
  const web = webOn(database, {
    fileBytesMax: LIMIT_BYTES,
    library: scriptedLibrary([PASSAGE]),
  });
  adapter = web.adapter;
  await adapter.listen({
    ...noCommands,
    async accept(event) {
      await accepting();
      events.push(event);
    },
  });
  server = await serveWeb(web);
});
afterEach(async () => {
  await server.close();
  await database.pool.query("delete from web_message");
});

function api(path: string, init: RequestInit & { as?: string } = {}): Promise<Response> {
  const { as, ...rest } = init;
  const headers = new Headers(rest.headers);
  if (as) headers.set("x-docent-user", as);
  return fetch(`${server.url}/api${path}`, { ...rest, headers });
}

async function share(content: string | Uint8Array, name = "ducks.txt", as = "ada") {
  const body = new FormData();
  const bytes = typeof content === "string" ? content : new Uint8Array(content);
  body.append("file", new Blob([bytes]), name);
  const response = await api("/channels/general/files", { method: "POST", body, as });
  const made = (await response.json()) as { id: string; name: string; messageId: string };
  return { status: response.status, ...made };
}

function ask(text: unknown, options: { thread?: string; as?: string; channel?: string } = {}) {
  const { thread, as = "ada", channel = "general" } = options;
  const body = JSON.stringify({ text, thread });
  return api(`/channels/${channel}/questions`, { method: "POST", body, as });
}

async function files(channel = "general") {
  const response = await api(`/channels/${channel}/files`);
  return ((await response.json()) as { files: Record<string, unknown>[] }).files;
}

async function errorOf(response: Response) {
  return ((await response.json()) as { error: string }).error;
}

function lastQuestion(): Mention {
  const question = events.findLast((event) => event.kind === "mention");
  if (!question) throw new Error("no question was handed in");
  return question;
}

async function* source(parts: ReplyPart[]): AsyncGenerator<ReplyPart> {
  yield* parts;
}

function post(parts: ReplyPart[] | AsyncIterable<ReplyPart>) {
  const reply = Array.isArray(parts) ? source(parts) : parts;
  const posts = { posted: [], onPosted: async () => undefined };
  return adapter.post(lastQuestion(), reply, posts, AbortSignal.timeout(20_000));
}

function citing(fileId: string, fileName: string): ReplyPart {
  const place = { platform: "web", workspaceId: "local", channelId: "general", threadId: null };
  const citation: Citation = {
    number: 1,
    file: { place, messageId: "1", fileId, userId: "ada" },
    fileName,
    locator: { page: 12 },
    where: "page 12",
    quote: "Ducks: 42.",
    position: 3,
    permalink: null,
    sharedAtMs: 0,
  };
  return { kind: "citations", citations: [citation] };
}

describe("files", () => {
  test("a shared file is handed in before it is acknowledged, and its state is seen", async () => {
    const made = await share("Ducks: 42.");
    expect(made).toMatchObject({ status: 202, name: "ducks.txt", state: "received" });
    expect(events).toMatchObject([{ kind: "file_shared", fileId: made.id, bytes: 10 }]);
    const [event] = events;
    const file = { ...made, fileId: made.id, userId: "ada", place: event?.place ?? failed() };
    await adapter.mark(file, { kind: "reading", pagesDone: 3, pages: 190 });
    expect(await files()).toMatchObject([{ state: "reading", pagesDone: 3, pages: 190 }]);
    await adapter.mark(file, { kind: "failed", reason: "This PDF is locked." });
    expect(await files()).toMatchObject([{ state: "failed", reason: "This PDF is locked." }]);
  });

  test("several files in one request are several files", async () => {
    const body = new FormData();
    body.append("file", new Blob(["one"]), "one.txt");
    body.append("file", new Blob(["two"]), "two.txt");
    await api("/channels/general/files", { method: "POST", body });
    expect(events.map((event) => "name" in event && event.name)).toEqual(["one.txt", "two.txt"]);
  });

  test("a file over the limit is refused with one sentence, and nothing of it is kept", async () => {
    const made = await share(Buffer.alloc(LIMIT_BYTES + 1, "x"));
    expect(made).toMatchObject({
      status: 413,
      error: "This file is too large: at most 3 MiB are read.",
    });
    expect(await share(Buffer.alloc(LIMIT_BYTES, "x"))).toMatchObject({ status: 202 });
    const { rows } = await database.pool.query("select count(*)::int as files from web_file");
    expect(rows).toEqual([{ files: 1 }]);
  });

  test("what could not be handed in is not kept", async () => {
    accepting = () => Promise.reject(new Error("the queue is away"));
    expect(await share("Ducks: 42.")).toMatchObject({ status: 503 });
    expect((await ask("Ducks?")).status).toBe(503);
    const { rows } = await database.pool.query("select count(*)::int as left from web_message");
    expect(rows).toEqual([{ left: 0 }]);
  });

  test("an upload that breaks off leaves nothing behind", async () => {
    const type = "multipart/form-data; boundary=b";
    const upload = request(`${server.url}/api/channels/general/files`, {
      method: "POST",
      headers: { "content-type": type, "content-length": 5_000_000 },
    });
    upload.on("error", () => undefined);
    upload.write('--b\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\n');
    upload.write("x".repeat(1_500_000));
    const counted = async () =>
      (await database.pool.query("select count(*)::int as n from web_file_part")).rows[0]?.n;
    await vi.waitFor(async () => expect(await counted()).toBe(1));
    expect(await files()).toEqual([]);
    upload.destroy();
    await vi.waitFor(async () => expect(await counted()).toBe(0));
    expect(events).toEqual([]);
  });

  test.each([
    ["../../etc/passwd", "passwd"],
    ["C:\\reports\\a.pdf", "a.pdf"],
    ["évil\u202Efdp.exe", "évilfdp.exe"],
    ["报告 2024.pdf", "报告 2024.pdf"],
    ["..", "untitled"],
    [`${"n".repeat(300)}.pdf`, `${"n".repeat(196)}.pdf`],
  ])("a file's name is kept without what could harm (%#)", async (given, kept) => {
    expect((await share("x", given)).name).toBe(kept);
  });

  test("an upload is never served as a page", async () => {
    const made = await share("<script>alert(1)</script>", 'a"é.html');
    const response = await api(`/channels/general/files/${made.id}/original`);
    expect(await response.text()).toBe("<script>alert(1)</script>");
    const headers = Object.fromEntries(response.headers);
    expect(headers).toMatchObject({
      "content-type": "text/plain; charset=utf-8",
      "x-content-type-options": "nosniff",
      "content-disposition": "inline; filename=\"a__.html\"; filename*=UTF-8''a%22%C3%A9.html",
    });
    expect(headers["content-security-policy"]).toContain("sandbox");
  });

  test("a PDF is served as a PDF, and other binaries are only saved", async () => {
    const pdf = await share("%PDF-1.7 …", "a.txt");
    const zip = await share(Buffer.from([80, 75, 3, 4, 0, 0]), "a.txt");
    const type = async (id: string) => {
      const { headers } = await api(`/channels/general/files/${id}/original`);
      return [headers.get("content-type"), headers.get("content-disposition")?.split(";")[0]];
    };
    expect(await type(pdf.id)).toEqual(["application/pdf", "inline"]);
    expect(await type(zip.id)).toEqual(["application/octet-stream", "attachment"]);
  });

  test("its sharer and the first person can delete a file, nobody else, and twice is once", async () => {
    const made = await share("x", "bens.txt", "ben");
    const remove = (as: string) =>
      api(`/channels/general/files/${made.id}`, { method: "DELETE", as });
    expect(await errorOf(await remove("guest"))).toContain("Only who shared this file");
    expect((await remove("ada")).status).toBe(204);
    expect((await remove("ada")).status).toBe(204);
    expect(events.map((event) => event.kind)).toEqual(["file_shared", "file_removed"]);
    expect((await api(`/channels/general/files/${made.id}/original`)).status).toBe(404);
    const { rows } = await database.pool.query("select count(*)::int as left from web_message");
    expect(rows).toEqual([{ left: 0 }]);
  });

  test("the source is read at a passage", async () => {
    const made = await share("Ducks: 42.");
    const path = `/channels/general/files/${made.id}/passages?from=3&count=5`;
    expect(await (await api(path)).json()).toEqual({ name: "ducks.txt", passages: [PASSAGE] });
  });
});

describe("questions", () => {
  test("an answer streams part by part while it is made", async () => {
    const response = await ask("How many ducks?");
    const shown = eventsOf(response);
    expect((await shown.next()).value).toMatchObject({
      event: "accepted",
      data: { id: lastQuestion().messageId, thread: lastQuestion().place.threadId },
    });
    let goOn: () => void = () => undefined;
    const seen = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const posting = post(
      (async function* (): AsyncGenerator<ReplyPart> {
        yield { kind: "status", text: "Looking…" };
        yield { kind: "text", text: "Forty" };
        await seen;
        yield { kind: "text", text: "-two [1]." };
        yield citing("gone", "ducks.txt");
        yield { kind: "footer", text: "by a model" };
      })(),
    );
    expect((await shown.next()).value).toMatchObject({ event: "status" });
    expect((await shown.next()).value).toMatchObject({ event: "text", data: { text: "Forty" } });
    goOn();
    const rest = await Array.fromAsync(shown);
    expect(rest.map(({ event }) => event)).toEqual(["text", "citations", "footer", "end"]);
    await posting;
  });

  test("a reply that was lost on the way is taken up where it broke off", async () => {
    await (await ask("How many ducks?")).body?.cancel();
    const { messageId } = lastQuestion();
    await post([
      { kind: "text", text: "A lot." },
      { kind: "footer", text: "done" },
    ]);
    const all = await Array.fromAsync(eventsOf(await api(`/replies/${messageId}/stream`)));
    expect(all.map(({ event, id }) => [event, id])).toEqual([
      ["text", "0"],
      ["footer", "1"],
      ["end", undefined],
    ]);
    const rest = await Array.fromAsync(eventsOf(await api(`/replies/${messageId}/stream?from=1`)));
    expect(rest.map(({ event }) => event)).toEqual(["footer", "end"]);
  });

  test("who streams already is told that a retry begins again", async () => {
    const shown = eventsOf(await ask("How many ducks?"));
    await shown.next();
    const broken = (async function* (): AsyncGenerator<ReplyPart> {
      yield { kind: "text", text: "Wrong" };
      throw new Error("the process died");
    })();
    await expect(post(broken)).rejects.toThrow("the process died");
    expect((await shown.next()).value).toMatchObject({ event: "text", data: { text: "Wrong" } });
    await post([{ kind: "text", text: "Right" }]);
    const rest = await Array.fromAsync(shown);
    expect(rest.map(({ event }) => event)).toEqual(["restart", "text", "end"]);
  });

  test("a follow-up stays in its thread, and the thread is listed with its replies", async () => {
    await (await ask("How many ducks?")).body?.cancel();
    const thread = lastQuestion().messageId;
    await post([
      { kind: "text", text: "For" },
      { kind: "restart", note: "Another model." },
      { kind: "text", text: "Forty-" },
      { kind: "text", text: "two." },
    ]);
    await (await ask("And geese?", { thread, as: "ben" })).body?.cancel();
    expect(lastQuestion().place.threadId).toBe(thread);
    const response = await api("/channels/general/messages");
    const { messages } = (await response.json()) as { messages: Record<string, unknown>[] };
    expect(messages).toMatchObject([
      { user: "ada", text: "How many ducks?", thread: null },
      {
        replyTo: thread,
        reply: {
          finished: true,
          parts: [{ kind: "restart" }, { kind: "text", text: "Forty-two." }],
        },
      },
      { user: "ben", text: "And geese?", thread },
    ]);
  });

  test("a deleted file takes its name and quote out of past answers", async () => {
    const made = await share("Ducks: 42.");
    await (await ask("How many ducks?")).body?.cancel();
    await post([{ kind: "text", text: "42 [1]." }, citing(made.id, "ducks.txt")]);
    const page = async () => (await api("/channels/general/messages")).text();
    expect(await page()).toContain("Ducks: 42.");
    await api(`/channels/general/files/${made.id}`, { method: "DELETE" });
    expect(await page()).not.toMatch(/Ducks: 42\.|ducks\.txt/);
  });

  test("a reply to a question that is gone is quietly dropped", async () => {
    await (await ask("How many ducks?")).body?.cancel();
    await database.pool.query("delete from web_message");
    await post([{ kind: "text", text: "Forty-two." }]);
    const { rows } = await database.pool.query("select count(*)::int as left from web_message");
    expect(rows).toEqual([{ left: 0 }]);
  });

  test("whoever watches a channel hears of its changes", async () => {
    const heard = eventsOf(await api("/channels/general/events?user=guest"));
    expect((await heard.next()).value).toMatchObject({ event: "changed" });
    await share("x");
    expect((await heard.next()).value).toMatchObject({ event: "changed" });
    await heard.return(undefined);
  });
});

describe("bad input", () => {
  const noFile = new FormData();
  noFile.append("text", "no file");
  const json = (body: string): RequestInit => ({ method: "POST", body });
  const leads = "/channels/leads/questions";

  test.each<[string, string, RequestInit & { as?: string }, number, string]>([
    ["an empty question", "/channels/general/questions", json('{"text":" "}'), 400, "empty"],
    ["a question that is no text", "/channels/general/questions", json('{"text":7}'), 400, "empty"],
    ["a body that is no JSON", "/channels/general/questions", json("{"), 400, "JSON"],
    [
      "a question of over 8,000 characters",
      "/channels/general/questions",
      json(JSON.stringify({ text: "x".repeat(8_001) })),
      400,
      "at most 8,000 characters",
    ],
    ["a very long body", "/channels/general/questions", json("x".repeat(300_000)), 413, "too long"],
    [
      "an unknown thread",
      "/channels/general/questions",
      json('{"text":"x","thread":"99999"}'),
      404,
      "thread",
    ],
    ["no file part", "/channels/general/files", { method: "POST", body: noFile }, 400, "no file"],
    ["an upload that is no form", "/channels/general/files", json("hello"), 400, "no file"],
    ["an unknown channel", "/channels/nowhere/files", {}, 404, "no such channel for you"],
    ["a channel for others", "/channels/leads/files", { as: "guest" }, 404, "no such channel for"],
    ["asking where one isn't", leads, { ...json('{"text":"x"}'), as: "guest" }, 404, "no such"],
    ["an unknown person", "/me", { as: "eve" }, 403, "Nobody"],
    ["an unknown reply", "/replies/abc/stream", {}, 404, "no longer here"],
    [
      "a foreign origin",
      leads,
      { ...json("{}"), headers: { origin: "http://evil.test" } },
      403,
      "",
    ],
  ])("%s is answered with one plain sentence", async (_name, path, init, status, words) => {
    const response = await api(path, init);
    expect(response.status).toBe(status);
    expect(await errorOf(response)).toContain(words);
    expect(events).toEqual([]);
  });

  test("a name that points here from elsewhere is not answered", async () => {
    const status = (host: string) =>
      new Promise((resolve, reject) => {
        const headers = { host };
        request(`${server.url}/api/me`, { headers }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
          .on("error", reject)
          .end();
      });
    expect(await status(`rebound.test:${server.port}`)).toBe(403);
    expect(await status(`localhost:${server.port}`)).toBe(200);
    expect(await status(`[::1]:${server.port}`)).toBe(200);
  });
});

function failed(): never {
  throw new Error("nothing was handed in");
}
