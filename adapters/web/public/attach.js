/** @import { SharedFile } from "./types.js" */
import { createCache, el, keep } from "./dom.js";
import { stateText } from "./files.js";

let keys = 0;

/**
 * @typedef {object} Attached
 * @property {string} key
 * @property {string} name
 * @property {string} id the file's, once it is sent; "" until then
 * @property {AbortController} leaving
 * @property {Promise<void>} sent
 */

/**
 * @typedef {object} On
 * @property {(file: File, signal: AbortSignal) => Promise<string>} send resolves the file's id
 * @property {(id: string) => void} drop deletes a file that was sent already
 * @property {(error: unknown) => void} failed
 * @property {() => void} changed
 */

/**
 * The files that go with the question that is being written.
 * @param {HTMLElement} place
 * @param {On} on
 */
export function createAttachments(place, on) {
  /** @type {Attached[]} */
  let items = [];
  /** @type {ReturnType<typeof createCache<HTMLElement>>} */
  const chips = createCache();
  /** @param {(item: Attached) => boolean} stays */
  const keepThose = (stays) => {
    items = items.filter(stays);
    on.changed();
  };
  /** @param {Attached} item */
  const forget = (item) => keepThose((other) => other !== item);
  /** @param {Attached} item */
  const remove = (item) => {
    item.leaving.abort();
    if (item.id) on.drop(item.id);
    forget(item);
  };
  return {
    /** @param {File[]} files */
    add(files) {
      items = [...items, ...files.map((file) => begin(file, on, forget))];
      on.changed();
    },
    count: () => items.length,
    /** @param {string | null} id */
    has: (id) => id !== null && items.some((item) => item.id === id),
    /** Resolves the ids of all, once they are sent; null when one could not be sent. */
    async ids() {
      const wanted = items;
      await Promise.all(wanted.map((item) => item.sent));
      const stay = wanted.filter((item) => !item.leaving.signal.aborted);
      return stay.every((item) => item.id) ? stay.map((item) => item.id) : null;
    },
    /** @param {string[]} ids they went with a question */
    gone: (ids) => keepThose(({ id }) => !ids.includes(id)),
    /** They stay shared, but go with no question. */
    clear: () => keepThose(() => false),
    /** @param {Map<string, SharedFile>} files */
    draw(files) {
      const drawn = items.map((item) => {
        const file = files.get(item.id);
        const words = file ? stateText(file) : "Sending…";
        return chips(item.key, words, () => chip(item, words, () => remove(item)));
      });
      keep(place, drawn);
      place.hidden = items.length === 0;
    },
  };
}

/**
 * Sends a file.
 * @param {File} file
 * @param {On} on
 * @param {(item: Attached) => void} forget
 */
function begin(file, on, forget) {
  const leaving = new AbortController();
  /** @type {Attached} */
  const item = { key: `chip${keys++}`, name: file.name, id: "", leaving, sent: Promise.resolve() };
  item.sent = on.send(file, leaving.signal).then(
    (id) => {
      item.id = id;
      if (leaving.signal.aborted) on.drop(id);
      else on.changed();
    },
    (error) => {
      forget(item);
      if (!leaving.signal.aborted) on.failed(error);
    },
  );
  return item;
}

/**
 * @param {Attached} item
 * @param {string} words
 * @param {() => void} remove
 */
function chip({ name }, words, remove) {
  const onclick = () => {
    remove();
    document.getElementById("question")?.focus();
  };
  const props = { type: "button", class: "link", "aria-label": `Remove ${name}`, onclick };
  return el(
    "li",
    { class: "chip" },
    el("span", { class: "file-name" }, name),
    el("span", { class: "quiet" }, words),
    el("button", props, "Remove"),
  );
}
