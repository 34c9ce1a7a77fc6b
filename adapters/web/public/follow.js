/** @import { Part } from "./types.js" */
/** @import { Reply } from "./reply.js" */
import { call, channelPath, eventsOf, pause, Refused } from "./api.js";
import { applyPart } from "./reply.js";

const RETRY_FIRST_MS = 500;
const RETRY_LAST_MS = 5_000;
// A browser opens six connections to one server at most, over all its tabs.
const FOLLOWED_MAX = 3;

/**
 * Tries again until the work is over, at first soon, then more slowly.
 * @param {(heard: () => void) => Promise<boolean>} work resolves true when it is over; `heard` says that all is well
 * @param {AbortSignal} signal
 */
async function insist(work, signal) {
  let waitMs = RETRY_FIRST_MS;
  const heard = () => {
    waitMs = RETRY_FIRST_MS;
  };
  while (!signal.aborted) {
    if (await work(heard)) return;
    await pause(waitMs, signal);
    waitMs = Math.min(waitMs * 2, RETRY_LAST_MS);
  }
}

/**
 * Streams replies while they are written, and takes up again what broke off.
 * @param {(reply: Reply, question: string) => void} changed
 */
export function createFollower(changed) {
  /** @type {Map<string, AbortController>} */
  const followed = new Map();
  return {
    /**
     * @param {string} question
     * @param {Reply} reply is changed as parts come
     */
    follow(question, reply) {
      if (followed.has(question) || followed.size >= FOLLOWED_MAX) return;
      const stop = new AbortController();
      followed.set(question, stop);
      const work = (/** @type {() => void} */ heard) => {
        const took = () => {
          heard();
          changed(reply, question);
        };
        return stream(question, reply, took, stop.signal);
      };
      insist(work, stop.signal).finally(() => {
        if (followed.get(question) === stop) followed.delete(question);
      });
    },
    /** @param {string} question */
    follows: (question) => followed.has(question),
    stopAll() {
      for (const controller of followed.values()) controller.abort();
      followed.clear();
    },
  };
}

/**
 * @param {string} question
 * @param {Reply} reply
 * @param {() => void} took is called when something new came
 * @param {AbortSignal} signal
 * @returns {Promise<boolean>} true when there will be no more
 */
async function stream(question, reply, took, signal) {
  try {
    const response = await call(`/replies/${question}/stream?from=${reply.next}`, { signal });
    for await (const { event, id, data } of eventsOf(response)) {
      if (event === "error") return false;
      if (event === "end") reply.finished = true;
      else {
        applyPart(reply, /** @type {Part} */ (data));
        reply.next = Number(id) + 1;
      }
      took();
    }
    return reply.finished;
  } catch (error) {
    // Gone with its question; anything else may come back.
    return error instanceof Refused && error.status === 404;
  }
}

/**
 * Hears of changes in a channel until the signal aborts, and comes back by itself.
 * @param {string} channel
 * @param {{ changed: () => void, lost: () => void, refused: (sentence: string) => void }} on
 * @param {AbortSignal} signal
 */
export function hearChanges(channel, on, signal) {
  return insist(async (heard) => {
    try {
      const response = await call(`${channelPath(channel)}/events`, { signal });
      for await (const _event of eventsOf(response)) {
        heard();
        on.changed();
      }
    } catch (error) {
      if (error instanceof Refused && error.status < 500) {
        on.refused(error.message);
        return true;
      }
    }
    if (!signal.aborted) on.lost();
    return false;
  }, signal);
}
