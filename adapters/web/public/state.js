/** @import { Channel, Me, Message, SharedFile } from "./types.js" */
/** @import { Reply } from "./reply.js" */
import { replyOf } from "./reply.js";

/** Everything that the page shows. */
export function createState() {
  return {
    /** @type {Me | undefined} */
    me: undefined,
    /** @type {Channel | undefined} */
    channel: undefined,
    /** @type {Map<string, Message>} */
    messages: new Map(),
    /** @type {Map<string, SharedFile>} newest first */
    files: new Map(),
    /** @type {Map<string, Reply>} by the question's id */
    replies: new Map(),
    /** Are there older messages on the server? */
    more: false,
    /** Aborts when another channel or person is shown. */
    leaving: new AbortController(),
  };
}

/** @typedef {ReturnType<typeof createState>} State */

/**
 * @typedef {object} Follower
 * @property {(question: string, reply: Reply) => void} follow
 * @property {(question: string) => boolean} follows
 */

/** @param {State} state */
export function clear(state) {
  state.leaving.abort();
  state.leaving = new AbortController();
  state.messages.clear();
  state.files.clear();
  state.replies.clear();
  state.more = false;
}

/**
 * Takes in the latest messages. Older ones stay; what should be among these and isn't has been deleted.
 * @param {State} state
 * @param {{ messages: Message[], more: boolean }} latest
 * @param {Follower} follower
 */
export function takeInLatest(state, { messages, more }, follower) {
  const first = Number(messages.find(({ thread }) => thread === null)?.id ?? 0);
  let olderShown = false;
  for (const [id, { thread }] of state.messages) {
    if (Number(thread ?? id) >= first) state.messages.delete(id);
    else olderShown = true;
  }
  if (!olderShown) state.more = more;
  takeIn(state, messages, follower);
}

/**
 * @param {State} state
 * @param {Message[]} messages
 * @param {Follower} follower
 */
export function takeIn(state, messages, follower) {
  for (const message of messages) {
    state.messages.set(message.id, message);
    takeInReply(state, message, follower);
  }
}

/**
 * @param {State} state
 * @param {Message} message
 * @param {Follower} follower
 */
function takeInReply({ replies }, { id, text, reply, replyTo }, follower) {
  if (text !== "" && !replies.has(id)) replies.set(id, replyOf());
  if (!reply || replyTo === null) return;
  const shown = replyOf(reply);
  // Who follows a reply knows it at least as well, and writes into the object that is there.
  if (follower.follows(replyTo)) return;
  replies.set(replyTo, shown);
  if (!reply.finished) follower.follow(replyTo, shown);
}

/**
 * @param {State} state
 * @param {SharedFile[]} files
 * @returns {SharedFile[]} those that something became of since
 */
export function takeInFiles(state, files) {
  const changed = files.filter((file) => {
    const before = state.files.get(file.id);
    return before && before.state !== file.state;
  });
  state.files = new Map(files.map((file) => [file.id, file]));
  return changed;
}
