/** @import { Citation, Me, SharedFile } from "./types.js" */
import {
  call,
  channelPath,
  currentUser,
  eventsOf,
  getJson,
  originalUrl,
  Refused,
  setUser,
} from "./api.js";
import { byId, notice, say, when } from "./dom.js";
import { createFileList, sizeText, stateText, takeDrops, upload } from "./files.js";
import { createFollower, hearChanges } from "./follow.js";
import { drawChannels, drawHeading, drawPeople, placeInAddress } from "./places.js";
import { replyOf, spoken } from "./reply.js";
import { createSource } from "./source.js";
import { clear, createState, takeIn, takeInFiles, takeInLatest } from "./state.js";
import { askOnEnter, createThreads } from "./threads.js";

const REFRESH_MS = 200;
const NEAR_THE_END_PX = 160;

const state = createState();
const openSource = createSource();
const talk = byId("talk", HTMLElement);
const question = byId("question", HTMLTextAreaElement);

const follower = createFollower((reply) => {
  draw();
  if (reply.finished) say(`Docent answered: ${spoken(reply)}`);
  else if (reply.text === "" && reply.status) say(reply.status);
});

const page = {
  /** @param {string} id */
  nameOf: (id) => state.me?.people.find((person) => person.id === id)?.name ?? id,
  /** @param {Citation} citation */
  open(citation) {
    const about = `Shared by ${page.nameOf(citation.file.userId)}, ${when(citation.sharedAtMs)}`;
    openSource(citation, about).catch(explain);
  },
  ask,
  /** @param {SharedFile} file */
  originalOf: (file) => originalUrl(state.channel?.id ?? "", file.id, undefined),
  /** @param {SharedFile} file */
  mayDelete: (file) => state.me?.admin === true || file.sharedBy === state.me?.user.id,
  /** @param {SharedFile} file */
  remove(file) {
    if (confirm(`Delete ${file.name}? Answers will no longer use it.`)) remove(file).catch(explain);
  },
};

const drawThreads = createThreads(byId("threads", HTMLDivElement), page);
const drawFiles = createFileList(byId("file-list", HTMLUListElement), page);

function draw() {
  const atEnd = talk.scrollHeight - talk.scrollTop - talk.clientHeight < NEAR_THE_END_PX;
  const messages = [...state.messages.values()].sort((a, b) => Number(a.id) - Number(b.id));
  drawThreads({ messages, files: state.files, replies: state.replies });
  drawFiles([...state.files.values()]);
  byId("empty", HTMLDivElement).hidden = messages.length > 0;
  byId("no-files", HTMLParagraphElement).hidden = state.files.size > 0;
  byId("older", HTMLButtonElement).hidden = !state.more;
  if (atEnd) talk.scrollTop = talk.scrollHeight;
}

/** @param {unknown} error */
function explain(error) {
  if (error instanceof Refused) notice(error.message);
  else if (error instanceof TypeError) notice("There is no connection to Docent: is it running?");
  else throw error;
}

/** The message that the address named, until it was shown. */
let goingTo = "";

async function refresh() {
  const { channel, leaving } = state;
  if (!channel) return;
  const path = channelPath(channel.id);
  const [latest, { files }, { line }] = await Promise.all([
    getJson(`${path}/messages`, leaving.signal),
    getJson(`${path}/files`, leaving.signal),
    getJson("/status", leaving.signal),
  ]);
  if (leaving.signal.aborted) return;
  takeInLatest(state, latest, follower);
  for (const file of takeInFiles(state, files)) say(`${file.name}: ${stateText(file)}`);
  showStatus(line);
  draw();
  if (goingTo === "") return;
  document.getElementById(`m${goingTo}`)?.scrollIntoView();
  goingTo = "";
}

async function showOlder() {
  const first = Math.min(...[...state.messages.keys()].map(Number));
  const path = channelPath(state.channel?.id ?? "");
  const { messages, more } = await getJson(`${path}/messages?before=${first}`);
  state.more = more;
  takeIn(state, messages, follower);
  draw();
}

let refreshing = false;

/** Many changes come at once; they are looked at together. */
function refreshSoon() {
  if (refreshing) return;
  refreshing = true;
  setTimeout(() => {
    refreshing = false;
    refresh().catch(lost);
  }, REFRESH_MS);
}

