/** @import { Message, Page, Rating, SharedFile } from "./types.js" */
/** @import { Reply } from "./reply.js" */
import { actionsElement } from "./actions.js";
import { createCache, el, keep } from "./dom.js";
import { askOnEnter, messageElement } from "./message.js";
import { replyElement } from "./reply.js";

/**
 * What the list shows.
 * @typedef {object} Talk
 * @property {Message[]} messages oldest first
 * @property {Map<string, SharedFile>} files
 * @property {Map<string, Reply>} replies by the question's id
 * @property {Map<string, Rating>} ratings by the question's id
 * @property {Map<string, string>} doing what was asked for about a question and has not happened yet
 */

/** @typedef {(key: string, shown: unknown, make: () => HTMLElement) => HTMLElement} Cache */

/**
 * @param {HTMLElement} place
 * @param {Page} page
 * @returns {(talk: Talk) => void} draws the threads
 */
export function createThreads(place, page) {
  /** @type {Cache} */
  const cache = createCache();
  return (talk) => {
    const roots = talk.messages.filter((message) => message.thread === null);
    const drawn = roots.map((root) => {
      const box = cache(`thread ${root.id}`, root.id, () => threadElement(root, page));
      const inside = talk.messages.filter(({ id, thread }) => id === root.id || thread === root.id);
      const list = box.firstElementChild;
      if (list) keep(list, threadMessages(inside, talk, page, cache));
      box.setAttribute("aria-label", labelOf(root));
      box.classList.toggle(
        "asked",
        inside.some((message) => message.replyTo !== null),
      );
      return box;
    });
    keep(place, drawn);
  };
}

/** @param {Message} root */
function labelOf({ text }) {
  return text ? `Thread: ${text.slice(0, 80)}` : "Shared file";
}

/**
 * Each question is followed by its reply, whatever was written in between.
 * @param {Message[]} inside
 * @param {Talk} talk
 * @param {Page} page
 * @param {Cache} cache
 */
function threadMessages(inside, talk, page, cache) {
  return inside
    .filter((message) => message.replyTo === null)
    .flatMap((message) => {
      const ids = message.fileId ? [message.fileId] : message.files;
      const files = ids.map((id) => talk.files.get(id));
      const shown = [message, files, page.mayEdit(message)];
      const own = cache(message.id, shown, () => messageElement(message, files, page));
      const reply = talk.replies.get(message.id);
      const hasNone = message.text === "" || (message.deleted && reply?.text === "");
      return hasNone || !reply ? [own] : [own, answerElement(message, reply, talk, page, cache)];
    });
}

/**
 * What is said changes many times while it is written; what can be done about it stays, with the focus in it.
 * @param {Message} question
 * @param {Reply} reply
 * @param {Talk} talk
 * @param {Page} page
 * @param {Cache} cache
 */
function answerElement(question, reply, talk, page, cache) {
  const { id } = question;
  const standing = {
    finished: reply.finished,
    mine: page.mayManage(question),
    rating: talk.ratings.get(id),
    doing: talk.doing.get(id) ?? "",
  };
  const box = cache(`answer ${id}`, id, () =>
    el("div", { class: "message reply", "data-question": id }),
  );
  const shown = [standing, question.deleted, reply.finished ? reply.next : 0];
  keep(box, [
    cache(`reply ${id}`, reply, () => replyElement(reply, page)),
    cache(`actions ${id}`, shown, () => actionsElement(question, reply, standing, page)),
  ]);
  return box;
}

/**
 * @param {Message} root
 * @param {Page} page
 */
function threadElement(root, page) {
  return el("article", { class: "thread", id: `m${root.id}` }, el("div", {}), followUp(root, page));
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
