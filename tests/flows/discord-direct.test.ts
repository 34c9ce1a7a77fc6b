/** Direct messages belong to no server: which one is searched is known, or asked for, and nothing is lost meanwhile. */
import { afterEach, describe, expect, test } from "vitest";
import { IDS } from "../support/discord/world.ts";
import { type EarsOptions, openEars } from "../support/discord-ears.ts";
import { until } from "../support/until.ts";

const { ana, guild, stranger } = IDS;
const PLAN = { name: "plan.md", content: new TextEncoder().encode("# Plan\n") };

const open: { close(): Promise<void> }[] = [];

async function opened(options: EarsOptions = {}) {
  const bench = await openEars(options);
  open.push(bench);
  return { ...bench, dm: bench.discord.openDm(ana) };
}

afterEach(async () => {
  for (const bench of open.splice(0)) await bench.close();
});

describe("a direct message", () => {
  test("of somebody in one server that is served is about that one", async () => {
    const { discord, ears, dm } = await opened({ serves: (id) => id === guild });
    const other = discord.createGuild({ name: "other" });
    discord.join(ana, { guild: other.id });
    const asked = discord.say({ channel: dm, user: ana, text: "when?" });
    expect(await ears.heard("mention", asked.id)).toMatchObject({
      place: { workspaceId: guild, channelId: dm, threadId: dm },
      text: "when?",
    });
    const brought = discord.say({ channel: dm, user: ana, files: [PLAN] });
    expect(await ears.heard("file_shared", brought.id)).toMatchObject({ handedOver: true });
    discord.deleteMessage(brought.id);
    const { place } = await ears.heard("message_deleted", brought.id);
    expect(place).toMatchObject({ workspaceId: guild, channelId: dm });
    expect(ears.events.filter(({ kind }) => kind === "mention")).toHaveLength(1);
  });

  test("of somebody in several is asked about once, and then all that waits is handed in", async () => {
    let home: string | null = null;
    const { discord, ears, dm } = await opened({ home: () => home });
    const other = discord.createGuild({ name: "other" });
    discord.join(ana, { guild: other.id });
    const first = discord.say({ channel: dm, user: ana, text: "when?" });
    const menu = await until(() => discord.messagesOf(dm).find(({ components }) => components[0]));
    const second = discord.say({ channel: dm, user: ana, text: "and where?" });
    expect(menu.content).toContain("Which one is this about?");
    const [row] = menu.components;
    const select = row && "components" in row ? row.components[0] : undefined;
    const id = select && "custom_id" in select ? select.custom_id : "";
    expect(select).toMatchObject({ options: [{ value: guild }, { value: other.id }] });
    home = other.id;
    discord.select(menu.id, id, [other.id], ana);
    for (const said of [first, second]) {
      const { place } = await ears.heard("mention", said.id);
      expect(place).toMatchObject({ workspaceId: other.id, channelId: dm });
    }
    expect(ears.commands).toMatchObject([{ kind: "choose_workspace", userId: ana }]);
    expect(discord.messagesOf(dm).filter(({ components }) => components[0])).toEqual([]);
  });

  test("of somebody who has left the server they chose is about the one that is left", async () => {
    const left = { id: "" };
    const { discord, ears, dm } = await opened({ home: () => left.id });
    left.id = discord.createGuild({ name: "left" }).id;
    const { id } = discord.say({ channel: dm, user: ana, text: "when?" });
    expect((await ears.heard("mention", id)).place.workspaceId).toBe(guild);
  });

  test("that is deleted goes from every server that it may be known in", async () => {
    let home: string | null = guild;
    const { discord, ears, dm } = await opened({ home: () => home });
    const other = discord.createGuild({ name: "other" });
    discord.join(ana, { guild: other.id });
    const brought = discord.say({ channel: dm, user: ana, files: [PLAN] });
    await ears.heard("file_shared", brought.id);
    home = other.id;
    for (const id of [guild, other.id]) discord.leave(ana, id);
    discord.deleteMessage(brought.id);
    const gone = await until(() => {
      const some = ears.events.filter(({ kind }) => kind === "message_deleted");
      return some.length === 2 && some;
    });
    expect(gone.map(({ place }) => place.workspaceId)).toEqual([guild, other.id]);
    expect(gone[0]?.place).toMatchObject({ channelId: dm, threadId: dm });
  });

  test("is asked about once more after another choice was made", async () => {
    let home: string | null = null;
    const { discord, ears, dm } = await opened({ home: () => home });
    const other = discord.createGuild({ name: "other" });
    discord.join(ana, { guild: other.id });
    const menus = () => discord.botMessages(dm).filter(({ components }) => components.length > 0);
    discord.say({ channel: dm, user: ana, text: "when?" });
    await until(() => menus().length === 1);
    home = guild;
    await ears.heard("mention", discord.say({ channel: dm, user: ana, text: "server" }).id);
    home = null;
    discord.say({ channel: dm, user: ana, text: "and where?" });
    await until(() => menus().length === 2);
  });

  test("whose person Discord lets nobody answer holds up nothing", async () => {
    const { discord, ears, dm } = await opened();
    discord.join(ana, { guild: discord.createGuild({ name: "other" }).id });
    discord.fail("POST /channels/:channel/messages", { status: 403, code: 50_278 });
    discord.say({ channel: dm, user: ana, text: "when?" });
    await until(() => ears.logged.some((line) => line.includes("asked back")));
    expect(ears.logged.join()).not.toContain("could not be stored yet");
  });

  test("of a stranger gets a kind word, once", async () => {
    const { discord, ears } = await opened({ serves: (id) => id === guild });
    const other = discord.createGuild({ name: "other" });
    discord.join(stranger, { guild: other.id });
    const dm = discord.openDm(stranger);
    discord.say({ channel: dm, user: stranger, text: "when?" });
    const word = await until(() => discord.botMessages(dm)[0]);
    expect(word.content).toMatch(/^I can only answer people of servers that I work in/);
    discord.say({ channel: dm, user: stranger, text: "hello?" });
    await ears.settled(discord.openDm(ana), ana);
    expect(discord.botMessages(dm)).toHaveLength(1);
  });
});
