/** @import { SharedFile } from "./types.js" */
/** @import { State, Follower } from "./state.js" */
import { call, channelPath, eventsOf, Refused, send } from "./api.js";
import { createAttachments } from "./attach.js";
import { byId, notice, say } from "./dom.js";
import { sizeText, takeDrops, upload } from "./files.js";
import { askOnEnter } from "./message.js";
import { replyOf } from "./reply.js";

const FILES_WITH_QUESTION_MAX = 10;

/**
 * @typedef {object} Deps
 * @property {State} state
 * @property {Follower} follower
 * @property {() => void} draw
 * @property {() => Promise<void>} refresh
 * @property {(error: unknown) => void} explain
 */

/**
 * Everything by which people hand in something: questions, files that go with them, and files by themselves.
 * @param {Deps} deps
 */
export function createCompose(deps) {
  const { draw, explain } = deps;
  const question = byId("question", HTMLTextAreaElement);
  const attachments = createAttachments(byId("attached", HTMLUListElement), {
    send: (file, signal) => sendFile(deps, file, true, signal),
    drop: (id) => void drop(deps, id).catch(explain),
    failed: explain,
    changed: draw,
  });
  /** @type {(text: string, thread: string | null) => Promise<boolean>} */
  const askWithout = (text, thread) => ask(deps, text, thread, []);
  let asking = false;
  /** Asks what is written in the box, with the files above it, once they are sent. */
  const askNow = async () => {
    if (asking) return;
    asking = true;
    const files = await attachments.ids();
    const text = question.value;
    if (files && (await ask(deps, text, null, files))) {
      // What was written meanwhile is the next question.
      question.value = question.value.startsWith(text) ? question.value.slice(text.length) : "";
      attachments.gone(files);
    }
    asking = false;
  };
  /** @param {File[]} files */
  const attach = (files) => {
    notice("");
    const room = FILES_WITH_QUESTION_MAX - attachments.count();
    if (files.length > room) {
      notice(`A question takes ${FILES_WITH_QUESTION_MAX} files at most; share the others first.`);
    }
    attachments.add(files.slice(0, room));
    question.focus();
  };
  /** @param {File[]} files */
  const shareNow = (files) => void share(deps, files).catch(explain);
  return {
    attachments,
    ask: askWithout,
    /** @param {SharedFile} file */
    async remove(file) {
      await drop(deps, file.id);
      say(`${file.name} is deleted.`);
    },
    wire: () => wire(question, { askNow, attach, shareNow }),
  };
}

/**
 * @param {HTMLTextAreaElement} question
 * @param {{ askNow: () => void, attach: (files: File[]) => void, shareNow: (files: File[]) => void }} on
 */
function wire(question, { askNow, attach, shareNow }) {
  const form = byId("ask", HTMLFormElement);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    askNow();
  });
  askOnEnter(question, askNow);
  question.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    attach(files);
  });
  pick("share", "picker", shareNow);
  pick("attach", "attach-picker", attach);
  const veils = [byId("drop", HTMLDivElement), byId("drop-ask", HTMLDivElement)];
  takeDrops(veils, form, (files, asked) => (asked ? attach(files) : shareNow(files)));
}

/** @param {State} state */
function here({ channel }) {
  return channelPath(channel?.id ?? "");
}

/**
 * @param {Deps} deps
 * @param {string} text
 * @param {string | null} thread
 * @param {string[]} files
 * @returns {Promise<boolean>} false when it was refused, so that the text stays where it was written
 */
async function ask({ state, follower, refresh, explain }, text, thread, files) {
  notice("");
  try {
    const question = { text, thread, files };
    const id = await acceptedId(await send("POST", `${here(state)}/questions`, question));
    // A notice may have been faster, and the reply be followed already.
    const reply = state.replies.get(id) ?? replyOf();
    state.replies.set(id, reply);
    follower.follow(id, reply);
    await refresh();
    document.getElementById(`m${thread ?? id}`)?.scrollIntoView({ block: "end" });
    return true;
  } catch (error) {
    explain(error);
    return false;
  }
}

/**
 * @param {Deps} deps
 * @param {File[]} files
 */
async function share(deps, files) {
  const { state, draw, refresh, explain } = deps;
  const { leaving } = state;
  notice("");
  const sending = files.map((file, index) => ({ key: `sending ${index}`, name: file.name }));
  state.sending = sending;
  draw();
  for (const file of files) {
    say(`Sharing ${file.name}`);
    await sendFile(deps, file, false, leaving.signal).catch(explain);
    sending.shift();
    if (leaving.signal.aborted) return;
    await refresh();
  }
}

/**
 * @param {Deps} deps
 * @param {File} file
 * @param {boolean} withQuestion
 * @param {AbortSignal} signal
 * @returns {Promise<string>} the file's id
 */
async function sendFile({ state }, file, withQuestion, signal) {
  refuseTooLarge(file, state.me?.limits.fileBytesMax ?? Number.POSITIVE_INFINITY);
  return (await upload(state.channel?.id ?? "", file, withQuestion, signal)).id;
}

/**
 * @param {Deps} deps
 * @param {string} id a file's
 */
async function drop({ state, refresh }, id) {
  await call(`${here(state)}/files/${encodeURIComponent(id)}`, { method: "DELETE" });
  await refresh();
}

/**
 * @param {string} buttonId
 * @param {string} inputId
 * @param {(files: File[]) => void} picked
 */
function pick(buttonId, inputId, picked) {
  const input = byId(inputId, HTMLInputElement);
  byId(buttonId, HTMLButtonElement).addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    picked([...(input.files ?? [])]);
    input.value = "";
  });
}

/**
 * @param {File} file
 * @param {number} bytesMax
 */
function refuseTooLarge(file, bytesMax) {
  if (file.size <= bytesMax) return;
  throw new Refused(`${file.name} is too large: at most ${sizeText(bytesMax)} are read.`, 413);
}

/**
 * The first event says under which id the question was taken; the reply is then followed by that.
 * @param {Response} response
 */
async function acceptedId(response) {
  const events = eventsOf(response);
  const { value } = await events.next();
  await events.return(undefined);
  if (value?.event !== "accepted") throw new TypeError("the connection broke off");
  return /** @type {{ id: string }} */ (value.data).id;
}
