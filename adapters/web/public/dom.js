/**
 * Makes an element. Text goes in as text: nothing here reads HTML.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, unknown>} [props] attributes; functions are listeners ("onclick"); null and false are left out
 * @param {...(Node | string | null)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function el(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") {
      element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    } else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, String(value));
    }
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/**
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function byId(id, type) {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`the page has no #${id}`);
  return element;
}

/**
 * @param {string | number} time
 * @returns {string} as people write it
 */
export function when(time) {
  const date = new Date(time);
  const today = date.toDateString() === new Date().toDateString();
  /** @type {Intl.DateTimeFormatOptions} */
  const clock = { hour: "2-digit", minute: "2-digit" };
  if (today) return date.toLocaleTimeString([], clock);
  return date.toLocaleString([], { day: "numeric", month: "short", year: "numeric", ...clock });
}

/**
 * Tells people who listen to the page instead of seeing it.
 * @param {string} text
 */
export function say(text) {
  byId("live", HTMLParagraphElement).textContent = text;
}

/**
 * Shows one sentence about what went wrong, until the next one or "".
 * @param {string} sentence
 */
export function notice(sentence) {
  const place = byId("notice", HTMLParagraphElement);
  place.textContent = sentence;
  place.hidden = sentence === "";
}

/**
 * A dialog with its heading focused, that closes by its button, by Escape and by a click beside it.
 * @param {string} id
 */
export function createDialog(id) {
  const dialog = byId(id, HTMLDialogElement);
  const close = () => dialog.close();
  dialog.querySelector("[data-close]")?.addEventListener("click", close);
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) close();
  });
  return {
    open() {
      if (!dialog.open) dialog.showModal();
      dialog.scrollTop = 0;
      byId(`${id}-title`, HTMLHeadingElement).focus();
    },
    close,
  };
}

/** Menus close when something else is clicked, and on Escape; then the focus goes back to their button. */
export function closeMenus() {
  /** @param {(menu: HTMLDetailsElement) => boolean} wanted */
  const close = (wanted) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (menu instanceof HTMLDetailsElement && wanted(menu)) menu.open = false;
    }
  };
  addEventListener("click", ({ target }) =>
    close((menu) => !(target instanceof Node && menu.contains(target))),
  );
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    close((menu) => {
      if (menu.contains(document.activeElement)) menu.querySelector("summary")?.focus();
      return true;
    });
  });
}

/**
 * Puts these children into the parent, in order, and moves only what is not in its place: focus stays.
 * @param {Element} parent
 * @param {Element[]} children
 */
export function keep(parent, children) {
  for (const child of [...parent.children]) if (!children.includes(child)) child.remove();
  for (const [index, child] of children.entries()) {
    const there = parent.children[index] ?? null;
    if (there !== child) parent.insertBefore(child, there);
  }
}

/**
 * Remembers elements by key, and makes one anew only when what it shows has changed.
 * @template {Element} E
 * @returns {(key: string, shown: unknown, make: () => E) => E}
 */
export function createCache() {
  /** @type {Map<string, { text: string, element: E }>} */
  const known = new Map();
  return (key, shown, make) => {
    const text = JSON.stringify(shown);
    const there = known.get(key);
    if (there?.text === text) return there.element;
    const element = make();
    known.set(key, { text, element });
    return element;
  };
}
