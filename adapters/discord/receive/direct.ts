import { DiscordAPIError, Routes } from "discord.js";
import { createMemory } from "../../shared/memory.ts";
import { type Discord, failure, reasonOf } from "../client.ts";
import type { Message } from "../events/messages.ts";
import { homeMenu, type Row } from "../show/buttons.ts";
import type { Located } from "./where.ts";

/** Who writes on meanwhile has been asked already: all that waits is handed in with the first of it. */
const ASKED_MS = 10 * 60_000;
const PEOPLE_MAX = 5_000;
const STRANGER =
  "I can only answer people of servers that I work in, and I don't find you in one of them. Join one, then write to me again.";
const SEVERAL =
  "You are in several servers that I work in. Which one is this about? I answer from its files, here and in what you write to me later.";

/**
 * A direct message can't be taken yet: says why, or asks which server it is about. Once for a while, and anew once
 * another could be taken.
 */
export type AskBack = (message: Message, found: Located) => Promise<void>;

export function createAskBack(discord: Discord): AskBack {
  const asked = createMemory<void>({ keptMs: ASKED_MS, entriesMax: PEOPLE_MAX });
  return async (message, found) => {
    const { id } = message.author;
    if (found.kind === "here")
      for (const kind of ["several", "stranger"]) asked.forget(`${kind} ${id}`);
    if (found.kind !== "several" && found.kind !== "stranger") return;
    const text = found.kind === "several" ? SEVERAL : STRANGER;
    const rows = found.kind === "several" ? [homeMenu(found.guilds, message.id)] : [];
    await asked.get(`${found.kind} ${id}`, () => say(discord, message, text, rows));
  };
}

async function say(
  { rest, log }: Discord,
  message: Message,
  text: string,
  rows: Row[],
): Promise<void> {
  // Another process with the same token asks the same: Discord shows it once.
  const once = { nonce: `home.${message.id}`, enforce_nonce: true };
  const body = { content: text, components: rows, allowed_mentions: { parse: [] }, ...once };
  try {
    await rest.post(Routes.channelMessages(message.channel_id), { body });
  } catch (error) {
    // What Discord refuses it refuses again, and all that waits would wait behind it.
    if (!(error instanceof DiscordAPIError)) throw failure(error);
    log.info({ reason: reasonOf(error) }, "somebody can't be asked back");
  }
}
