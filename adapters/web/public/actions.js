/** @import { Message, Page, Rating } from "./types.js" */
/** @import { Reply } from "./reply.js" */
import { el } from "./dom.js";
import { copied } from "./reply.js";

const REASON_CHARS_MAX = 500;
let forms = 0;

/**
 * How it stands between this person and an answer.
 * @typedef {object} Standing
 * @property {boolean} finished
 * @property {boolean} mine may this person stop it and have it made anew?
 * @property {Rating | undefined} rating what this person said of it
 * @property {string} doing what was asked for and has not happened yet
 */

/**
 * What can be done about an answer: stopped while it is written, rated and more when it is there.
 * @param {Message} question
 * @param {Reply} reply
 * @param {Standing} standing
 * @param {Page} page
 * @returns {HTMLElement}
 */
export function actionsElement(question, reply, standing, page) {
  const { finished, mine, rating, doing } = standing;
  if (question.deleted) return el("div", { class: "actions" });
  if (doing) return el("p", { class: "actions quiet" }, doing);
  if (!finished) return el("div", { class: "actions" }, mine ? stopButton(question, page) : null);
  const form = el("div", {});
  const more = menu(question, reply, mine, page);
  const buttons = [
    thumb("up", question, form, rating, page),
    thumb("down", question, form, rating, page),
  ];
  return el("div", { class: "after" }, el("div", { class: "actions" }, ...buttons, more), form);
}

/**
 * @param {Message} question
 * @param {Page} page
 */
function stopButton(question, page) {
  return el("button", { type: "button", onclick: () => page.stop(question) }, "Stop");
}

/**
 * @param {Rating} rating
 * @param {Message} question
 * @param {HTMLElement} form where the reason is asked for
 * @param {Rating | undefined} given
 * @param {Page} page
 */
function thumb(rating, question, form, given, page) {
  const words = rating === "up" ? "Helpful" : "Not helpful";
  const onclick = () => {
    if (rating === "up") page.rate(question, "up", "");
    else askReason(question, form, button, page);
  };
  const props = {
    type: "button",
    class: "small",
    "aria-pressed": String(given === rating),
    onclick,
  };
  const button = el(
    "button",
    props,
    el("span", { class: `thumb ${rating}`, "aria-hidden": "true" }),
    words,
  );
  return button;
}

/**
 * @param {Message} question
 * @param {HTMLElement} place
 * @param {HTMLButtonElement} opener
 * @param {Page} page
 */
function askReason(question, place, opener, page) {
  const id = `reason${forms++}`;
  const close = () => {
    place.replaceChildren();
    opener.focus();
  };
  const reason = el("textarea", {
    id,
    rows: 2,
    maxlength: REASON_CHARS_MAX,
    "aria-describedby": `${id}-who`,
  });
  const who = "Whoever runs this Docent reads it, with the question and the answer.";
  const form = el(
    "form",
    { class: "reason" },
    el("label", { for: id }, "What was wrong with it? (may stay empty)"),
    reason,
    el("p", { class: "quiet", id: `${id}-who` }, who),
    el(
      "div",
      { class: "row" },
      el("button", { type: "submit", class: "primary" }, "Send"),
      el("button", { type: "button", onclick: close }, "Cancel"),
    ),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    page.rate(question, "down", reason.value);
  });
  form.addEventListener("keydown", (event) => event.key === "Escape" && close());
  place.replaceChildren(form);
  reason.focus();
}

/**
 * @param {Message} question
 * @param {Reply} reply
 * @param {boolean} mine
 * @param {Page} page
 */
function menu(question, reply, mine, page) {
  /**
   * @param {string} words
   * @param {() => void} onclick
   */
  const item = (words, onclick) => {
    const chosen = () => {
      box.open = false;
      box.querySelector("summary")?.focus();
      onclick();
    };
    return el("li", {}, el("button", { type: "button", onclick: chosen }, words));
  };
  const items = el(
    "ul",
    {},
    mine ? item("Regenerate", () => page.regenerate(question)) : null,
    item("Look inside", () => page.inspect(question)),
    item("Copy", () => page.copy(copied(reply))),
  );
  const box = el("details", { class: "menu" }, el("summary", {}, "More"), items);
  box.addEventListener("toggle", () => box.open && items.scrollIntoView({ block: "nearest" }));
  return box;
}
