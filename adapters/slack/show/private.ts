/** What one person alone sees. */
import * as v from "valibot";
import type { ReplyPart } from "../../../src/chat.ts";
import type { Mention, OnlyFor } from "../../../src/events.ts";
import { type Sealer, sealer } from "../../shared/seal.ts";
import { split } from "../../shared/split.ts";
import { failure, reasonOf, type Slack } from "../client.ts";
import { below } from "./asked.ts";
import { type Body, body, MANNERS } from "./body.ts";
import { asked, createCleaner, harmless, smallPrint, sources } from "./clean.ts";
import type { Reply } from "./post.ts";

/** Slack takes five uses of a response URL, for thirty minutes. */
const WAY_LIVES_MS = 29 * 60_000;
/** Beside these, "Looking…" and a try that broke off are uses. */
const PIECES_MAX = 3;
const PIECE_CHARS_MAX = 11_000;
const TIMEOUT_MS = 15_000;
const RESPONSE_HOST = "hooks.slack.com";
const PURPOSE = "slack: a way back to one person";

const CUT = "\n\n_The rest is too long to be shown here._";

// Marks for `Posts`: Slack gives messages to one person no ids.
const DONE = "private:answered";
const pieceId = (index: number) => `private:${index + 1}`;

const Way = v.object({
  /** A secret: whoever has it can write there. */
  responseUrl: v.nullable(v.string()),
  channelId: v.string(),
  userId: v.string(),
  threadId: v.nullable(v.string()),
});

/** How one person alone is reached, as what they pressed or typed says. */
export type Way = v.InferOutput<typeof Way>;

/** @param secretKey SECRET_KEY, where it is set */
export function onlyFor(slack: Slack, secretKey: string | null, way: Way): OnlyFor {
  const handle = sealerOf(slack, secretKey).seal(JSON.stringify(way));
  return { handle, untilMs: Date.now() + WAY_LIVES_MS };
}

function sealerOf({ botToken }: Slack, secretKey: string | null): Sealer {
  return sealer(secretKey ?? botToken, PURPOSE);
}

/** @throws {ServiceError} when there is no way to them */
export async function sayAlone(slack: Slack, way: Way, what: Body): Promise<void> {
  const { responseUrl, channelId: channel, userId: user, threadId } = way;
  const message = { ...what, ...(threadId !== null && { thread_ts: threadId }) };
  if (responseUrl !== null && (await respond(slack, responseUrl, message))) return;
  try {
    await slack.write.chat.postEphemeral({ channel, user, ...message, ...MANNERS });
  } catch (error) {
    throw failure(error);
  }
}

/** @returns false when that did not work */
async function respond(slack: Slack, url: string, message: object): Promise<boolean> {
  if (!isSlacks(slack, url)) return false;
  // The original is the message that was pressed on, and everybody sees it: it must never be replaced.
  const alone = { response_type: "ephemeral", replace_original: false, delete_original: false };
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json; charset=utf-8" },
      body: JSON.stringify({ ...message, ...alone }),
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    // A message that it does not like is refused with status 200 as well.
    const answer = await response.text();
    if (response.ok && !answer.includes('"ok":false')) return true;
    slack.log.info({ status: response.status }, "a response URL did not work");
  } catch (error) {
    // More than the name may hold the URL.
    const reason = error instanceof Error ? error.name : "unknown";
    slack.log.info({ reason }, "a response URL did not answer");
  }
  return false;
}

function isSlacks({ write }: Slack, url: string): boolean {
  const parsed = URL.parse(url);
  if (parsed?.protocol === "https:" && parsed.host === RESPONSE_HOST) return true;
  return parsed !== null && parsed.origin === URL.parse(write.slackApiUrl)?.origin;
}

/** See `Adapter.post`: for the asker alone, whole, with its question, and with all sources: no menu stands under it. */
export async function postPrivately(
  slack: Slack,
  to: Mention & { onlyFor: OnlyFor },
  { parts, posts, secretKey = null }: Pick<Reply, "parts" | "posts" | "secretKey">,
): Promise<void> {
  const text = await written(below(asked(to.text, null), parts));
  if (text === "" || posts.posted.includes(DONE)) return;
  const way = wayTo(slack, to, secretKey);
  try {
    const all = pieces(text);
    for (const [index, piece] of all.entries()) {
      const id = index === all.length - 1 ? DONE : pieceId(index);
      if (posts.posted.includes(id)) continue;
      await sayAlone(slack, way, body(piece));
      await posts.onPosted(id);
    }
  } catch (error) {
    slack.log.warn({ reason: reasonOf(error) }, "a private answer could not be shown");
    throw error;
  }
}

/** @returns the answer as Markdown */
async function written(parts: AsyncIterable<ReplyPart>): Promise<string> {
  let cleaner = createCleaner();
  let text = "";
  for await (const part of parts) {
    switch (part.kind) {
      case "status":
        break;
      case "text":
        text += cleaner.push(part.text);
        break;
      case "restart":
        cleaner = createCleaner();
        text = `_${harmless(part.note)}_\n\n`;
        break;
      case "citations":
        text += cleaner.end() + sources(part.citations, part.citations.length);
        break;
      case "footer":
        text += cleaner.end() + smallPrint(part.text);
        break;
      default:
        part satisfies never;
    }
  }
  return text + cleaner.end();
}

function pieces(text: string): string[] {
  const all = split(text, PIECE_CHARS_MAX);
  if (all.length <= PIECES_MAX) return all;
  return [...all.slice(0, PIECES_MAX - 1), all[PIECES_MAX - 1] + CUT];
}

/** Where the handle is of no more use, it is still known where they asked. */
function wayTo(slack: Slack, to: Mention & { onlyFor: OnlyFor }, secretKey: string | null): Way {
  const opened = sealerOf(slack, secretKey).open(to.onlyFor.handle);
  const way = opened === null ? null : v.parse(Way, JSON.parse(opened));
  if (way && to.onlyFor.untilMs > Date.now()) return way;
  const { channelId, threadId } = to.place;
  // A thread that does not stand there yet shows nobody anything.
  const at = {
    channelId,
    userId: to.userId,
    threadId: threadId === to.messageId ? null : threadId,
  };
  return { ...at, ...way, responseUrl: null };
}
