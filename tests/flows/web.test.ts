import { request } from "node:http";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { Database } from "../../src/db/pool.ts";
import { openTestDatabase } from "../support/database.ts";
import { scriptedLibrary } from "../support/web.ts";
import {
  askOn,
  errorOf,
  type Init,
  openWebSite,
  shareOn,
  type WebSite,
} from "../support/web-site.ts";

const LIMIT_BYTES = 3 * 1024 * 1024;
const PASSAGE = { position: 3, text: "Ducks: 42.", locator: { page: 12 }, where: "page 12" };

let database: Database;
let site: WebSite;

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

beforeEach(async () => {
  site = await openWebSite(database, {
    fileBytesMax: LIMIT_BYTES,
    library: scriptedLibrary({ passages: [PASSAGE] }),
  });
});
afterEach(() => site.close());

async function files(channel = "general") {
  const response = await site.api(`/channels/${channel}/files`);
  return ((await response.json()) as { files: Record<string, unknown>[] }).files;
}

describe("files", () => {
  test("a shared file is handed in before it is acknowledged, and its state is seen", async () => {
    const made = await shareOn(site, "Ducks: 42.");
    expect(made).toMatchObject({ status: 202, name: "ducks.txt", state: "received" });
    expect(site.events).toMatchObject([{ kind: "file_shared", fileId: made.id, bytes: 10 }]);
    const [event] = site.events;
    const file = { ...made, fileId: made.id, userId: "ada", place: event?.place ?? failed() };
    await site.adapter.mark(file, { kind: "reading", pagesDone: 3, pages: 190 });
    expect(await files()).toMatchObject([{ state: "reading", pagesDone: 3, pages: 190 }]);
    await site.adapter.mark(file, { kind: "failed", reason: "This PDF is locked." });
    expect(await files()).toMatchObject([{ state: "failed", reason: "This PDF is locked." }]);
  });

  test("several files in one request are several files", async () => {
    const body = new FormData();
    body.append("file", new Blob(["one"]), "one.txt");
    body.append("file", new Blob(["two"]), "two.txt");
    await site.api("/channels/general/files", { method: "POST", body });
    expect(site.events.map((event) => "name" in event && event.name)).toEqual([
      "one.txt",
      "two.txt",
    ]);
  });

  test("a file over the limit is refused with one sentence, and nothing of it is kept", async () => {
    const made = await shareOn(site, Buffer.alloc(LIMIT_BYTES + 1, "x"));
    expect(made).toMatchObject({
      status: 413,
      error: "This file is too large: at most 3 MiB are read.",
    });
    expect(await shareOn(site, Buffer.alloc(LIMIT_BYTES, "x"))).toMatchObject({ status: 202 });
    const { rows } = await database.pool.query("select count(*)::int as files from web_file");
    expect(rows).toEqual([{ files: 1 }]);
  });

  test("what could not be handed in is not kept", async () => {
    site.core.accepting = () => Promise.reject(new Error("the queue is away"));
    expect(await shareOn(site, "Ducks: 42.")).toMatchObject({ status: 503 });
    expect((await askOn(site, "Ducks?")).status).toBe(503);
    const { rows } = await database.pool.query("select count(*)::int as left from web_message");
    expect(rows).toEqual([{ left: 0 }]);
  });

  test("an upload that breaks off leaves nothing behind", async () => {
    const type = "multipart/form-data; boundary=b";
    const upload = request(`${site.url}/api/channels/general/files`, {
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
    expect(site.events).toEqual([]);
  });

  test.each([
    ["../../etc/passwd", "passwd"],
    ["C:\\reports\\a.pdf", "a.pdf"],
    ["évil\u202Efdp.exe", "évilfdp.exe"],
    ["报告 2024.pdf", "报告 2024.pdf"],
    ["..", "untitled"],
    [`${"n".repeat(300)}.pdf`, `${"n".repeat(196)}.pdf`],
  ])("a file's name is kept without what could harm (%#)", async (given, kept) => {
    expect((await shareOn(site, "x", given)).name).toBe(kept);
  });

  test("an upload is never served as a page", async () => {
    const made = await shareOn(site, "<script>alert(1)</script>", 'a"é.html');
    const response = await site.api(`/channels/general/files/${made.id}/original`);
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
    const pdf = await shareOn(site, "%PDF-1.7 …", "a.txt");
    const zip = await shareOn(site, Buffer.from([80, 75, 3, 4, 0, 0]), "a.txt");
    const type = async (id: string) => {
      const { headers } = await site.api(`/channels/general/files/${id}/original`);
      return [headers.get("content-type"), headers.get("content-disposition")?.split(";")[0]];
    };
    expect(await type(pdf.id)).toEqual(["application/pdf", "inline"]);
    expect(await type(zip.id)).toEqual(["application/octet-stream", "attachment"]);
  });

  test("its sharer and the first person can delete a file, nobody else, and twice is once", async () => {
    const made = await shareOn(site, "x", "bens.txt", "ben");
    const remove = (as: string) =>
      site.api(`/channels/general/files/${made.id}`, { method: "DELETE", as });
    expect(await errorOf(await remove("guest"))).toContain("Only who shared this file");
    expect((await remove("ada")).status).toBe(204);
    expect((await remove("ada")).status).toBe(204);
    expect(site.events.map((event) => event.kind)).toEqual(["file_shared", "file_removed"]);
    expect((await site.api(`/channels/general/files/${made.id}/original`)).status).toBe(404);
    const { rows } = await database.pool.query("select count(*)::int as left from web_message");
    expect(rows).toEqual([{ left: 0 }]);
  });

  test("the source is read at a passage", async () => {
    const made = await shareOn(site, "Ducks: 42.");
    const path = `/channels/general/files/${made.id}/passages?from=3&count=5`;
    expect(await (await site.api(path)).json()).toEqual({ name: "ducks.txt", passages: [PASSAGE] });
  });
});

describe("bad input", () => {
  const noFile = new FormData();
  noFile.append("text", "no file");
  const json = (body: string): RequestInit => ({ method: "POST", body });
  const leads = "/channels/leads/questions";

  test.each<[string, string, Init, number, string]>([
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
    const response = await site.api(path, init);
    expect(response.status).toBe(status);
    expect(await errorOf(response)).toContain(words);
    expect(site.events).toEqual([]);
  });

  test("a name that points here from elsewhere is not answered", async () => {
    const status = (host: string) =>
      new Promise((resolve, reject) => {
        const headers = { host };
        request(`${site.url}/api/me`, { headers }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
          .on("error", reject)
          .end();
      });
    expect(await status(`rebound.test:${site.port}`)).toBe(403);
    expect(await status(`localhost:${site.port}`)).toBe(200);
    expect(await status(`[::1]:${site.port}`)).toBe(200);
  });
});

function failed(): never {
  throw new Error("nothing was handed in");
}
