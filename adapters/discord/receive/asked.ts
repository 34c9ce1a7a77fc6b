/** Questions that bring their files in other ways than in a message of their own. */
import {
  type APIAttachment,
  type APIInteraction,
  type APIMessage,
  type APIMessageApplicationCommandInteraction,
  Routes,
} from "discord.js";
import type { Inbox } from "../../../src/chat.ts";
import type { FileShared, Mention } from "../../../src/events.ts";
import { createMemory } from "../../shared/memory.ts";
import { split } from "../../shared/split.ts";
import { type Discord, failure } from "../client.ts";
import { directChannel } from "../direct.ts";
import { type Action, userIdOf } from "../events/interactions.ts";
import { attachmentsOf, fileShared } from "../events/messages.ts";
import { onceId } from "../once.ts";
import { isThread, keyOf, madeAtMs, placeOf } from "../place.ts";
import { body, once } from "../show/body.ts";
import { literal } from "../show/literal.ts";
import { messageIn } from "./roots.ts";

/** Discord takes a form for so long. */
const FORM_LIVES_MS = 15 * 60_000;
const FORMS_MAX = 500;
const FILES_MAX = 50;
/** Of a question as it is shown: it is asked whole. */
const QUESTION_CHARS_MAX = 1_900;
/** In the place of a guild's id. */
const DIRECT = "@me";

/**
 * The files of the messages that open forms are about: where Docent may not read messages, nothing but the message
 * command itself tells of them.
 */
export interface OpenForms {
  keep(opening: APIMessageApplicationCommandInteraction): void;
  filesOf(userId: string, messageId: string): Promise<APIAttachment[]>;
}

export function createOpenForms(): OpenForms {
  const memory = createMemory<APIAttachment[]>({ keptMs: FORM_LIVES_MS, entriesMax: FORMS_MAX });
  return {
    keep: (opening) => {
      const { target_id, resolved } = opening.data;
      const message = resolved.messages[target_id];
      const key = `${userIdOf(opening)} ${target_id}`;
      memory.forget(key);
      if (message) void memory.get(key, async () => attachmentsOf(message));
    },
    filesOf: (userId, messageId) => memory.get(`${userId} ${messageId}`, async () => []),
  };
}

export interface AskedDeps {
  discord: Discord;
  secretKey: string | null;
  inbox: Pick<Inbox, "accept">;
  forms: OpenForms;
}

type Asked<D extends Action["do"]> = Extract<Action, { do: D }>;

/**
 * Asks about somebody's message, whose files that hands over. The question is posted for all to see, since the answer
 * is for all: it is what the answer stands below.
 * @returns false where the message is gone, or not ours to see
 */
export async function askAbout(
  deps: AskedDeps,
  interaction: APIInteraction,
  asked: Asked<"ask_about">,
): Promise<boolean> {
  const { discord, inbox } = deps;
  const { question, messageId, by } = asked;
  const channelId = interaction.channel?.id ?? by.place.channelId;
  const message = await messageIn(discord, channelId, messageId);
  if (!message) return false;
  const files = await filesOf(deps, message, interaction, asked);
  const postedId = await postQuestion(discord, interaction, message, asked);
  // A post of a forum has the id of its first message, which stands in a thread already.
  const begins = by.place.threadId === messageId && !isInThread(interaction);
  const mention: Mention = {
    kind: "mention",
    key: keyOf("interaction", interaction.id),
    place: begins ? { ...by.place, threadId: postedId } : by.place,
    userId: by.userId,
    messageId: postedId,
    text: question,
    fileIds: files.map(({ fileId }) => fileId),
  };
  for (const event of [...files, mention]) await inbox.accept(event);
  return true;
}

function isInThread({ channel }: APIInteraction): boolean {
  return channel !== undefined && isThread(channel);
}

async function filesOf(
  { discord, secretKey, forms }: AskedDeps,
  message: APIMessage,
  { id, guild_id = DIRECT }: APIInteraction,
  { by: { place, userId } }: Asked<"ask_about">,
): Promise<FileShared[]> {
  const handing = message.author.id === userId ? {} : { handedOverBy: userId };
  const sharing = {
    ...{ place, userId: message.author.id, messageId: message.id },
    ...{ at: [guild_id, message.channel_id] as const, handedOver: true, ...handing },
  };
  const seen = attachmentsOf(message).slice(0, FILES_MAX);
  if (seen.length > 0) return seen.map((file) => fileShared(sharing, file));
  const hidden = await forms.filesOf(userId, message.id);
  return hidden.slice(0, FILES_MAX).flatMap((file) => {
    const fileId = onceId(discord, secretKey, file.url);
    // Sealed anew each time, it is another file to us, and so another event.
    const key = keyOf("interaction", id, file.id);
    return fileId === null ? [] : [{ ...fileShared(sharing, file), fileId, key }];
  });
}

/** @returns the id of its message: the same one, however often it is tried */
async function postQuestion(
  { rest }: Discord,
  { id }: APIInteraction,
  message: APIMessage,
  { question, by }: Asked<"ask_about">,
): Promise<string> {
  const [shown = ""] = split(literal(question), QUESTION_CHARS_MAX);
  const below = { message_id: message.id, fail_if_not_exists: false };
  const asks = body(`<@${by.userId}> asks:\n>>> ${shown}`);
  const post = { ...asks, ...once(id), message_reference: below };
  try {
    const route = Routes.channelMessages(message.channel_id);
    const posted = (await rest.post(route, { body: post })) as APIMessage;
    return posted.id;
  } catch (error) {
    throw failure(error);
  }
}

/**
 * A question in private, with a file: both stand where only they read them, in their direct messages.
 * @returns false where the file's name is too long
 */
export async function askWithFile(
  { discord, secretKey, inbox }: AskedDeps,
  { id }: APIInteraction,
  { question, file, by }: Asked<"ask_with_file">,
): Promise<boolean> {
  const { userId, onlyFor } = by;
  const fileId = onceId(discord, secretKey, file.url);
  if (fileId === null) return false;
  const directId = await directChannel(discord, userId);
  const place = placeOf(by.place.workspaceId, directId, directId);
  const key = keyOf("interaction", id);
  const shared: FileShared = {
    kind: "file_shared",
    key: `${key}:file`,
    place,
    userId,
    messageId: id,
    fileId,
    name: file.filename,
    bytes: file.size,
    handedOver: true,
    permalink: null,
    sharedAtMs: madeAtMs(id),
  };
  // As with other questions in private, its key is its message's id.
  const asked = { place, userId, messageId: key, text: question, fileIds: [fileId], onlyFor };
  await inbox.accept(shared);
  await inbox.accept({ kind: "mention", key, ...asked });
  return true;
}
