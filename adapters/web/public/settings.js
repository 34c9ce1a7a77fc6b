/** @import { Mode, Settings } from "./types.js" */
import { byId, createDialog, el } from "./dom.js";

/** @type {Record<Mode, { short: string, name: string, means: string }>} */
const MODES = {
  auto: {
    short: "Every document shared here is read.",
    name: "Every document shared here",
    means: "Whatever people share in this channel can be asked about.",
  },
  ask: {
    short: "Only files that come with a question are read.",
    name: "Only what is handed over",
    means: "A file is read when somebody attaches it to a question, and not otherwise.",
  },
  off: {
    short: "No file of this channel is read.",
    name: "Nothing",
    means: "No file is read, and none that was read before is used for answers.",
  },
};
const OPT_OUT_MEANS = "Nothing that you share is read or used for answers, in any channel.";

/** @param {Settings | undefined} settings */
export function drawMode(settings) {
  const mode = settings ? MODES[settings.mode].short : "";
  const own = settings?.optedOut ? " Your own files are left out." : "";
  byId("mode", HTMLSpanElement).textContent = mode + own;
}

/**
 * @param {(wanted: Partial<Settings>) => Promise<void>} save
 * @returns {(settings: Settings, admin: string) => void} opens the settings
 */
export function createSettings(save) {
  const dialog = createDialog("settings");
  const form = byId("settings-form", HTMLFormElement);
  return (settings, admin) => {
    form.replaceChildren(modes(settings, admin), own(settings), buttons(dialog.close));
    form.onsubmit = (event) => {
      event.preventDefault();
      save(changed(new FormData(form), settings)).finally(dialog.close);
    };
    dialog.open();
  };
}

/**
 * @param {FormData} form
 * @param {Settings} before
 * @returns {Partial<Settings>} what is wanted otherwise than it is
 */
function changed(form, before) {
  const mode = /** @type {Mode | null} */ (form.get("mode"));
  const optedOut = form.has("optedOut");
  return {
    ...(mode !== null && mode !== before.mode ? { mode } : {}),
    ...(optedOut !== before.optedOut ? { optedOut } : {}),
  };
}

/**
 * @param {Settings} settings
 * @param {string} admin
 */
function modes({ mode, mayChangeMode }, admin) {
  const choices = Object.entries(MODES).map(([value, { name, means }]) => {
    const checked = value === mode;
    const props = { type: "radio", name: "mode", value, checked, disabled: !mayChangeMode };
    return choice(el("input", props), name, means);
  });
  const who = mayChangeMode ? null : el("p", { class: "quiet" }, `${admin} can change this.`);
  return el("fieldset", {}, el("legend", {}, "In this channel"), ...choices, who);
}

/** @param {Settings} settings */
function own({ optedOut }) {
  const input = el("input", { type: "checkbox", name: "optedOut", checked: optedOut });
  const box = choice(input, "Leave my files out", OPT_OUT_MEANS);
  return el("fieldset", {}, el("legend", {}, "My files"), box);
}

/**
 * @param {HTMLInputElement} input
 * @param {string} name
 * @param {string} means
 */
function choice(input, name, means) {
  const id = `choice-${input.value}`;
  input.setAttribute("aria-describedby", id);
  return el(
    "div",
    { class: "choice" },
    el("label", {}, input, name),
    el("p", { class: "quiet", id }, means),
  );
}

/** @param {() => void} close */
function buttons(close) {
  return el(
    "div",
    { class: "row" },
    el("button", { type: "submit", class: "primary" }, "Save"),
    el("button", { type: "button", onclick: close }, "Cancel"),
  );
}
