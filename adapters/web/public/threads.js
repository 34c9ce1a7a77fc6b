/** @import { Message, SharedFile } from "./types.js" */
/** @import { Reply } from "./reply.js" */
import { createCache, el, keep, when } from "./dom.js";
import { fileElement } from "./files.js";
import { replyElement } from "./reply.js";

/**
 * What the list shows.
 * @typedef {object} Talk
 * @property {Message[]} messages oldest first
 * @property {Map<string, SharedFile>} files
 * @property {Map<string, Reply>} replies by the question's id
 */

/**
 * @typedef {object} Page
 * @property {(userId: string) => string} nameOf
 * @property {(citation: import("./types.js").Citation) => void} open
 * @property {(text: string, thread: string | null) => Promise<boolean>} ask resolves false when it was refused
 * @property {(file: SharedFile) => string} originalOf
 * @property {(file: SharedFile) => boolean} mayDelete
 * @property {(file: SharedFile) => void} remove
 */

/**
 * @param {HTMLElement} place
 * @param {Page} page
 * @returns {(talk: Talk) => void} draws the threads
 */
export function createThreads(place, page) {
  /** @type {ReturnType<typeof createCache<HTMLElement>>} */
  const boxes = createCache();
  /** @type {ReturnType<typeof createCache<HTMLElement>>} */
  const messages = createCache();
  return (talk) => {
    const roots = talk.messages.filter((message) => message.thread === null);
    const drawn = roots.map((root) => {
      const box = boxes(root.id, root.id, () => threadElement(root, page));
      const inside = talk.messages.filter(({ id, thread }) => id === root.id || thread === root.id);
      const list = box.firstElementChild;
      if (list) keep(list, threadMessages(inside, talk, page, messages));
      box.classList.toggle(
        "asked",
        inside.some((message) => message.replyTo !== null),
      );
      return box;
    });
    keep(place, drawn);
  };
}

/**
 * Each question is followed by its reply, whatever was written in between.
 * @param {Message[]} inside
 * @param {Talk} talk
 * @param {Page} page
 * @param {ReturnType<typeof createCache<HTMLElement>>} cache
 */
function threadMessages(inside, talk, page, cache) {
  return inside
    .filter((message) => message.replyTo === null)
    .flatMap((message) => {
      const file = message.fileId ? talk.files.get(message.fileId) : undefined;
      const own = cache(message.id, [message, file], () => messageElement(message, file, page));
      const reply = talk.replies.get(message.id);
      if (message.text === "" || !reply) return [own];
      return [own, cache(`reply ${message.id}`, reply, () => replyElement(reply, page))];
    });
}

/**
 * @param {Message} root
 * @param {Page} page
 */
function threadElement(root, page) {
  const label = root.text ? `Thread: ${root.text.slice(0, 80)}` : "Shared file";
  return el(
    "article",
    { class: "thread", "aria-label": label, id: `m${root.id}` },
    el("div", {}),
    followUp(root, page),
  );
}

/**
 * @param {Message} message
 * @param {SharedFile | undefined} file
 * @param {Page} page
 */
function messageElement(message, file, page) {
  const from = el(
    "p",
    { class: "from" },
    el("strong", {}, page.nameOf(message.user)),
    el("time", { datetime: message.at, class: "quiet" }, when(message.at)),
  );
  if (message.text)
    return el("div", { class: "message" }, from, el("p", { class: "text" }, message.text));
  const shared = file
    ? fileElement(file, page)
    : el("p", { class: "quiet" }, "A file that was deleted.");
  return el("div", { class: "message" }, from, shared);
}

/**
 * A button that turns into a box to ask in the thread.
 * @param {Message} root
 * @param {Page} page
 */
function followUp(root, page) {
  const text = el("textarea", {
    rows: 1,
    placeholder: "Ask on in this thread…",
    "aria-label": "Follow-up question",
  });
  const close = () => {
    form.hidden = true;
    open.hidden = false;
  };
  const send = async () => {
    if (!(await page.ask(text.value, root.id))) return;
    text.value = "";
    close();
    open.focus();
  };
  const form = el(
    "form",
    { class: "row follow", hidden: true },
    text,
    el("button", { type: "submit", class: "primary" }, "Ask"),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  askOnEnter(text, send);
  text.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      close();
      open.focus();
    }
  });
  const open = el(
    "button",
    { type: "button", class: "link follow-open" },
    root.text ? "Follow up" : "Ask about this file",
  );
  open.addEventListener("click", () => {
    open.hidden = true;
    form.hidden = false;
    text.focus();
  });
  return el("div", { class: "below" }, open, form);
}

/**
 * Enter sends, Shift+Enter makes a new line; Enter that ends a word of an input method does neither.
 * @param {HTMLTextAreaElement} text
 * @param {() => void} send
 */
export function askOnEnter(text, send) {
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  });
}
