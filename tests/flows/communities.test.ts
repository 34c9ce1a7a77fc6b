import { describe, expect, test } from "vitest";
import { firstMode } from "../../src/arrive.ts";
import type { Adapter, CommandReply, Standing } from "../../src/chat.ts";
import { homeOf } from "../../src/db/people.ts";
import { allow, allowNoMore, settleServed } from "../../src/db/served.ts";
import { memoryPlace, replyText } from "../support/memory.ts";
import { ask, citations, endOf, run, setStage, share } from "../support/stage.ts";
import { until } from "../support/until.ts";

const PLAN = "The launch of the Heron is on 14 May 2027.\n";
const RULES = "The launch of the Heron needs two signatures.\n";
const QUESTION = "When is the launch of the Heron?";

const stage = setStage();
let typed = 0;

/** People come and go, and have roles; ada is an admin. */
function asCommunity(standings: Record<string, Partial<Standing>>): void {
  const standing: Adapter["standing"] = async (_place, userId) => ({
    admin: userId === "ada",
    moderator: false,
    ...standings[userId],
  });
  Object.assign(stage.chat.adapter, { communities: true, standing });
}

function type(text: string, userId = "ada"): Promise<CommandReply> {
  typed += 1;
  const place = memoryPlace("general", null);
  return stage.chat.command({ kind: "typed", place, userId, text, key: `typed:${typed}` });
}

async function answerTo(userId: string, channel = "general"): Promise<string> {
  return replyText(await ask(stage, QUESTION, { user: userId, channel }));
}

