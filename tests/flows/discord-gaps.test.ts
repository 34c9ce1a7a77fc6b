/** What happens while nobody listens, and what the core makes of it when somebody does again. */
import { afterEach, describe, expect, test } from "vitest";
import { settleServed } from "../../src/db/served.ts";
import { troubleOf } from "../../src/gateway.ts";
import { createMetrics } from "../../src/metrics.ts";
import { createRoutes } from "../../src/operator/server.ts";
import { IDS } from "../support/discord/world.ts";
import { type Play, type PlayOptions, play } from "../support/discord-core.ts";
import { quiet, setStage } from "../support/stage.ts";
import { until } from "../support/until.ts";

const { ana, ben, guild } = IDS;
const { general, help } = IDS.channels;
const MINUTES_5_MS = 5 * 60_000;
const QUESTION = "When is the launch of the Heron?";
const PLAN = { name: "plan.md", content: Buffer.from("The launch of the Heron is on 14 May.\n") };

/** A connection that is lost is trouble at once. */
const SOON = { troubleAfterMs: 0 };

const stage = setStage();
const open: Play[] = [];

async function opened(options: PlayOptions = {}): Promise<Play> {
  const one = await play(stage, options);
  open.push(one);
  return one;
}

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

function readyOf({ adapter }: Play): Promise<Response> {
  const routes = createRoutes({
    db: stage.database.pool,
    metrics: createMetrics(() => stage.queue.depth()),
    closing: () => false,
    trouble: () => troubleOf([adapter]),
    guard: (_c, next) => next(),
    operator: { key: "key", status: () => Promise.reject(new Error("not asked")) },
  });
  return Promise.resolve(routes.request("/readyz"));
}

async function rows(sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  return (await stage.database.pool.query(sql, values)).rows;
}

const names = async () =>
  (await rows("select name from share order by name")).map(({ name }) => name);

/** Up to when all was heard, in the database's own time. */
function heard(workspaceId: string = guild) {
  const sql =
    "select heard_until from workspace where platform_id = $1 and heard_until is not null";
  return until(async () => (await rows(sql, [workspaceId]))[0]?.heard_until);
}

/** A note may be on its way. */
async function settled(read: () => Promise<string>): Promise<void> {
  let before = "";
  await until(async () => {
    const now = await read();
    const isSame = now === before;
    before = now;
    return isSame;
  });
}

/** Discord is away, as far as this process knows. */
async function away({ discord, adapter }: Play): Promise<void> {
  discord.offline();
  await until(() => adapter.trouble() !== null);
}

/** As if all until now had happened, and been heard, five minutes ago. */
async function setBack(): Promise<void> {
  await settled(async () => String(await heard()));
  await rows("update answer set asked_at = now() - interval '6 minutes'");
  const before = "update workspace set heard_until = now() - interval '5 minutes'";
  await rows(`${before} where heard_until is not null`);
}

describe.each([
  ["without a connection", away, async ({ discord }: Play) => discord.online()],
  ["without a process", ({ stop }: Play) => stop(), ({ start }: Play) => start()],
])("five minutes %s", (_how, leave, comeBack) => {
  test("with fifty messages, five of them in threads, and three deletions are made up for", async () => {
    const one = await opened({ times: SOON });
    const { discord } = one;
    const shared = await one.share(general, ana, PLAN);
    const doomed = ["a.md", "b.md", "c.md"].map((name) => {
      const content = Buffer.from(`In ${name} the launch of the Heron is on 1 March.\n`);
      return one.share(help, ben, { name, content });
    });
    const deleted = await Promise.all(doomed);
    const first = one.mention(general, ana, QUESTION);
    await one.answer(first);
    const talk = discord.createThread({ channel: general, user: ben });
    await quiet(stage);
    await leave(one);
    await setBack();

    const startMs = Date.now() - MINUTES_5_MS;
    let said = 0;
    const say = (channel: string, text: string, more: { files?: (typeof PLAN)[] } = {}) => {
      said += 1;
      return discord.say({ channel, user: ana, text, atMs: startMs + said * 5_900, ...more }).id;
    };
    for (let count = 0; count < 32; count += 1) say(help, `Nobody's question ${count}?`);
    const asked = Array.from({ length: 8 }, () => say(general, `<@${IDS.bot}> ${QUESTION}`));
    const files = ["d.md", "e.md", "f.md", "g.md", "h.md"].map((name) => ({ ...PLAN, name }));
    for (const file of files) say(general, "see", { files: [file] });
    const followUps = [0, 1].map(() => say(first, "And when is the launch of the Heron?"));
    const inThread = say(talk.id, `<@${IDS.bot}> ${QUESTION}`);
    for (const name of ["i.md", "j.md"]) say(talk.id, "see", { files: [{ ...PLAN, name }] });
    expect(said).toBe(50);
    discord.deleteMessage(deleted[0] ?? "");
    discord.bulkDelete(help, deleted.slice(1));

    await comeBack(one);
    for (const id of [...asked, inThread]) expect(await one.answer(id)).toContain("14 May");
    await until(() => one.replies(followUps[1] ?? "").length > 0);
    await until(async () => !(await names()).includes("c.md"));
    await quiet(stage);
    const later = [...files.map(({ name }) => name), "i.md", "j.md"];
    expect(await names()).toEqual([...later, "plan.md"]);
    for (const id of [...asked, ...followUps, inThread]) expect(one.replies(id)).toHaveLength(1);
    expect(await rows("select from answer")).toHaveLength(1 + asked.length + 3);
    expect(discord.world.messages.has(shared)).toBe(true);
    expect(one.logged()).not.toMatch(/"level":(?:50|60)/);
  });
});

