import type { Pool } from "pg";
import type { ReplyPart } from "../../src/chat.ts";
import type { Hub } from "./hub.ts";
import { partsFrom } from "./store/replies.ts";

const KEEP_ALIVE_MS = 15_000;
const STREAM_MS_MAX = 15 * 60_000;

/** One server-sent event, or a comment that keeps the connection open. */
export type ServerEvent = { event: string; data: unknown; id?: number } | { comment: string };

/** A response of server-sent events. When the client goes, the source is told to end. */
export function eventStream(events: AsyncIterable<ServerEvent>): Response {
  const headers = { "content-type": "text/event-stream; charset=utf-8", "x-accel-buffering": "no" };
  return new Response(ReadableStream.from(encoded(events)), { headers });
}

async function* encoded(events: AsyncIterable<ServerEvent>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for await (const event of events) yield encoder.encode(eventText(event));
}

/** @see https://html.spec.whatwg.org/multipage/server-sent-events.html */
export function eventText(event: ServerEvent): string {
  if ("comment" in event) return `: ${event.comment}\n\n`;
  const id = event.id === undefined ? "" : `id: ${event.id}\n`;
  // JSON has no line breaks of its own, so one data line holds it.
  return `event: ${event.event}\n${id}data: ${JSON.stringify(event.data)}\n\n`;
}

interface Source {
  db: Pool;
  hub: Hub;
}

/** The reply to a question from a position on, until it is finished. Each event's id is the part's position. */
export async function* replyEvents(
  { db, hub }: Source,
  question: string,
  from: number,
): AsyncGenerator<ServerEvent> {
  const watch = hub.watch((notice) => notice.kind !== "file" && notice.id === question);
  const endMs = Date.now() + STREAM_MS_MAX;
  let next = from;
  try {
    while (!hub.closed && Date.now() < endMs) {
      const { parts, finished } = await partsFrom(db, question, next);
      for (const { position, part } of parts) {
        next = position + 1;
        yield partEvent(part, position);
      }
      if (finished) return yield { event: "end", data: {} };
      if (!(await watch.heard(KEEP_ALIVE_MS))) yield { comment: "still here" };
    }
    yield {
      event: "error",
      data: { error: "The answer takes long; it will be shown here later." },
    };
  } finally {
    watch.stop();
  }
}

function partEvent(part: ReplyPart, position: number): ServerEvent {
  return { event: part.kind, id: position, data: part };
}

/** Says `changed` at once, and again whenever messages, replies or files of the channel changed. */
export async function* channelEvents(hub: Hub, channel: string): AsyncGenerator<ServerEvent> {
  const watch = hub.watch((notice) => notice.kind !== "part" && notice.channel === channel);
  try {
    yield { event: "changed", data: {} };
    while (!hub.closed) {
      const heard = await watch.heard(KEEP_ALIVE_MS);
      yield heard ? { event: "changed", data: {} } : { comment: "still here" };
    }
  } finally {
    watch.stop();
  }
}
