import type { Context, MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import type { Pool } from "pg";
import type { Command, Inbox } from "../../src/chat.ts";
import type { Incoming, Place } from "../../src/events.ts";
import type { Log } from "../../src/log.ts";
import type { Library } from "../../src/surface.ts";
import type { Hub } from "./hub.ts";
import { type Channel, canRead, type Person, type Workspace } from "./workspace.ts";

export const PLATFORM = "web";

/** What every route of the web chat works with. */
export interface Site {
  db: Pool;
  library: Library;
  log: Log;
  hub: Hub;
  workspace: Workspace;
  fileBytesMax: number;
  questionCharsMax: number;
  /** Where events are handed in; undefined until `listen`. */
  inbox: Inbox | undefined;
}

export interface WebEnv {
  Variables: { person: Person };
}

/** Finds who acts: the header, else the query (links and event sources have no headers), else the first person. */
export function acting({ workspace }: Site): MiddlewareHandler<WebEnv> {
  return async (c, next) => {
    const id = c.req.header("x-docent-user") || c.req.query("user") || workspace.people[0]?.id;
    const person = workspace.people.find((one) => one.id === id);
    if (!person) {
      throw new HTTPException(403, { message: "Nobody of that name is in this chat." });
    }
    c.set("person", person);
    await next();
  };
}

/** The channel of the path. One that the person can't read is answered as one that doesn't exist. */
export function channelOf({ workspace }: Site, c: Context<WebEnv>): Channel {
  return readableChannel(workspace, c.get("person"), c.req.param("channel") ?? "");
}

export function readableChannel(workspace: Workspace, person: Person, id: string): Channel {
  const channel = workspace.channels.find((one) => one.id === id);
  if (!channel || !canRead(person, channel)) throw notFound("There is no such channel for you.");
  return channel;
}

/** The first person. */
export function adminOf({ workspace }: Site): Person | undefined {
  return workspace.people[0];
}

export function placeIn({ workspace }: Site, channelId: string, threadId: string | null): Place {
  return { platform: PLATFORM, workspaceId: workspace.id, channelId, threadId };
}

export function notFound(message: string): HTTPException {
  return new HTTPException(404, { message });
}

/**
 * Hands an event to the core.
 * @throws {HTTPException} 503 when it could not be stored: the sender must not believe that it arrived
 */
export function accept(site: Site, event: Incoming): Promise<void> {
  return handIn(site, event.kind, (inbox) => inbox.accept(event));
}

/**
 * Has something done at once.
 * @returns a word about it
 * @throws {HTTPException} 403 with the core's own words when it is not done; 503 when the core is away
 */
export async function command(site: Site, wanted: Command): Promise<string> {
  const { done, text } = await handIn(site, wanted.kind, (inbox) => inbox.command(wanted));
  if (!done) throw new HTTPException(403, { message: text });
  return text;
}

async function handIn<T>(
  { inbox, log }: Site,
  kind: string,
  handing: (inbox: Inbox) => Promise<T>,
): Promise<T> {
  try {
    if (!inbox) throw new Error("the web chat does not listen yet");
    return await handing(inbox);
  } catch (error) {
    log.error({ err: error, kind }, "an event of the web chat could not be handed in");
    const message = "Docent can't take this just now: please try again in a moment.";
    throw new HTTPException(503, { message, cause: error });
  }
}

/** A message's id, as it stands in a path or a query. */
export function messageId(text: string | undefined): string | null {
  return text !== undefined && /^[1-9]\d{0,17}$/.test(text) ? text : null;
}

/** A whole number from a query, within limits. */
export function wholeNumber(text: string | undefined, fallback: number, max: number): number {
  const number = Number(text ?? fallback);
  return Number.isInteger(number) && number >= 0 ? Math.min(number, max) : fallback;
}
