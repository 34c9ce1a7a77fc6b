import {
  ActionRowBuilder,
  ButtonBuilder,
  ButtonStyle,
  type Client,
  Events,
  type Interaction,
  LabelBuilder,
  MessageFlags,
  ModalBuilder,
  TextInputBuilder,
  TextInputStyle,
} from "discord.js";
import { afterEach, beforeEach, expect, test } from "vitest";
import { IDS } from "../support/discord/world.ts";
import { type LoopbackDiscord, startDiscord } from "../support/discord.ts";
import { createBot, hearing, logIn, textChannel } from "../support/discord-client.ts";
import { until } from "../support/until.ts";

const { general } = IDS.channels;

let discord: LoopbackDiscord;
let bot: Client;

beforeEach(async () => {
  discord = await startDiscord();
});
afterEach(async () => {
  await bot.destroy();
  await discord.close();
});

const commands = [
  {
    name: "docent",
    description: "Ask",
    options: [{ type: 1, name: "ask", description: "Ask" }],
  },
  { name: "Ask about this", type: 3 },
];

async function answering(answer: (interaction: Interaction) => Promise<unknown>) {
  bot = await logIn(discord, createBot(discord));
  await bot.application?.commands.set(commands);
  bot.on(Events.InteractionCreate, (interaction) => {
    answer(interaction).catch((error: unknown) => bot.emit(Events.Error, error as Error));
  });
}

test("a command is thought about, and answered so that only who asked sees it", async () => {
  await answering(async (interaction) => {
    if (!interaction.isChatInputCommand()) return;
    await interaction.deferReply({ flags: MessageFlags.Ephemeral });
    await interaction.editReply(`To ${interaction.options.getString("text")}`);
    await interaction.followUp("More");
    await interaction.reply("again").catch(() => undefined);
  });
  const options = { text: "why?", file: { name: "a.txt", content: Buffer.from("a") } };
  const slash = { channel: general, user: IDS.ana, command: "docent ask", options };
  const gesture = discord.slash(slash);
  await until(() => gesture.messages().length === 2);
  expect(gesture.response()).toMatchObject({ type: 5 });
  expect(discord.messagesOf(general).map(({ content }) => content)).toEqual(["More"]);
  expect(discord.messagesOf(general, IDS.ana)[0]).toMatchObject({ content: "To why?" });
  expect(() => discord.slash({ ...slash, command: "nothing" })).toThrow("no command");
});

test("a button opens a modal, and what is written in it arrives", async () => {
  const button = new ButtonBuilder()
    .setCustomId("down")
    .setLabel("No")
    .setStyle(ButtonStyle.Danger);
  const input = new TextInputBuilder().setCustomId("why").setStyle(TextInputStyle.Paragraph);
  const label = new LabelBuilder().setLabel("Why?").setTextInputComponent(input);
  const modal = new ModalBuilder().setCustomId("reason").setTitle("Why?").addLabelComponents(label);
  await answering(async (interaction) => {
    if (interaction.isButton()) await interaction.showModal(modal);
    if (!(interaction.isModalSubmit() && interaction.isFromMessage())) return;
    await interaction.update(`Thanks: ${interaction.fields.getTextInputValue("why")}`);
  });
  const components = [new ActionRowBuilder<ButtonBuilder>().addComponents(button)];
  const { id } = await (await textChannel(bot, general)).send({ content: "Good?", components });
  const press = discord.press(id, "down", IDS.ana);
  await press.answered;
  await discord.submit(press, { why: "too long" }).answered;
  expect(discord.messagesOf(general)[0]?.content).toBe("Thanks: too long");
  expect(() => discord.press(id, "up", IDS.ana)).toThrow("no component");
});

test("a message command has the message whole, and answers come too late after 3 s", async () => {
  const seen: string[] = [];
  await answering(async (interaction) => {
    if (!interaction.isMessageContextMenuCommand()) return;
    seen.push(interaction.targetMessage.content);
    discord.pass(3_000);
    await interaction.reply("late");
  });
  const errors = hearing<{ code: number }>(bot, Events.Error);
  const { id } = discord.say({ channel: general, user: IDS.ana, text: "look at this" });
  discord.messageCommand("Ask about this", id, IDS.ben);
  const [error] = await until(() => errors.length > 0 && errors);
  expect([seen[0], error?.code]).toEqual(["look at this", 10062]);
});
