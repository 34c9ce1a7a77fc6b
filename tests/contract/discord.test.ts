import type { Inbox } from "../../src/chat.ts";
import { IDS } from "../support/discord/world.ts";
import { startDiscord } from "../support/discord.ts";
import { makeEars } from "../support/discord-ears.ts";
import { until } from "../support/until.ts";
import { contract, type Delivery, type Room } from "./adapter.ts";
import { postElsewhere } from "./elsewhere.ts";

const POSTER = new URL("./discord-poster.ts", import.meta.url);
/** What was tried so often, and never stored, is taken as not arrived. */
const TRIES = 3;
/** The asker is named above an answer. */
const NAMED = /^<@\d+>\n/;

const { guild, mod, ben } = IDS;
const { guides, staff } = IDS.channels;

contract("discord", { open });

/** Discord wants no acknowledgement: what Docent has noted as heard is not read back any more, and so is one. */
async function open(inbox: Inbox): Promise<Room> {
  const discord = await startDiscord();
  // Docent came long ago, and has nobody to greet.
  for (const one of discord.world.guilds.values()) one.botJoinedMs = 0;
  const { ears, inbox: hearing } = makeEars(discord);
  const tried: number[] = [];
  let stored = 0;
  const accept: Inbox["accept"] = async (event) => {
    tried.push(Date.now());
    await inbox.accept(event);
    stored += 1;
  };
  await ears.adapter.listen({ ...hearing, accept });
  const delivered = async (triedBefore: number): Promise<Delivery> => {
    const sinceMs = await until(() => tried[triedBefore]);
    const isHeard = () => ears.notes.some(({ untilMs }) => untilMs > sinceMs);
    await until(() => isHeard() || tried.length >= triedBefore + TRIES);
    return { acknowledged: isHeard() };
  };
  const say = (text: string, files: { name: string; content: Uint8Array }[]) => {
    const before = tried.length;
    discord.say({ channel: guides, user: mod, text, files });
    return delivered(before);
  };
  return {
    adapter: ears.adapter,
    place: { platform: "discord", workspaceId: guild, channelId: guides, threadId: null },
    // A guest is who lacks the role: a channel that roles open has no readers but by roles.
    facts: { member: mod, guest: ben, inner: staff },
    share: (file) => say("", [file]),
    ask: (text) => say(`<@${IDS.bot}> ${text}`, []),
    async redeliver() {
      const before = stored;
      discord.repeat();
      await until(() => stored > before);
    },
    async remove({ messageId }) {
      discord.deleteMessage(messageId);
    },
    postElsewhere: (job) => postElsewhere(POSTER, discord.apiUrl, job),
    shown: async ({ messageId }) =>
      discord
        .botMessages(messageId)
        .map(({ id, content }) => ({ id, text: content.replace(NAMED, "") })),
    async close() {
      await ears.close();
      await discord.close();
    },
  };
}