test("what stands in a thread of today is not taken for deleted", async () => {
  const one = await opened({ times: SOON });
  const { discord, adapter } = one;
  await one.share(general, ana, PLAN);
  const place = { platform: "discord", workspaceId: guild, channelId: general, threadId: null };
  // From here on the channel's threads are remembered for a while.
  await adapter.shared(place, null, AbortSignal.timeout(10_000));
  const thread = discord.createThread({ channel: general, user: ana });
  await one.share(thread.id, ana, { ...PLAN, name: "in-a-thread.md" });
  const doomed = await one.share(general, ana, { ...PLAN, name: "doomed.md" });
  await away(one);
  discord.deleteMessage(doomed);
  await setBack();
  discord.online();
  await until(async () => !(await names()).includes("doomed.md"));
  await quiet(stage);
  expect(await names()).toEqual(["in-a-thread.md", "plan.md"]);
});

test("a server that is not served is left alone, also after a gap", async () => {
  let other = { id: "", channel: "" };
  const one = await opened({
    times: SOON,
    serves: (workspace) => settleServed(stage.database.pool, workspace, [guild]),
    furnish: (discord) => {
      other = discord.createGuild({ name: "Umbrella" });
      discord.join(ana, { guild: other.id });
    },
  });
  const { discord } = one;
  await heard();
  const ask = () => one.mention(other.channel, ana, QUESTION);
  const asked = [ask()];
  await away(one);
  await setBack();
  asked.push(ask());
  const ours = one.mention(general, ana, QUESTION);
  discord.online();
  await until(() => one.replies(ours).length > 0);
  await quiet(stage);
  const of = [other.id, other.channel].map((id) => `/${id}`);
  const calls = discord.world.requests.filter(({ path }) => of.some((id) => path.includes(id)));
  expect(calls).toEqual([]);
  expect(asked.flatMap((id) => one.replies(id))).toEqual([]);
  expect(await rows("select from workspace where heard_until is not null")).toHaveLength(1);
});

describe("a gateway", () => {
  test("that is dead makes the process not ready, until there is another one", async () => {
    const times = { troubleAfterMs: 100 };
    const one = await opened({ times, loopback: { heartbeatMs: 50 } });
    const { discord } = one;
    expect((await readyOf(one)).status).toBe(200);
    discord.freeze();
    discord.rejectWith(4_000);
    const response = await until(async () => {
      const answer = await readyOf(one);
      return answer.status === 503 && answer;
    });
    expect(await response.text()).toMatch(/^not ready: no connection to Discord for \d+ s$/);
    discord.rejectWith(null);
    await until(async () => (await readyOf(one)).status === 200);
    const id = one.mention(general, ana, QUESTION);
    await until(() => one.replies(id).length > 0);
  });

  test.each([
    [4_004, "DISCORD_TOKEN"],
    [4_011, "DISCORD_SHARDS"],
  ])("that Discord closes with %d for good says which setting is wrong", async (code, words) => {
    const one = await opened();
    one.discord.closeWith(code);
    const text = await until(async () => {
      const answer = await readyOf(one);
      return answer.status === 503 && answer.text();
    });
    expect(text).toContain(words);
    expect(one.discord.identified()).toBe(1);
    expect(one.logged()).not.toContain(one.discord.token);
  });
});
