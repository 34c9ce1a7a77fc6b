/** What is seldom and must still be right: where Docent may not write, what has changed unheard, what is under way. */
import { PermissionFlagsBits as Right } from "discord.js";
import { afterEach, describe, expect, test } from "vitest";
import { IDS } from "../support/discord/world.ts";
import { type Play, play } from "../support/discord-core.ts";
import { openEars } from "../support/discord-ears.ts";
import { quiet, setStage } from "../support/stage.ts";
import { until } from "../support/until.ts";

const { ana, ben } = IDS;
const { general, help } = IDS.channels;
const QUESTION = "When is the launch of the Heron?";
const PLAN = { name: "plan.md", content: Buffer.from("The launch of the Heron is on 14 May.\n") };

const stage = setStage();
const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function playing(): Promise<Play> {
  const one = await play(stage);
  open.push(one);
  await one.share(help, ben, PLAN);
  return one;
}

test("where Docent may not write, models are asked once, and the asker is told alone", async () => {
  const { discord, mention } = await playing();
  const deny = Right.SendMessages | Right.SendMessagesInThreads;
  discord.overwrite(general, IDS.roles.bot, { deny });
  mention(general, ana, QUESTION);
  const direct = discord.openDm(ana);
  const [told] = await until(
    () => discord.botMessages(direct).length > 0 && discord.botMessages(direct),
  );
  expect(told?.content).toContain("I may not write there");
  await quiet(stage);
  expect(stage.openrouter.requests.length).toBeLessThanOrEqual(1);
});

describe("a channel that has become one for adults alone while nobody listened", () => {
  test("is no source for others any more, neither openly nor in private", async () => {
    const { discord, adapter, ask, type } = await playing();
    expect(await ask(general, ana, QUESTION)).toContain("14 May");
    const channel = discord.world.channels.get(help);
    if (channel) channel.adult = true;
    adapter.forget({});
    expect(await ask(general, ana, QUESTION)).not.toContain("14 May");
    const options = { question: QUESTION };
    expect(await type("ask", { channel: general, user: ana, options })).not.toContain("14 May");
  });
});

test("what somebody wants is done before Docent ends", async () => {
  const { discord, ears } = await openEars();
  open.push(discord);
  const edited = Promise.withResolvers<void>();
  discord.fail("PATCH /webhooks/:app/:token/messages/:message", { until: edited.promise });
  const gesture = discord.slash({ channel: general, user: ana, command: "docent models" });
  await until(() => ears.commands.length > 0);
  const closing = ears.close();
  await until(() => discord.connections() === 0);
  edited.resolve();
  await closing;
  expect(gesture.messages()).toHaveLength(1);
});
