/** @import { Channel, Me, Message, Rating, Settings, SharedFile } from "./types.js" */
/** @import { Sending } from "./files.js" */
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
    /** @type {Map<string, Rating>} what this person said of answers, by the question's id */
    ratings: new Map(),
    /** @type {Map<string, string>} what was asked for about a question and has not happened yet */
    doing: new Map(),
    /** @type {Sending[]} */
    sending: [],
    /** @type {Settings | undefined} */
    settings: undefined,
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
  state.ratings.clear();
  state.doing.clear();
  state.sending = [];
  state.settings = undefined;
  state.more = false;
}

/**
 * Takes in the latest messages. Older ones stay; what should be among these and isn't has been deleted.
 * @param {State} state
 * @param {{ messages: Message[], more: boolean }} latest
 * @param {Follower} follower
 */
export function takeInLatest(state, { messages, more }, follower) {
  const oldest = Number(messages.find(({ thread }) => thread === null)?.id ?? 0);
  const first = more ? oldest : 0;
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
  const replied = new Set(messages.map((message) => message.replyTo));
  for (const message of messages) {
    state.messages.set(message.id, message);
    if (message.replyTo !== null) takeInReply(state, message, message.replyTo, follower);
    // Nothing was said yet, or it was taken back.
    else if (message.text !== "" && !replied.has(message.id) && !follower.follows(message.id)) {
      state.replies.set(message.id, replyOf());
    }
  }
}

/**
 * @param {State} state
 * @param {Message} message
 * @param {string} question
 * @param {Follower} follower
 */
function takeInReply({ replies, ratings, doing }, { reply }, question, follower) {
  // Who follows a reply knows it at least as well, and writes into the object that is there.
  if (!reply || follower.follows(question)) return;
  const shown = replyOf(reply);
  const before = replies.get(question);
  // It was asked for that it stops, or begins anew: so it did.
  if (before?.finished !== shown.finished || before.next !== shown.next) doing.delete(question);
  // What was said of an answer was not said of the one in its place.
  if (before?.finished && before.next !== shown.next) ratings.delete(question);
  replies.set(question, shown);
  if (!reply.finished) follower.follow(question, shown);
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
