/** @import { ModelHour, MoneyStatus, Status } from "./types.js" */
import { getJson, pause, sentenceOf } from "./api.js";
import { byId, createDialog, el, when } from "./dom.js";
import { facts, modelList } from "./models.js";

const REFRESH_MS = 30_000;
const ANSWER_MS = 15_000;

/** @type {Record<Status["embedder"]["state"], string>} */
const EMBEDDER_STATES = { ready: "Ready", off: "Off", failing: "Failing" };

/** @type {Record<MoneyStatus["key"]["state"], string>} */
const KEY_STATES = {
  unknown: "The key was not checked yet",
  valid: "The key is valid",
  invalid: "The key is not valid",
  credit_out: "The key's credit is used up",
};

/**
 * @param {(line: string) => void} showLine
 * @returns {(wide: boolean) => Promise<void>} shows how Docent is, anew every 30 seconds until it is closed;
 * with how much there is where `wide`
 */
export function createStatus(showLine) {
  const dialog = createDialog("status");
  const element = byId("status", HTMLDialogElement);
  return async (wide) => {
    const closed = new AbortController();
    element.addEventListener("close", () => closed.abort(), { once: true });
    showProblem("");
    byId("health", HTMLDivElement).replaceChildren(el("section", {}, "Looking…"));
    dialog.open();
    while (!closed.signal.aborted) {
      const found = await look(closed.signal);
      if (found) {
        show(found.status, found.hours, { wide, nowMs: Date.now() });
        showLine(found.status.line);
      }
      await pause(REFRESH_MS, closed.signal);
    }
  };
}

/**
 * @param {AbortSignal} closed
 * @returns {Promise<{ status: Status, hours: ModelHour[] } | null>} null when it can't be told just now
 */
async function look(closed) {
  const signal = AbortSignal.any([closed, AbortSignal.timeout(ANSWER_MS)]);
  try {
    const paths = ["/status", "/status/hours"];
    const [status, { hours }] = await Promise.all(paths.map((path) => getJson(path, signal)));
    showProblem("");
    return { status, hours };
  } catch (error) {
    showProblem(sentenceOf(error));
    return null;
  }
}

/** @param {string} sentence */
function showProblem(sentence) {
  const place = byId("status-problem", HTMLParagraphElement);
  place.textContent = sentence && `${sentence} It is tried again every 30 seconds.`;
  place.hidden = sentence === "";
}

/**
 * @param {Status} status
 * @param {ModelHour[]} hours
 * @param {{ wide: boolean, nowMs: number }} options
 */
function show(status, hours, options) {
  const about = `Docent ${status.version}, as of ${when(options.nowMs)}`;
  byId("status-about", HTMLParagraphElement).textContent = about;
  const { money } = status;
  const shown = [
    part("Now", el("p", {}, status.line)),
    part("Models, in the order they are asked", modelList(status.models, hours, options)),
    part("Search by meaning", el("p", {}, embedderText(status))),
    options.wide ? part("Files and work", facts(amounts(status))) : null,
    money && part("Money", ...moneyElements(money)),
  ];
  redraw(
    byId("health", HTMLDivElement),
    shown.filter((one) => one !== null),
  );
}

/**
 * What was opened stays open, and who reads there stays there.
 * @param {HTMLElement} place
 * @param {Node[]} children
 */
function redraw(place, children) {
  const open = [...place.querySelectorAll("details[open]")].map(({ id }) => id);
  const focused = document.activeElement?.closest("#health details")?.id;
  place.replaceChildren(...children);
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  if (focused) document.getElementById(focused)?.querySelector("summary")?.focus();
}

/**
 * @param {string} title
 * @param {...(Node | null)} children
 */
function part(title, ...children) {
  return el("section", {}, el("h3", {}, title), ...children);
}

/** @param {Status} status */
function embedderText({ embedder: { state, note } }) {
  return note ? `${EMBEDDER_STATES[state]}: ${note}` : EMBEDDER_STATES[state];
}

/**
 * @param {Status} status
 * @returns {[string, string][]}
 */
function amounts({ files, queue }) {
  return [
    ["Searchable", String(files.searchable)],
    ["Being read", String(files.reading)],
    ["Failed", String(files.failed)],
    ["By words alone", String(files.withoutVectors)],
    ["Jobs waiting", String(queue.waiting)],
    ["Jobs running", String(queue.running)],
    ["Jobs given up", String(queue.dead)],
  ];
}

/** @param {MoneyStatus} money */
function moneyElements({ key, budgets, models }) {
  const note = key.note ? `: ${key.note}` : "";
  const left = key.leftUsd === null ? "" : ` (${dollars(key.leftUsd)} left)`;
  const costs = facts(models.map(({ id, usd }) => [id, dollars(usd)]));
  return [
    el("p", {}, `${KEY_STATES[key.state]}${left}${note}`),
    ...budgets.map((budget) => budgetElement(budget, budgets.length > 1)),
    el("h4", {}, "Models in the last 24 hours"),
    costs ?? el("p", {}, "Nothing was spent."),
  ];
}

/**
 * @param {MoneyStatus["budgets"][number]} budget
 * @param {boolean} named is there more than one?
 */
function budgetElement({ workspace, renewsAtMs, ...budget }, named) {
  return el(
    "div",
    { class: "budget" },
    named ? el("h4", {}, workspace) : null,
    spent("Today", budget.dayUsd, budget.dayUsdMax),
    spent("This month", budget.monthUsd, budget.monthUsdMax),
    el("p", { class: "quiet" }, `The day's budget renews at ${when(renewsAtMs)}.`),
  );
}

/**
 * @param {string} period
 * @param {number} usd
 * @param {number} usdMax
 */
function spent(period, usd, usdMax) {
  const text = `${period}: ${dollars(usd)} of ${dollars(usdMax)}`;
  // A meter of nothing would be full or empty by chance.
  if (usdMax <= 0) return el("p", {}, text);
  const marks = { high: usdMax * 0.8, low: usdMax * 0.5, optimum: 0 };
  return el("label", {}, text, el("meter", { min: 0, max: usdMax, value: usd, ...marks }));
}

/** @param {number} usd a single answer costs less than a cent */
function dollars(usd) {
  const digits = { minimumFractionDigits: 2, maximumFractionDigits: 4 };
  return usd.toLocaleString("en", { style: "currency", currency: "USD", ...digits });
}
