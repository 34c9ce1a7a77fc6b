/** @import { Citation, Passage, Source } from "./types.js" */
import { channelPath, getJson, originalUrl } from "./api.js";
import { byId, createDialog, el, when } from "./dom.js";

const BEFORE = 2;
const SHOWN = 8;

/** @returns {{ open: (source: Source) => Promise<void>, close: () => void }} shows sources */
export function createSource() {
  const dialog = createDialog("source");
  return {
    async open(source) {
      const place = byId("passages", HTMLDivElement);
      head(source);
      place.replaceChildren(el("p", { class: "passage quiet" }, "Opening…"));
      dialog.open();
      const from = Math.max(0, source.position - BEFORE);
      const path = `${channelPath(source.channelId)}/files/${encodeURIComponent(source.fileId)}`;
      try {
        const { passages } = await getJson(`${path}/passages?from=${from}&count=${SHOWN}`);
        show(place, passages, source);
      } catch (error) {
        dialog.close();
        throw error;
      }
    },
    close: dialog.close,
  };
}

/**
 * @param {Citation} citation
 * @param {(userId: string) => string} nameOf
 * @returns {Source}
 */
export function sourceOf(citation, nameOf) {
  const { file, fileName, where, position, quote, locator, sharedAtMs } = citation;
  const about = `Shared by ${nameOf(file.userId)}, ${when(sharedAtMs)}`;
  const place = { channelId: file.place.channelId, fileId: file.fileId, page: locator.page };
  return { ...place, fileName, where, position, quote, about };
}

/** @param {{ fileName: string, where: string }} source */
export function sourceTitle({ fileName, where }) {
  return where ? `${fileName}, ${where}` : fileName;
}

/** @param {Source} source */
function head(source) {
  byId("source-title", HTMLHeadingElement).textContent = sourceTitle(source);
  byId("source-about", HTMLParagraphElement).textContent = source.about;
  const link = byId("source-original", HTMLAnchorElement);
  const { channelId, fileId, page } = source;
  link.href = originalUrl(channelId, fileId, page);
  link.textContent = page ? `Open the original at page ${page}` : "Open the original";
}

/**
 * @param {HTMLElement} place
 * @param {Passage[]} passages
 * @param {Source} source
 */
function show(place, passages, source) {
  const drawn = passages.map((passage) => {
    const cited = passage.position === source.position;
    const text = cited ? marked(passage.text, source.quote) : [passage.text];
    return el(
      "section",
      { class: cited ? "passage cited" : "passage", "aria-label": passage.where || "Passage" },
      el("p", { class: "quiet" }, cited ? `${passage.where}, used here` : passage.where),
      el("p", { class: "text" }, ...text),
    );
  });
  const none = el("p", { class: "passage" }, "The text of this file can't be shown just now.");
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
