/** @import { Citation, Passage } from "./types.js" */
import { channelPath, getJson, originalUrl } from "./api.js";
import { byId, el } from "./dom.js";
import { citationTitle } from "./reply.js";

const BEFORE = 2;
const SHOWN = 8;

/** @returns {(citation: Citation, about: string) => Promise<void>} opens the source at a citation */
export function createSource() {
  const dialog = byId("source", HTMLDialogElement);
  byId("source-close", HTMLButtonElement).addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  return async (citation, about) => {
    const { channelId } = citation.file.place;
    const place = byId("passages", HTMLDivElement);
    head(citation, about);
    place.replaceChildren(el("p", { class: "quiet" }, "Opening…"));
    dialog.showModal();
    byId("source-title", HTMLHeadingElement).focus();
    const from = Math.max(0, citation.position - BEFORE);
    const path = `${channelPath(channelId)}/files/${encodeURIComponent(citation.file.fileId)}`;
    const { passages } = await getJson(`${path}/passages?from=${from}&count=${SHOWN}`);
    show(place, passages, citation);
  };
}

/**
 * @param {Citation} citation
 * @param {string} about
 */
function head(citation, about) {
  const { fileId, place } = citation.file;
  const { page } = citation.locator;
  byId("source-title", HTMLHeadingElement).textContent = citationTitle(citation);
  byId("source-about", HTMLParagraphElement).textContent = about;
  const link = byId("source-original", HTMLAnchorElement);
  link.href = originalUrl(place.channelId, fileId, page);
  link.textContent = page ? `Open the original at page ${page}` : "Open the original";
}

/**
 * @param {HTMLElement} place
 * @param {Passage[]} passages
 * @param {Citation} citation
 */
function show(place, passages, citation) {
  const drawn = passages.map((passage) => {
    const cited = passage.position === citation.position;
    const text = cited ? marked(passage.text, citation.quote) : [passage.text];
    return el(
      "section",
      { class: cited ? "passage cited" : "passage", "aria-label": passage.where },
      el("p", { class: "quiet" }, cited ? `${passage.where}, cited here` : passage.where),
      el("p", { class: "text" }, ...text),
    );
  });
  const none = el("p", {}, "The text of this file can't be shown just now.");
  place.replaceChildren(...(drawn.length > 0 ? drawn : [none]));
  place.querySelector("mark")?.scrollIntoView({ block: "center" });
}

/**
 * The passage with its quote marked, however its lines were broken; all of it where the quote isn't found.
 * @param {string} text
 * @param {string} quote
 * @returns {(Node | string)[]}
 */
function marked(text, quote) {
  const words = quote.replace(/^…|…$/g, "").trim().split(/\s+/).filter(Boolean);
  const pattern = words.map(escaped).join("\\s+");
  const found = pattern ? new RegExp(pattern).exec(text) : null;
  if (!found) return [el("mark", {}, text)];
  const end = found.index + found[0].length;
  return [text.slice(0, found.index), el("mark", {}, found[0]), text.slice(end)];
}

/** @param {string} word */
function escaped(word) {
  return word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
