/** What keeps somebody from using Docent holds whichever way they come: by mention, message, button or command. */
import { afterEach, expect, test } from "vitest";
import { IDS } from "../support/discord/world.ts";
import { type Play, type PlayOptions, play } from "../support/discord-core.ts";
import { quiet, setStage } from "../support/stage.ts";
import { until } from "../support/until.ts";

const { ana, ben, owner } = IDS;
const { general } = IDS.channels;
const QUESTION = "When is the launch of the Heron?";
const PLAN = { name: "plan.md", content: Buffer.from("The launch of the Heron is on 14 May.\n") };
const NOTHING = { allowedRoles: [], blockedRoles: [], memberAgeMsMin: 0 };

const stage = setStage();
const open: Play[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function count(sql: string, values: string[] = []): Promise<number> {
  return (await stage.database.pool.query(sql, values)).rowCount ?? 0;
}

/** What Docent says to a question, once it is done with it; empty: nothing. */
async function toQuestion(one: Play, questionId: string): Promise<string> {
  const done = "select from answer where question_id = $1 and state <> 'answering'";
  await until(async () => (await count(done, [questionId])) > 0);
  return one
    .replies(questionId)
    .map(({ content }) => content)
    .join("\n");
}

/** An answer of Docent's to somebody whom nothing keeps, with what stands under it. */
async function answerWithButtons(one: Play) {
  const id = one.mention(general, owner, QUESTION);
  expect(await one.answer(id)).toContain("14 May");
  const message = one.replies(id).at(-1);
  const components = JSON.stringify(message?.components);
  const press = (action: string, user: string) => {
    const [customId = ""] = new RegExp(`docent:${action}:[\\d:]+`).exec(components) ?? [];
    return one.discord.press(message?.id ?? "", customId, user);
  };
  return { press };
}

/** Somebody wants something, in all ways there are. @returns what they read then */
async function tried(one: Play, user: string, press: (action: string, user: string) => Gesture) {
  const { discord } = one;
  const mentioned = await toQuestion(one, one.mention(general, user, QUESTION));
  const said = discord.say({ channel: discord.openDm(user), user, text: QUESTION });
  const direct = await toQuestion(one, said.id);
  const by = { channel: general, user };
  const options = { question: QUESTION };
  const typed = [await one.type("files", by), await one.type("ask", { ...by, options })];
  const typing = { ...by, command: "docent forget", options: { file: "pl" }, focused: "file" };
  const completion = discord.complete(typing);
  await completion.answered;
  const pressed = press("private", user);
  await until(() => pressed.messages().length > 0);
  for (const action of ["up", "again"]) await press(action, user).answered;
  await quiet(stage);
  return {
    openly: mentioned,
    alone: [direct, ...typed, ...pressed.messages().map(({ content }) => content)],
    choices: completion.choices(),
  };
}

type Gesture = ReturnType<Play["discord"]["press"]>;

interface Case extends PlayOptions {
  who: string;
  word: RegExp;
  /** What somebody does for it, once the product runs. */
  set?(one: Play): Promise<unknown>;
}

const CASES: Record<string, Case> = {
  "a pause": {
    who: ben,
    word: /I am paused here/,
    set: (one) => one.type("pause", { channel: general, user: owner }),
  },
  "a block": {
    who: ana,
    word: /I don't take anything from you here/,
    set: (one) => {
      const options = { user: { user: ana } };
      return one.type("block", { channel: general, user: owner, options });
    },
  },
  "a role that is missing": {
    who: ana,
    word: /certain roles only/,
    brakes: { ...NOTHING, allowedRoles: ["verified"] },
  },
  "a role that is kept out": {
    who: ben,
    word: /certain roles only/,
    brakes: { ...NOTHING, blockedRoles: [IDS.roles.verified] },
  },
  "having only just come in": {
    who: ana,
    word: /only just come in/,
    brakes: { ...NOTHING, memberAgeMsMin: 600_000 },
    furnish: (discord) => discord.join(ana),
  },
};

test.each(Object.entries(CASES))(
  "%s holds for mentions, direct messages, buttons and commands alike",
  async (_what, { who, word, set, ...options }) => {
    const one = await play(stage, options);
    open.push(one);
    await one.share(general, owner, PLAN);
    const { press } = await answerWithButtons(one);
    await set?.(one);
    const asked = stage.openrouter.requests.length;
    const { openly, alone, choices } = await tried(one, who, press);
    // A crowd that may not ask could otherwise have Docent call each of them.
    expect(openly).toBe("");
    expect(alone).toHaveLength(4);
    for (const text of alone) expect(text).toMatch(word);
    expect(choices).toEqual([]);
    expect(stage.openrouter.requests).toHaveLength(asked);
    expect(await count("select from answer where rating is not null")).toBe(0);
    // What is one's own stays in one's own hands.
    const own = await one.type("me", { channel: general, user: who });
    expect(own).not.toMatch(word);
  },
);

test("a pause ends for all, and a block for whom it held", async () => {
  const one = await play(stage);
  open.push(one);
  await one.share(general, owner, PLAN);
  const options = { user: { user: ana } };
  await one.type("block", { channel: general, user: owner, options });
  await one.type("pause", { channel: general, user: owner });
  await one.type("resume", { channel: general, user: owner });
  await one.type("unblock", { channel: general, user: owner, options });
  expect(await one.ask(general, ana, QUESTION)).toContain("14 May");
});
