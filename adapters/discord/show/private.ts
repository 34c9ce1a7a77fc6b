/** What one person alone sees. */
import { DiscordAPIError, MessageFlags, Routes } from "discord.js";
import * as v from "valibot";
import type { ReplyPart } from "../../../src/chat.ts";
import type { Mention, OnlyFor } from "../../../src/events.ts";
import { type Sealer, sealer } from "../../shared/seal.ts";
import { type Discord, errorCode, failure, reasonOf } from "../client.ts";
import { type Body, body, once } from "./body.ts";
import { about, sayDirectly } from "./direct.ts";
import { addText, MESSAGE_CHARS_MAX, type Passage, piecesOf } from "./pieces.ts";
import type { Reply } from "./post.ts";
import { asked, heading, smallPrint, sources } from "./sources.ts";
import { type Stage, threadOf } from "./thread.ts";

/** Discord takes answers to what was pressed or typed for fifteen minutes. */
const TOKEN_LIVES_MS = 14.5 * 60_000;
/** After that direct messages are left: but who asked longer ago waits no more. */
const WAY_LIVES_MS = 60 * 60_000;
const PIECES_MAX = 30;
/** For what stands under the last message. */
const UNDER_CHARS_MAX = 100;
const PURPOSE = "discord: a way back to one person";

const CUT = "-# The rest is too long to be shown here.";
const CLOSED =
  "I can't send you a direct message, so I keep this answer to myself. Please allow direct messages from this server's members, or ask with `/docent ask`.";

// Marks for `Posts`: what one person alone sees can't be found again.
const DONE = "private:answered";
const pieceId = (index: number) => `private:${index + 1}`;

/** How one person alone is reached, as what they pressed or typed says. */
export interface Way {
  /** Of the interaction. A secret: whoever has it can write there. Null: direct messages alone. */
  token: string | null;
  channelId: string;
  userId: string;
}

const Sealed = v.object({ token: v.nullable(v.string()), untilMs: v.number() });

/** @param secretKey SECRET_KEY, where it is set */
export function onlyFor(discord: WithToken, secretKey: string | null, { token }: Way): OnlyFor {
  const nowMs = Date.now();
  const sealed = { token, untilMs: nowMs + TOKEN_LIVES_MS };
  const handle = sealerOf(discord, secretKey).seal(JSON.stringify(sealed));
  return { handle, untilMs: nowMs + WAY_LIVES_MS };
}

type WithToken = Pick<Discord, "token">;

function sealerOf({ token }: WithToken, secretKey: string | null): Sealer {
  return sealer(secretKey ?? token, PURPOSE);
}

/**
 * Where the interaction is of no more use, by direct message.
 * @param direct what is said there, if that differs
 * @returns false where they take none, so that there is no way to them @throws {ServiceError}
 */
async function sayAlone(
  discord: Discord,
  { token, userId }: Way,
  what: Body,
  direct = what,
): Promise<boolean> {
  if (token !== null && (await followUp(discord, token, what))) return true;
  return await sayDirectly(discord, userId, () => direct);
}

/** @returns false when Discord takes no more answers to this interaction */
async function followUp(discord: Discord, token: string, what: Body): Promise<boolean> {
  const { applicationId } = await discord.identity();
  // What nobody else sees has no nonce.
  const { nonce: _nonce, enforce_nonce: _enforced, ...message } = what;
  const flags = MessageFlags.Ephemeral | MessageFlags.SuppressEmbeds;
  try {
    const sent = { body: { ...message, flags }, auth: false };
    await discord.rest.post(Routes.webhook(applicationId, token), sent);
    return true;
  } catch (error) {
    if (!(error instanceof DiscordAPIError)) throw failure(error);
    discord.log.info({ code: errorCode(error) }, "an interaction takes no more answers");
    return false;
  }
}

/** See `Adapter.post`: for the asker alone, whole, with its question, and with all sources: no button stands under it. */
export async function postPrivately(
  stage: Stage,
  to: Mention,
  { parts, posts, secretKey = null }: Pick<Reply, "parts" | "posts" | "secretKey">,
  signal: AbortSignal,
): Promise<void> {
  const { discord } = stage;
  const answer = await written(parts);
  if (answer.length === 0 || posts.posted.includes(DONE)) return;
  const all = pieces([{ own: true, markdown: asked(to.text) }, ...answer]);
  const way = wayTo(discord, to, secretKey);
  try {
    for (const [index, piece] of all.entries()) {
      const isLast = index === all.length - 1;
      const id = isLast ? DONE : pieceId(index);
      if (posts.posted.includes(id)) continue;
      const message = { ...body(piece), ...once(to.key, id) };
      const direct = isLast ? { ...message, content: piece + about(to.place) } : message;
      if (!(await sayAlone(discord, way, message, direct))) {
        return await sayClosed(stage, to, signal);
      }
      await posts.onPosted(id);
    }
  } catch (error) {
    discord.log.warn({ reason: reasonOf(error) }, "a private answer could not be shown");
    throw failure(error);
  }
}

/** Only where they have asked openly: that somebody asks in private is nobody's business. */
async function sayClosed(stage: Stage, to: Mention, signal: AbortSignal): Promise<void> {
  if (to.onlyFor && to.onlyFor.handle !== "") {
    stage.discord.log.info("a private answer found no way to its asker");
    return;
  }
  const thread = threadOf(stage, to, "reply", signal);
  await thread.say({ content: CLOSED, under: [], isFirst: true }, 0);
}

async function written(parts: AsyncIterable<ReplyPart>): Promise<Passage[]> {
  let passages: Passage[] = [];
  const own = (markdown: string) => passages.push({ own: true, markdown });
  for await (const part of parts) {
    switch (part.kind) {
      case "status":
        break;
      case "text":
        addText(passages, part.text);
        break;
      case "restart":
        passages = [];
        own(heading(part.note));
        break;
      case "citations":
        own(sources(part.citations, part.citations.length));
        break;
      case "footer":
        own(smallPrint(part.text));
        break;
      default:
        part satisfies never;
    }
  }
  return passages;
}

function pieces(passages: readonly Passage[]): string[] {
  const all = piecesOf(passages, MESSAGE_CHARS_MAX - UNDER_CHARS_MAX);
  if (all.length <= PIECES_MAX) return all;
  return [...all.slice(0, PIECES_MAX - 1), `${all[PIECES_MAX - 1]}\n${CUT}`];
}

/** Where the handle is of no more use, it is still known who asked. */
function wayTo(discord: Discord, to: Mention, secretKey: string | null): Way {
  const opened = sealerOf(discord, secretKey).open(to.onlyFor?.handle ?? "");
  const sealed = opened === null ? null : v.parse(Sealed, JSON.parse(opened));
  const token = sealed && sealed.untilMs > Date.now() ? sealed.token : null;
  return { token, channelId: to.place.channelId, userId: to.userId };
}
