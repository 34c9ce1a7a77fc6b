/** @import { SharedFile } from "./types.js" */
import { call, channelPath } from "./api.js";
import { createCache, el, keep, when } from "./dom.js";

/**
 * @typedef {object} FilePage
 * @property {(userId: string) => string} nameOf
 * @property {(file: SharedFile) => string} originalOf
 * @property {(file: SharedFile) => boolean} mayDelete
 * @property {(file: SharedFile) => void} remove
 */

/**
 * A file on its way to the server.
 * @typedef {object} Sending
 * @property {string} key
 * @property {string} name
 */

/**
 * @param {HTMLElement} place
 * @param {FilePage} page
 * @returns {(files: SharedFile[], sending: Sending[]) => void} draws the list
 */
export function createFileList(place, page) {
  /** @type {ReturnType<typeof createCache<HTMLElement>>} */
  const items = createCache();
  return (files, sending) => {
    const underWay = sending.map(({ key, name }) => items(key, name, () => sendingElement(name)));
    const drawn = files.map((file) =>
      items(file.id, [file, page.mayDelete(file)], () => {
        const who = `${page.nameOf(file.sharedBy)}, ${when(file.sharedAt)}, ${sizeText(file.bytes)}`;
        return el(
          "li",
          {},
          fileElement(file, page),
          el("p", { class: "quiet" }, who),
          tools(file, page),
        );
      }),
    );
    keep(place, [...underWay, ...drawn]);
  };
}

/** @param {string} name */
function sendingElement(name) {
  const words = el("span", { class: "state received" }, "Sending…");
  return el("li", {}, el("p", { class: "file" }, el("span", { class: "file-name" }, name), words));
}

/**
 * Its name and what became of it, in words.
 * @param {SharedFile} file
 * @param {Pick<FilePage, "originalOf">} page
 */
export function fileElement(file, page) {
  const href = page.originalOf(file);
  const link = el(
    "a",
    { class: "file-name", href, target: "_blank", rel: "noopener noreferrer" },
    file.name,
  );
  const state = el("span", { class: `state ${file.state}` }, stateText(file));
  const bar = file.state === "reading" ? progress(file) : null;
  return el("p", { class: "file" }, link, state, bar);
}

/** @param {SharedFile} file */
export function stateText({ state, pages, pagesDone, reason, note }) {
  switch (state) {
    case "received":
      return "Received, will be read soon";
    case "reading":
      return pages ? `Reading, page ${pagesDone ?? 0} of ${pages}` : "Reading";
    case "searchable": {
      const size = pages ? `, ${pages} ${pages === 1 ? "page" : "pages"}` : "";
      return `Searchable${size}${note ? `, ${note}` : ""}`;
    }
    case "unread":
      return `Not read: ${reason ?? "this channel's files are not."}`;
    case "failed":
      return `Could not be read: ${reason ?? "no reason was given."}`;
  }
}

/** @param {SharedFile} file */
function progress({ pages, pagesDone, name }) {
  const props = { max: pages, value: pages ? (pagesDone ?? 0) : null };
  return el("progress", { ...props, "aria-label": `Reading ${name}` });
}

/**
 * @param {SharedFile} file
 * @param {FilePage} page
 */
function tools(file, page) {
  if (!page.mayDelete(file)) return null;
  const onclick = () => page.remove(file);
  const label = `Delete ${file.name}`;
  return el(
    "button",
    { type: "button", class: "link danger", "aria-label": label, onclick },
    "Delete",
  );
}

/** @param {number} bytes */
export function sizeText(bytes) {
  if (bytes < 1024) return `${bytes} bytes`;
  if (bytes < 1024 * 1024) return `${Math.round(bytes / 1024)} KiB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

/**
 * @param {string} channel
 * @param {File} file
 * @param {boolean} withQuestion
 * @param {AbortSignal} signal
 * @returns {Promise<{ id: string }>}
 */
export async function upload(channel, file, withQuestion, signal) {
  const body = new FormData();
  body.append("file", file, file.name);
  const path = `${channelPath(channel)}/files${withQuestion ? "?with=question" : ""}`;
  const response = await call(path, { method: "POST", body, signal });
  return response.json();
}

/**
 * Lets files be dropped anywhere on the page: on the box to ask in, they go with the question.
 * @param {HTMLElement[]} veils what is shown while a file hangs over the page
 * @param {Element} asking the box to ask in
 * @param {(files: File[], withQuestion: boolean) => void} drop
 */
export function takeDrops(veils, asking, drop) {
  let depth = 0;
  /** @param {DragEvent} event */
  const withFiles = (event) => event.dataTransfer?.types.includes("Files") ?? false;
  /** @param {number} change */
  const enter = (change) => {
    depth = Math.max(0, depth + change);
    for (const veil of veils) veil.hidden = depth === 0;
  };
  addEventListener("dragenter", (event) => withFiles(event) && enter(1));
  addEventListener("dragleave", (event) => withFiles(event) && enter(-1));
  addEventListener("dragover", (event) => withFiles(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!withFiles(event)) return;
    event.preventDefault();
    enter(-depth);
    const { target } = event;
    const files = [...(event.dataTransfer?.files ?? [])];
    drop(files, target instanceof Node && asking.contains(target));
  });
}