describe("in a community", () => {
  test("nothing is read by itself until a channel is named for it", async () => {
    asCommunity({});
    await run(stage);
    const event = await stage.chat.share({ name: "plan.md", content: Buffer.from(PLAN) });
    const mark = await until(() => stage.chat.marks.find(({ fileId }) => fileId === event.fileId));
    expect(mark.state).toMatchObject({ kind: "unread" });
  });

  test.each([
    ["a role that is not allowed", { allowedRoles: ["Members"] }, { roles: [] }],
    ["a role that is blocked", { blockedRoles: ["77"] }, { roles: [{ id: "77", name: "Muted" }] }],
    ["only just come in", { memberAgeMsMin: 600_000 }, { memberSinceMs: Date.now() }],
    ["come in nobody knows when", { memberAgeMsMin: 600_000 }, { memberSinceMs: null }],
  ])("%s keeps out of mentions, commands, buttons and reading", async (_why, brakes, standing) => {
    asCommunity({ bob: standing });
    const rules = { allowedRoles: [], blockedRoles: [], memberAgeMsMin: 0, ...brakes };
    await run(stage, { brakes: rules, channels: { include: ["*"], exclude: [] } });
    await share(stage, "plan.md", PLAN);
    expect(await answerTo("ada")).toContain("14 May");
    const asked = stage.openrouter.requests.length;
    expect(await answerTo("bob")).toBe("");
    const [told] = stage.chat.notes;
    expect(told).toMatchObject({ userId: "bob" });
    expect(told?.text).toMatch(/certain roles|only just come in/);
    expect(stage.openrouter.requests).toHaveLength(asked);
    expect((await type("files", "bob")).done).toBe(false);
    expect((await type("me", "bob")).done).toBe(true);
    const file = { name: "spam.md", content: Buffer.from("Buy lamps."), user: "bob" };
    const { fileId } = await stage.chat.share(file);
    const mark = await until(() => stage.chat.marks.find((one) => one.fileId === fileId));
    expect(mark.state).toMatchObject({ kind: "unread" });
  });

  test("whoever is blocked is not answered, and admins unblock them", async () => {
    asCommunity({});
    await run(stage, { channels: { include: ["*"], exclude: [] } });
    expect((await type("block <@bob>", "cleo")).done).toBe(false);
    expect((await type("block <@bob>")).done).toBe(true);
    const { rowCount } = await stage.database.pool.query(
      "select from person where platform_id = 'bob' and blocked_at is not null",
    );
    expect(rowCount).toBe(1);
    expect((await type("files", "bob")).text).toMatch(/admin has decided/);
    expect((await type("unblock <@bob>")).done).toBe(true);
    await share(stage, "plan.md", PLAN);
    expect(await answerTo("bob")).toContain("14 May");
  });

  test("a pause holds for all, also for admins, until one of them ends it", async () => {
    asCommunity({});
    await run(stage, { channels: { include: ["*"], exclude: [] } });
    await share(stage, "plan.md", PLAN);
    expect((await type("pause", "bob")).done).toBe(false);
    expect((await type("pause")).done).toBe(true);
    expect(await answerTo("ada")).toBe("");
    expect(stage.chat.notes[0]?.text).toContain("paused");
    expect((await type("files")).text).toContain("paused");
    expect((await type("resume")).done).toBe(true);
    expect(await answerTo("ada")).toContain("14 May");
  });

  test("a channel for adults is not read by itself, whatever the settings name", () => {
    const readers = { outsiders: false, alsoReadable: [], visibility: "public" as const };
    const rules = { include: ["*"], exclude: [] };
    expect(firstMode(rules, { ...readers, channelName: "a" })).toBe("auto");
    expect(firstMode(rules, { ...readers, channelName: "a", ageRestricted: true })).toBe("ask");
  });

  test("the workspace that direct messages search is chosen, and chosen anew", async () => {
    await run(stage);
    const place = memoryPlace("general", null);
    const person = { platform: place.platform, userId: "bob" };
    const { pool } = stage.database;
    await stage.chat.command({ kind: "choose_workspace", place, userId: "bob" });
    expect(await homeOf(pool, person)).toBe(place.workspaceId);
    expect((await type("server", "bob")).done).toBe(false);
    Object.assign(stage.chat.adapter, {
      readers: async () => ({ visibility: "direct", channelName: null, alsoReadable: [] }),
    });
    expect((await type("server", "bob")).done).toBe(true);
    expect(await homeOf(pool, person)).toBeNull();
  });

  test("people with a role may ask more, or less", async () => {
    asCommunity({ bob: { roles: [{ id: "1", name: "Newcomers" }] } });
    const channels = { include: ["*"], exclude: [] };
    await run(stage, { channels, questionsByRole: { Newcomers: 1 } });
    await share(stage, "plan.md", PLAN);
    await answerTo("bob");
    const asked = stage.openrouter.requests.length;
    expect(await answerTo("bob")).toContain("14 May");
    expect(stage.openrouter.requests).toHaveLength(asked);
    expect((await type("usage", "bob")).text).toContain("1 of 1");
  });

  test("a ban offers the moderators to forget what that person shared", async () => {
    asCommunity({});
    await run(stage, { channels: { include: ["*"], exclude: [] }, modChannel: "leads" });
    const file = { name: "plan.md", content: Buffer.from(PLAN), user: "bob" };
    const { fileId } = await stage.chat.share(file);
    await endOf(stage, fileId);
    const place = memoryPlace("general", null);
    await stage.chat.send({ kind: "banned", key: "ban:1", place, userId: "bob", name: "Bob" });
    const said = await until(() => stage.chat.announced[0]);
    expect(said.place.channelId).toBe("leads");
    expect(said.note.text).toContain("1 file");
    expect(said.note.offer).toMatchObject({ kind: "forget_person", personId: "bob" });
    const forget = { kind: "forget_person", place, personId: "bob" } as const;
    expect((await stage.chat.command({ ...forget, userId: "cleo" })).done).toBe(false);
    expect((await stage.chat.command({ ...forget, userId: "ada" })).text).toContain("1 file");
    expect(await answerTo("ada")).not.toContain("14 May");
  });
});

