/** @import { Citation, Message, Page, Part } from "./types.js" */
import { el, when } from "./dom.js";
import { markdown } from "./markdown.js";
import { sourceOf, sourceTitle } from "./source.js";

/**
 * A reply as it stands.
 * @typedef {object} Reply
 * @property {string} text
 * @property {string} status what is being done, while nothing is said
 * @property {string} note why it began again
 * @property {string} footer
 * @property {Citation[]} citations
 * @property {boolean} finished
 * @property {number} next the position of the part that comes next
 */

/**
 * @param {Message["reply"]} [reply]
 * @returns {Reply}
 */
export function replyOf(reply) {
  /** @type {Reply} */
  const made = {
    text: "",
    status: "",
    note: "",
    footer: "",
    citations: [],
    finished: reply?.finished ?? false,
    next: reply?.next ?? 0,
  };
  for (const part of reply?.parts ?? []) applyPart(made, part);
  return made;
}

/**
 * @param {Reply} reply
 * @param {Part} part
 */
export function applyPart(reply, part) {
  switch (part.kind) {
    case "status":
      reply.status = part.text;
      break;
    case "text":
      reply.text += part.text;
      break;
    case "restart":
      Object.assign(reply, { text: "", status: "", footer: "", citations: [], note: part.note });
      break;
    case "citations":
      reply.citations = part.citations;
      break;
    case "footer":
      reply.footer = part.text;
      break;
  }
}

/** @typedef {Pick<Page, "nameOf" | "open">} Reading */

/**
 * What a reply says, and from which sources.
 * @param {Reply} reply
 * @param {Reading} page
 * @returns {HTMLElement}
 */
export function replyElement(reply, page) {
  const { text, note, footer, citations, finished } = reply;
  const waiting = text === "" && !finished;
  return el(
    "div",
    { "aria-busy": String(!finished) },
    el("p", { class: "from" }, el("strong", {}, "Docent")),
    note ? el("p", { class: "quiet" }, note) : null,
    waiting ? el("p", { class: "doing" }, reply.status || "Waiting for an answer…") : null,
    el("div", { class: "said" }, ...markdown(text, (numbers) => cite(numbers, citations, page))),
    citations.length > 0 ? sources(citations, page) : null,
    footer ? el("p", { class: "quiet foot" }, ...markdown(footer, plainCite)) : null,
  );
}

/** @param {string} numbers */
function plainCite(numbers) {
  return document.createTextNode(`[${numbers}]`);
}

/**
 * What stands as [1] becomes a button that opens the source, once it is known.
 * @param {string} numbers
 * @param {Citation[]} citations
 * @param {Reading} page
 */
function cite(numbers, citations, page) {
  const place = document.createDocumentFragment();
  for (const number of numbers.split(",").map(Number)) {
    const citation = citations.find((one) => one.number === number && !one.gone);
    const sign = `[${number}]`;
    if (!citation) place.append(sign);
    else {
      const label = `Source ${number}: ${sourceTitle(citation)}`;
      const onclick = () => page.open(sourceOf(citation, page.nameOf));
      const props = { type: "button", class: "cite", "aria-label": label, title: label, onclick };
      place.append(el("button", props, sign));
    }
  }
  return place;
}

/**
 * @param {Citation[]} citations
 * @param {Reading} page
 */
function sources(citations, page) {
  const items = citations.map((citation) => {
    const number = el("span", { class: "number", "aria-hidden": "true" }, `[${citation.number}]`);
    if (citation.gone) return el("li", {}, number, " This file was deleted.");
    const badge = citation.official ? "Official · " : "";
    const who = `${badge}Shared by ${page.nameOf(citation.file.userId)}, ${when(citation.sharedAtMs)}`;
    const onclick = () => page.open(sourceOf(citation, page.nameOf));
    const link = el("button", { type: "button", class: "link", onclick }, sourceTitle(citation));
    return el(
      "li",
      {},
      number,
      el("div", {}, link, el("q", {}, citation.quote), el("span", { class: "quiet" }, who)),
    );
  });
  return el("section", { class: "sources", "aria-label": "Sources" }, el("ul", {}, ...items));
}

/**
 * Text for those who listen: without signs of Markdown.
 * @param {Reply} reply
 */
export function spoken(reply) {
  return reply.text.replace(/[*_`#>]/g, "");
}

/**
 * Text for pasting elsewhere: the answer as it was written, with its sources by name.
 * @param {Reply} reply
 */
export function copied({ text, citations }) {
  const lines = citations
    .filter(({ gone }) => !gone)
    .map((citation) => `[${citation.number}] ${sourceTitle(citation)}`);
  return [text.trim(), ...(lines.length > 0 ? [`Sources:\n${lines.join("\n")}`] : [])].join("\n\n");
}
