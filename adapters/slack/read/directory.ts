/** Who is a guest, or of another organisation: Slack says it of each person, and of no channel. */
import type { WebClient } from "@slack/web-api";
import type { Directory, Outsider } from "../../../src/directory.ts";
import { errorCode, failure, type Slack } from "../client.ts";
import type { Person } from "../events/payloads.ts";
import { unlessAborted } from "../in-time.ts";
import { pages } from "./pages.ts";

const PAGE = 1_000;
const TYPES = "public_channel,private_channel,mpim,im";

type User = Pick<Person, "deleted" | "is_restricted" | "is_ultra_restricted" | "is_stranger">;

export function createDirectory(of: (workspaceId: string) => Promise<Slack>): Directory {
  return {
    outsiders: async (workspaceId, cursor, signal) =>
      unlessAborted(outsiders(await of(workspaceId), cursor), signal),
    outsider: async (workspaceId, userId, signal) =>
      unlessAborted(outsider(await of(workspaceId), userId), signal),
  };
}

/** Null: a full member, or nobody any more. */
export function kindOf(user: User): Outsider["kind"] | null {
  if (user.deleted) return null;
  if (user.is_stranger) return "external";
  return user.is_restricted || user.is_ultra_restricted ? "guest" : null;
}

async function outsiders(
  { background }: Slack,
  cursor: string | null,
): ReturnType<Directory["outsiders"]> {
  try {
    const page = await background.users.list({ limit: PAGE, ...(cursor !== null && { cursor }) });
    const found = (page.members ?? []).flatMap((user) => {
      const kind = kindOf(user);
      return kind && user.id ? [{ userId: user.id, kind }] : [];
    });
    return { outsiders: found, next: page.response_metadata?.next_cursor || null };
  } catch (error) {
    throw failure(error);
  }
}

async function outsider({ background }: Slack, userId: string): ReturnType<Directory["outsider"]> {
  try {
    const { user } = await background.users.info({ user: userId });
    const kind = user ? kindOf(user) : null;
    return kind && { kind, channels: await conversationsOf(background, userId) };
  } catch (error) {
    if (errorCode(error) === "user_not_found") return null;
    throw failure(error);
  }
}

/** Ids of the conversations that somebody is in, as far as the bot sees them; null when there are too many. */
export async function conversationsOf(client: WebClient, userId: string): Promise<string[] | null> {
  const list = { user: userId, types: TYPES, limit: PAGE };
  const own = await pages(async (cursor) => {
    const page = await client.users.conversations({ ...list, ...cursor });
    return { items: page.channels ?? [], next: page.response_metadata?.next_cursor };
  });
  return own?.flatMap((channel) => channel.id ?? []) ?? null;
}