/** @param {unknown} [error] */
function lost(error) {
  if (error instanceof DOMException && error.name === "AbortError") return;
  if (error instanceof Refused) notice(error.message);
  else showStatus("The connection is lost; trying again…");
}

/** @param {string} line */
function showStatus(line) {
  const place = byId("status", HTMLParagraphElement);
  // The same words again would be read out again.
  if (place.textContent !== line) place.textContent = line;
}

/**
 * @param {string} text
 * @param {string | null} thread
 * @returns {Promise<boolean>} false when it was refused, so that the text stays where it was written
 */
async function ask(text, thread) {
  const { channel } = state;
  if (!channel) return false;
  notice("");
  try {
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ text, thread });
    const path = `${channelPath(channel.id)}/questions`;
    const response = await call(path, { method: "POST", headers, body });
    const id = await acceptedId(response);
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

/** @param {File[]} files */
async function share(files) {
  const { channel, me } = state;
  if (!channel || !me) return;
  notice("");
  for (const file of files) {
    if (file.size > me.limits.fileBytesMax) {
      notice(`${file.name} is too large: at most ${sizeText(me.limits.fileBytesMax)} are read.`);
      continue;
    }
    say(`Sharing ${file.name}`);
    await upload(channel.id, file).catch(explain);
  }
  await refresh();
}

/** @param {SharedFile} file */
async function remove(file) {
  const path = `${channelPath(state.channel?.id ?? "")}/files/${encodeURIComponent(file.id)}`;
  await call(path, { method: "DELETE" });
  say(`${file.name} is deleted.`);
  await refresh();
}

/**
 * Leaves what is shown and shows a channel; the first one where the person can't read this one.
 * @param {string} id
 */
function enter(id) {
  const { me } = state;
  const channel = me?.channels.find((one) => one.id === id) ?? me?.channels[0];
  if (!me || !channel) return;
  follower.stopAll();
  clear(state);
  state.channel = channel;
  notice("");
  // What was said here or shown of a source is not for the next person.
  say("");
  byId("source", HTMLDialogElement).close();
  drawHeading(channel, me.people);
  drawChannels(me.channels, channel);
  draw();
  hear();
}

/** A tab that nobody sees gives its connection back, and looks again when it is seen. */
function hear() {
  const { channel, leaving } = state;
  if (!channel || document.hidden) return;
  const hidden = new AbortController();
  document.addEventListener("visibilitychange", () => hidden.abort(), { once: true });
  const signal = AbortSignal.any([leaving.signal, hidden.signal]);
  hearChanges(channel.id, { changed: refreshSoon, lost, refused: notice }, signal);
}

/** Reads from the server who one is and what one sees. */
async function start() {
  try {
    state.me = /** @type {Me} */ (await getJson("/me"));
  } catch (error) {
    // A person of an earlier workspace: begin as the first one of this.
    if (!(error instanceof Refused && error.status === 403 && currentUser())) throw error;
    setUser("");
    state.me = /** @type {Me} */ (await getJson("/me"));
  }
  setUser(state.me.user.id);
  drawPeople(state.me);
  const { channel, message } = placeInAddress();
  goingTo = message;
  enter(channel);
}

function wire() {
  const picker = byId("picker", HTMLInputElement);
  const person = byId("person", HTMLSelectElement);
  const showFiles = byId("show-files", HTMLButtonElement);
  const askNow = async () => {
    if (await ask(question.value, null)) question.value = "";
  };
  byId("ask", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    askNow();
  });
  askOnEnter(question, askNow);
  byId("attach", HTMLButtonElement).addEventListener("click", () => picker.click());
  picker.addEventListener("change", () => {
    share([...(picker.files ?? [])]).catch(explain);
    picker.value = "";
  });
  takeDrops(byId("drop", HTMLDivElement), (files) => share(files).catch(explain));
  person.addEventListener("change", () => {
    setUser(person.value);
    start().catch(explain);
  });
  byId("older", HTMLButtonElement).addEventListener("click", () => showOlder().catch(explain));
  showFiles.addEventListener("click", () => {
    const open = document.body.classList.toggle("with-files");
    showFiles.setAttribute("aria-expanded", String(open));
    showFiles.textContent = open ? "Back to the chat" : "Files";
  });
  addEventListener("hashchange", () => {
    const { channel } = placeInAddress();
    if (channel !== state.channel?.id) enter(channel);
  });
  document.addEventListener("visibilitychange", hear);
}

wire();
start().catch(explain);
