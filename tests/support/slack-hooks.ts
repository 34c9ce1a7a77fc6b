/** Response URLs: five posts within half an hour, seen by one person or by all. */
import { randomUUID } from "node:crypto";
import { checked } from "./slack-blocks.ts";
import { SlackSays } from "./slack-methods/method.ts";
import { type Hook, type HookPost, teamOf, type World } from "./slack-world.ts";

const USES_MAX = 5;
const LIFE_MS = 30 * 60_000;

export type Press = Pick<Hook, "channel" | "user" | "originalTs">;

/** @returns the hook's id, the last part of its URL */
export function createHook(world: World, press: Press): string {
  const id = randomUUID();
  world.hooks.set(id, { id, ...press, uses: 0, untilMs: world.nowMs() + LIFE_MS, posts: [] });
  return id;
}

export function postToHook(
  world: World,
  id: string,
  body: string,
): { status: number; body: string } {
  const hook = world.hooks.get(id);
  world.calls.push({ method: "response_url", args: { id } });
  try {
    if (!hook) throw new SlackSays("no_such_url");
    take(world, hook, JSON.parse(body) as HookPost);
    return { status: 200, body: "ok" };
  } catch (error) {
    if (!(error instanceof SlackSays)) throw error;
    return { status: 404, body: JSON.stringify({ ok: false, error: error.message }) };
  }
}

function take(world: World, hook: Hook, post: HookPost): void {
  if (world.nowMs() > hook.untilMs) throw new SlackSays("expired_url");
  if (hook.uses >= USES_MAX) throw new SlackSays("used_url");
  hook.uses += 1;
  const blocks = post.blocks && checked(post.blocks);
  hook.posts.push({ ...post, ...(blocks && { blocks }) });
  if (post.delete_original) removeOriginal(world, hook);
  else if (post.replace_original) replaceOriginal(world, hook, post);
  else show(world, hook, post);
}

function removeOriginal(world: World, { originalTs }: Hook): void {
  world.messages = world.messages.filter(({ ts }) => ts !== originalTs);
  world.ephemerals = world.ephemerals.filter(({ ts }) => ts !== originalTs);
}

function replaceOriginal(world: World, { originalTs }: Hook, post: HookPost): void {
  const original = [...world.messages, ...world.ephemerals].find(({ ts }) => ts === originalTs);
  if (!original) throw new SlackSays("message_not_found");
  const { text = "", blocks = [] } = post;
  Object.assign(original, { text, blocks: checked(blocks), streamed: false });
}

/** Seen by one person, or by all where it says so. */
export function show(
  world: World,
  { channel, user }: Pick<Hook, "channel" | "user">,
  post: HookPost,
): void {
  const { text = "", blocks } = post;
  if (text === "" && !blocks?.length) throw new SlackSays("no_text");
  const said = { text, ...(blocks && { blocks: checked(blocks) }) };
  const where = { channel, ts: world.nextTs(), threadTs: post.thread_ts ?? null };
  if (post.response_type !== "in_channel") {
    world.ephemerals.push({ ...where, user, ...said });
    return;
  }
  const { botUserId: userId, botId } = teamOf(world, world.channels.get(channel));
  const flags = { streaming: false, stopped: false, unfurls: false, reactions: [] };
  world.messages.push({ ...where, userId, botId, ...said, ...flags });
}
