/** @import { Me, Page } from "./types.js" */
import { createAfterwards } from "./afterwards.js";
import {
  channelPath,
  currentUser,
  getJson,
  originalUrl,
  Refused,
  send,
  sentenceOf,
  setUser,
} from "./api.js";
import { createCompose } from "./compose.js";
import { byId, closeMenus, notice, say } from "./dom.js";
import { createFileList, stateText } from "./files.js";
import { createFollower, hearChanges } from "./follow.js";
import { createInspector } from "./inspector.js";
import { drawChannels, drawHeading, drawPeople, placeInAddress } from "./places.js";
import { spoken } from "./reply.js";
import { createSettings, drawMode } from "./settings.js";
import { createSource } from "./source.js";
import { clear, createState, takeIn, takeInFiles, takeInLatest } from "./state.js";
import { createStatus } from "./status.js";
import { createThreads } from "./threads.js";

const REFRESH_MS = 200;
const NEAR_THE_END_PX = 160;

const state = createState();
const source = createSource();
const talk = byId("talk", HTMLElement);

const follower = createFollower((reply, id) => {
  if (reply.finished) state.doing.delete(id);
  draw();
  if (reply.finished) say(`Docent answered: ${spoken(reply)}`);
  else if (reply.text === "" && reply.status) say(reply.status);
});

/** @param {import("./types.js").Source} place */
const openSource = (place) => void source.open(place).catch(explain);
const inspector = createInspector({ open: openSource });
const compose = createCompose({ state, follower, draw, refresh, explain });

/** @type {Page} */
const page = {
  nameOf: (id) => state.me?.people.find((person) => person.id === id)?.name ?? id,
  open: openSource,
  ask: compose.ask,
  originalOf: (file) => originalUrl(state.channel?.id ?? "", file.id, undefined),
  mayDelete: (file) => state.me?.admin === true || file.sharedBy === state.me?.user.id,
  remove(file) {
    const sure = confirm(`Delete ${file.name}? Answers will no longer use it.`);
    if (sure) compose.remove(file).catch(explain);
  },
  ...createAfterwards({ state, draw, refresh, explain, showInside: inspector.open }),
};

const drawThreads = createThreads(byId("threads", HTMLDivElement), page);
const drawFiles = createFileList(byId("file-list", HTMLUListElement), page);
const openSettings = createSettings(saveSettings);
const openStatus = createStatus(showStatus);

function draw() {
  const atEnd = talk.scrollHeight - talk.scrollTop - talk.clientHeight < NEAR_THE_END_PX;
  const all = [...state.messages.values()].sort((a, b) => Number(a.id) - Number(b.id));
  // What waits to go with a question stands above the box, and nowhere else.
  const messages = all.filter(({ fileId }) => !compose.attachments.has(fileId));
  drawThreads({ ...state, messages });
  compose.attachments.draw(state.files);
  drawFiles([...state.files.values()], state.sending);
  byId("empty", HTMLDivElement).hidden = messages.length > 0;
  byId("no-files", HTMLParagraphElement).hidden = state.files.size + state.sending.length > 0;
  byId("older", HTMLButtonElement).hidden = !state.more;
  if (atEnd) talk.scrollTop = talk.scrollHeight;
}

/** @param {unknown} error */
function explain(error) {
  const sentence = sentenceOf(error);
  if (sentence) notice(sentence);
}

/** The message that the address named, until it was shown. */
let goingTo = "";

async function refresh() {
  const { channel, leaving } = state;
  if (!channel) return;
  const path = channelPath(channel.id);
  const [latest, { files }, settings, { line }] = await Promise.all([
    getJson(`${path}/messages`, leaving.signal),
    getJson(`${path}/files`, leaving.signal),
    getJson(`${path}/settings`, leaving.signal),
    getJson("/status", leaving.signal),
  ]);
  if (leaving.signal.aborted) return;
  state.settings = settings;
  takeInLatest(state, latest, follower);
  for (const file of takeInFiles(state, files)) say(`${file.name}: ${stateText(file)}`);
  drawMode(settings);
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
  const place = byId("status-open", HTMLButtonElement);
  // The same words again would be read out again.
  if (place.textContent !== line) place.textContent = line;
  place.hidden = false;
}

/** @param {Partial<import("./types.js").Settings>} wanted */
async function saveSettings(wanted) {
  if (Object.keys(wanted).length === 0) return;
  notice("");
  try {
    const path = `${channelPath(state.channel?.id ?? "")}/settings`;
    const { text } = await (await send("PUT", path, wanted)).json();
    await refresh();
    say(text);
  } catch (error) {
    explain(error);
  }
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
  compose.attachments.clear();
  state.channel = channel;
  notice("");
  // What was said here or shown of a source is not for the next person.
  say("");
  source.close();
  inspector.close();
  drawHeading(channel, me.people);
  drawChannels(me.channels, channel);
  drawMode(undefined);
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
  const person = byId("person", HTMLSelectElement);
  const showFiles = byId("show-files", HTMLButtonElement);
  compose.wire();
  closeMenus();
  person.addEventListener("change", () => {
    setUser(person.value);
    start().catch(explain);
  });
  byId("older", HTMLButtonElement).addEventListener("click", () => showOlder().catch(explain));
  byId("settings-open", HTMLButtonElement).addEventListener("click", () => {
    if (state.settings) openSettings(state.settings, state.me?.people[0]?.name ?? "");
  });
  byId("status-open", HTMLButtonElement).addEventListener("click", () => {
    openStatus(state.me?.user.guest === false).catch(explain);
  });
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