describe("which channels answers draw on", () => {
  test("a channel that is no source is used in its own answers alone", async () => {
    await run(stage);
    await share(stage, "plan.md", PLAN, "general");
    await share(stage, "rules.md", RULES, "leads");
    expect(await answerTo("ada", "leads")).toContain("14 May");
    expect((await type("sources remove <#general>", "bob")).done).toBe(false);
    expect((await type("sources remove <#general>")).done).toBe(true);
    expect(await answerTo("ada", "leads")).not.toContain("14 May");
    expect(await answerTo("ada", "general")).toContain("14 May");
    expect((await type("sources only <#general>")).done).toBe(true);
    expect(await answerTo("ada", "leads")).toContain("14 May");
    expect((await type("sources all")).done).toBe(true);
    expect(await answerTo("ada", "leads")).toContain("14 May");
  });

  test("a channel is known by its name too, and an unknown one changes nothing", async () => {
    await run(stage);
    await share(stage, "plan.md", PLAN, "general");
    await share(stage, "rules.md", RULES, "leads");
    expect((await type("sources only #nowhere")).done).toBe(false);
    expect(await answerTo("ada", "leads")).toContain("14 May");
    await stage.database.pool.query(
      "update channel set name = 'Team-Café' where platform_id = 'general'",
    );
    expect((await type("sources remove #team-café")).done).toBe(true);
    expect(await answerTo("ada", "leads")).not.toContain("14 May");
  });

  test("a channel may be named in which nothing has happened yet", async () => {
    await run(stage);
    await share(stage, "plan.md", PLAN, "general");
    expect((await type("sources only <#leads>")).text).toContain("leads");
    await share(stage, "rules.md", RULES, "leads");
    expect(await answerTo("ada", "leads")).toContain("two signatures");
    expect(await answerTo("ada", "leads")).not.toContain("14 May");
  });

  test("a file that a moderator calls official counts before others, and says so", async () => {
    await run(stage);
    const old = "The launch of the Heron is on 1 March 2027, the launch of the Heron.\n";
    await share(stage, "old.md", old);
    await share(stage, "plan.md", PLAN);
    expect((await type("official on plan.md", "bob")).done).toBe(false);
    expect((await type("official on plan.md")).done).toBe(true);
    const reply = await ask(stage, QUESTION);
    expect(citations(reply)[0]).toMatchObject({ fileName: "plan.md", official: true });
    expect((await type("official off plan.md")).done).toBe(true);
  });

  test("what is for adults alone is used nowhere else", async () => {
    await run(stage);
    await share(stage, "plan.md", PLAN, "general");
    await stage.database.pool.query(
      "update channel set age_restricted = true where platform_id = 'general'",
    );
    expect(await answerTo("ada", "leads")).not.toContain("14 May");
  });
});

describe("which workspaces are served", () => {
  const of = (workspaceId: string) => ({ platform: "forum", workspaceId });

  test("the first one alone, and what the operator allows", async () => {
    const { pool } = stage.database;
    expect(await settleServed(pool, of("1"), [])).toBe(true);
    expect(await settleServed(pool, of("2"), [])).toBe(false);
    expect(await settleServed(pool, of("1"), [])).toBe(true);
    await allow(pool, of("2"));
    expect(await settleServed(pool, of("2"), [])).toBe(true);
    expect(await allowNoMore(pool, of("2"), [])).toBe(false);
    expect(await settleServed(pool, of("2"), [])).toBe(false);
  });

  test("no other one in the place of the first, once that is allowed", async () => {
    const { pool } = stage.database;
    for (const id of ["1", "2"]) await settleServed(pool, of(id), []);
    await allow(pool, of("1"));
    expect(await settleServed(pool, of("2"), [])).toBe(false);
    expect(await settleServed(pool, of("1"), [])).toBe(true);
  });

  test("not the first one, once it is allowed no more and another is", async () => {
    const { pool } = stage.database;
    await settleServed(pool, of("1"), []);
    await allow(pool, of("2"));
    expect(await settleServed(pool, of("1"), [])).toBe(true);
    expect(await allowNoMore(pool, of("1"), [])).toBe(false);
    expect(await settleServed(pool, of("1"), [])).toBe(false);
    expect(await allowNoMore(pool, of("2"), ["2"])).toBe(true);
  });

  test("where the settings list some, those, whatever came first", async () => {
    const { pool } = stage.database;
    expect(await settleServed(pool, of("1"), [])).toBe(true);
    expect(await settleServed(pool, of("1"), ["2"])).toBe(false);
    expect(await settleServed(pool, of("2"), ["2"])).toBe(true);
  });

  test("of two that are heard of at once, one", async () => {
    const { pool } = stage.database;
    const served = await Promise.all(["1", "2", "3"].map((id) => settleServed(pool, of(id), [])));
    expect(served.filter(Boolean)).toHaveLength(1);
  });
});
