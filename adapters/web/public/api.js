/** @import { ServerEvent } from "./types.js" */

const USER_KEY = "docent-user";

/** Each tab is one person, so that two tabs can talk with each other. */
export function currentUser() {
  return sessionStorage.getItem(USER_KEY) ?? "";
}

/** @param {string} id */
export function setUser(id) {
  sessionStorage.setItem(USER_KEY, id);
}

/** What the server said against a request: one sentence for people. */
export class Refused extends Error {
  /**
   * @param {string} sentence
   * @param {number} status
   */
  constructor(sentence, status) {
    super(sentence);
    this.status = status;
  }
}

/**
 * @param {unknown} error of a request
 * @returns {string} one sentence for people; empty where it was given up on purpose
 * @throws whatever has nothing to do with requests
 */
export function sentenceOf(error) {
  if (error instanceof Refused) return error.message;
  if (error instanceof TypeError) return "There is no connection to Docent: is it running?";
  const name = error instanceof DOMException ? error.name : "";
  if (name === "TimeoutError") return "Docent does not answer just now.";
  if (name === "AbortError") return "";
  throw error;
}

/**
 * @param {string} path below /api
 * @param {RequestInit} [init]
 * @returns {Promise<Response>} an answer that is no refusal
 * @throws {Refused | TypeError} a TypeError where there is no connection
 */
export async function call(path, init = {}) {
  const headers = new Headers(init.headers);
  if (currentUser()) headers.set("x-docent-user", currentUser());
  const response = await fetch(`/api${path}`, { ...init, headers });
  if (response.ok) return response;
  // The sign-in is over: there is a page for that in the place of this one.
  if (response.status === 401) location.reload();
  const body = await response.json().catch(() => ({}));
  throw new Refused(body.error ?? "The server could not answer this.", response.status);
}

/**
 * @param {string} path
 * @param {AbortSignal} [signal]
 */
export async function getJson(path, signal) {
  const response = await call(path, signal ? { signal } : {});
  return response.json();
}

/**
 * Sends JSON.
 * @param {string} method
 * @param {string} path
 * @param {unknown} body
 */
export function send(method, path, body) {
  const headers = { "content-type": "application/json" };
  return call(path, { method, headers, body: JSON.stringify(body) });
}

/**
 * @param {string} channel
 * @param {string} id of a question
 */
export function questionPath(channel, id) {
  return `${channelPath(channel)}/questions/${encodeURIComponent(id)}`;
}

/** @param {string} channel */
export function channelPath(channel) {
  return `/channels/${encodeURIComponent(channel)}`;
}

/**
 * A link that a browser opens by itself, so it carries the person in its query.
 * @param {string} channel
 * @param {string} fileId
 * @param {number | undefined} page
 */
export function originalUrl(channel, fileId, page) {
  const user = encodeURIComponent(currentUser());
  const path = `/api${channelPath(channel)}/files/${encodeURIComponent(fileId)}/original`;
  return `${path}?user=${user}${page ? `#page=${page}` : ""}`;
}

/**
 * The events of an event stream, as they come.
 * @param {Response} response
 * @returns {AsyncGenerator<ServerEvent>}
 */
export async function* eventsOf(response) {
  if (!response.body) return;
  let text = "";
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const blocks = (text + value).split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) if (!block.startsWith(":")) yield eventOf(block);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/**
 * @param {string} block
 * @returns {ServerEvent}
 */
function eventOf(block) {
  /** @param {string} name */
  const field = (name) => {
    const line = block.split("\n").find((one) => one.startsWith(`${name}: `));
    return line?.slice(name.length + 2) ?? "";
  };
  return { event: field("event"), id: field("id"), data: JSON.parse(field("data") || "null") };
}

/**
 * @param {number} ms
 * @param {AbortSignal} signal resolves early when it aborts
 */
export function pause(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve(undefined);
    });
  });
}
