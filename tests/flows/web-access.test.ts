import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { readWorkspace } from "../../adapters/web/readWorkspace.ts";
import type { Database } from "../../src/db/pool.ts";
import { ConfigError } from "../../src/errors.ts";
import { openTestDatabase } from "../support/database.ts";
import { scriptedLibrary } from "../support/web.ts";
import { errorOf, openWebSite, shareOn, type WebSite } from "../support/web-site.ts";

const TOKEN = "a-token-of-some-length";

let database: Database;
let folder: string;
let site: WebSite | undefined;

beforeAll(async () => {
  database = await openTestDatabase();
  folder = await mkdtemp(path.join(tmpdir(), "docent-web-"));
});
afterAll(async () => {
  await database.close();
  await rm(folder, { recursive: true });
});
afterEach(async () => {
  await site?.close();
  site = undefined;
});

async function open(options: Parameters<typeof openWebSite>[1] = {}): Promise<WebSite> {
  site = await openWebSite(database, options);
  return site;
}

describe("with a token", () => {
  const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

  function signIn({ url }: WebSite, token: string): Promise<Response> {
    const body = new URLSearchParams({ token });
    return fetch(`${url}/sign-in`, { method: "POST", body, redirect: "manual" });
  }

  test("nothing is answered without it, but a page that asks for it", async () => {
    const { url, api } = await open({ token: TOKEN });
    const refused = await api("/me");
    expect([refused.status, await errorOf(refused)]).toEqual([
      401,
      "Please sign in first: open this address in a browser.",
    ]);
    for (const file of ["/", "/app.js", "/api/channels/general/events?user=ada"]) {
      expect((await fetch(url + file)).status).toBe(401);
    }
    const page = await fetch(`${url}/`);
    expect(await page.text()).toContain('<label for="token">Token</label>');
    expect(page.headers.get("content-security-policy")).toContain("form-action 'self'");
  });

  test("a form asks for it once, and its cookie holds something else", async () => {
    const opened = await open({ token: TOKEN });
    const response = await signIn(opened, TOKEN);
    const cookie = response.headers.get("set-cookie") ?? "";
    expect([response.status, response.headers.get("location")]).toEqual([303, "/"]);
    expect(cookie).toMatch(/^docent=\d{10}\..*; HttpOnly; SameSite=Strict$/);
    expect(cookie).not.toContain(TOKEN);
    const [value = ""] = cookie.split(";");
    expect((await opened.api("/me", { headers: { cookie: value } })).status).toBe(200);
    const forged = value.replace(/=\d/, "=9");
    expect((await opened.api("/me", { headers: { cookie: forged } })).status).toBe(401);
  });

  test("a program shows it with each request", async () => {
    const { api } = await open({ token: TOKEN });
    expect((await api("/me", bearer(TOKEN))).status).toBe(200);
    expect((await api("/me", bearer("wrong"))).status).toBe(401);
  });

  test("ten wrong tries in a minute are the last, also for the right one", async () => {
    const opened = await open({ token: TOKEN });
    const wrong = await signIn(opened, "wrong");
    expect([wrong.status, await wrong.text()]).toEqual([401, expect.stringContaining("not the")]);
    for (let tries = 1; tries < 10; tries++) {
      expect((await opened.api("/me", bearer(`wrong${tries}`))).status).toBe(401);
    }
    expect((await opened.api("/me", bearer("wrong"))).status).toBe(429);
    expect((await signIn(opened, TOKEN)).status).toBe(429);
  });
});

describe("settings", () => {
  test("are read, and changed through the core", async () => {
    const settings = { mode: "auto" as const, optedOut: true };
    const { api, json, commands } = await open({ library: scriptedLibrary({ settings }) });
    const shown = await (await api("/channels/general/settings", { as: "guest" })).json();
    expect(shown).toEqual({ mode: "auto", optedOut: true, mayChangeMode: false });
    const wanted = { mode: "ask", optedOut: false };
    const changed = await json("PUT", "/channels/general/settings", wanted, "ada");
    expect(await changed.json()).toMatchObject({ mayChangeMode: true, text: "Done. Done." });
    expect(commands).toMatchObject([
      { kind: "set_mode", mode: "ask", userId: "ada", place: { channelId: "general" } },
      { kind: "opt_out", out: false, userId: "ada" },
    ]);
    const wrong = await json("PUT", "/channels/general/settings", { mode: "loud" });
    expect(wrong.status).toBe(400);
  });

  test("what the core refuses is answered in its own words", async () => {
    const opened = await open();
    opened.core.answering = () => ({ done: false, text: "Only Ada can do that." });
    const { id } = await shareOn(opened, "x");
    const settings = await opened.json("PUT", "/channels/general/settings", { mode: "off" });
    const file = await opened.api(`/channels/general/files/${id}`, { method: "DELETE" });
    for (const refused of [settings, file]) {
      expect([refused.status, await errorOf(refused)]).toEqual([403, "Only Ada can do that."]);
    }
    expect((await opened.api(`/channels/general/files/${id}/original`)).status).toBe(200);
  });
});

describe("a workspace of one's own", () => {
  async function read(content: unknown) {
    const file = path.join(folder, "workspace.json");
    await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
    return readWorkspace(file);
  }

  const PEOPLE = [{ id: "eva", name: "Eva" }];
  const CHANNELS = [{ id: "board", name: "board", visibility: "private", members: ["eva"] }];

  test("is read from a file, and its first person is the admin", async () => {
    const workspace = await read({ people: PEOPLE, channels: CHANNELS });
    const { api } = await open({ workspace });
    expect(await (await api("/me")).json()).toMatchObject({
      user: { id: "eva", guest: false },
      admin: true,
      channels: [{ id: "board" }],
    });
  });

  test.each<[string, unknown, RegExp]>([
    ["no JSON", "{", /is no JSON/],
    ["nothing in it", { people: [], channels: [] }, /people must hold.*\n.*channels must hold/],
    ["a missing list", { people: PEOPLE }, /channels is missing/],
    ["a list that is none", { people: PEOPLE, channels: 7 }, /channels must be a list/],
    [
      "an id that fits no header",
      { people: [{ id: "Ev a", name: "" }], channels: CHANNELS },
      /people\.0\.id must be 1 to 40.*\n.*people\.0\.name must not be empty/,
    ],
    [
      "the bot's own id",
      { people: [{ id: "docent", name: "D" }], channels: CHANNELS },
      /the bot's/,
    ],
    [
      "people twice, a guest as admin, a member nobody knows",
      {
        people: [{ ...PEOPLE[0], guest: true }, PEOPLE[0]],
        channels: [{ ...CHANNELS[0], members: ["eve"] }],
      },
      /two people have the id eva\n.*people\.0 is the admin.*\n.*not among the people: eve/,
    ],
    ["a word that is not known", { people: PEOPLE, channels: CHANNELS, chanels: [] }, /chanels is/],
  ])("with %s is refused with all that is wrong", async (_name, content, problems) => {
    const refusal = await read(content).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ConfigError);
    expect(String(refusal)).toMatch(problems);
  });

  test("that isn't there is refused with its name", async () => {
    await expect(readWorkspace(path.join(folder, "none.json"))).rejects.toThrow("none.json");
  });
});
