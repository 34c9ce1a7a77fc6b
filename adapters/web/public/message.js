/** @import { Message, Page, SharedFile } from "./types.js" */
import { el, when } from "./dom.js";
import { fileElement } from "./files.js";

/**
 * What somebody wrote, or shared.
 * @param {Message} message
 * @param {(SharedFile | undefined)[]} files the shared one, or those that came with a question
 * @param {Page} page
 */
export function messageElement(message, files, page) {
  const box = el("div", { class: "message" });
  const from = el(
    "p",
    { class: "from" },
    el("strong", {}, page.nameOf(message.user)),
    el("time", { datetime: message.at, class: "quiet" }, when(message.at)),
    message.editedAt ? el("span", { class: "quiet" }, "(edited)") : null,
  );
  const text = message.text ? el("p", { class: "text" }, message.text) : null;
  if (message.deleted) text?.classList.add("quiet");
  const shown = files.map((file) => {
    if (file) return fileElement(file, page);
    return el("p", { class: "quiet" }, "A file that was deleted.");
  });
  box.append(from, ...(text ? [text] : []), ...shown);
  if (text && !message.deleted) from.append(questionTools(message, text, page));
  return box;
}

/**
 * @param {Message} question
 * @param {HTMLElement} text
 * @param {Page} page
 */
function questionTools(question, text, page) {
  const tools = el("span", { class: "tools" });
  const about = question.text.slice(0, 60);
  if (page.mayEdit(question)) {
    const onclick = () => editIn(text, question, edit, page);
    const props = { type: "button", class: "link", "aria-label": `Edit: ${about}`, onclick };
    const edit = el("button", props, "Edit");
    tools.append(edit);
  }
  if (page.mayManage(question)) {
    const onclick = () => page.removeQuestion(question);
    const props = {
      type: "button",
      class: "link danger",
      "aria-label": `Delete: ${about}`,
      onclick,
    };
    tools.append(el("button", props, "Delete"));
  }
  return tools;
}

/**
 * Puts a box to write in into the place of the question's text.
 * @param {HTMLElement} text
 * @param {Message} question
 * @param {HTMLButtonElement} opener
 * @param {Page} page
 */
function editIn(text, question, opener, page) {
  const area = el("textarea", { rows: 2, "aria-label": "Your question, to be changed" });
  area.value = question.text;
  const close = () => {
    form.replaceWith(text);
    opener.hidden = false;
    opener.focus();
  };
  const save = async () => {
    if (await page.edit(question, area.value)) close();
  };
  const form = el(
    "form",
    { class: "reason" },
    area,
    el("p", { class: "quiet" }, "The answer is made anew."),
    el(
      "div",
      { class: "row" },
      el("button", { type: "submit", class: "primary" }, "Save"),
      el("button", { type: "button", onclick: close }, "Cancel"),
    ),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    save();
  });
  askOnEnter(area, save);
  area.addEventListener("keydown", (event) => event.key === "Escape" && close());
  opener.hidden = true;
  text.replaceWith(form);
  area.focus();
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
