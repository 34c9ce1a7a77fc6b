/** @import { ModelHour, ModelStatus, Spread } from "./types.js" */
import { charts, seconds, shareText } from "./chart.js";
import { el, when } from "./dom.js";

/** @type {Record<ModelStatus["state"], string>} */
const STATES = {
  ready: "Ready",
  resting: "Resting",
  retired: "Retired",
  no_provider: "Not usable",
  unknown: "Not asked yet",
  off: "Off",
};

/** @type {[Intl.RelativeTimeFormatUnit, number][]} */
const UNITS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
];

/**
 * The models in the order in which they are asked.
 * @param {ModelStatus[]} models
 * @param {ModelHour[]} hours
 * @param {{ wide: boolean, nowMs: number }} options
 */
export function modelList(models, hours, options) {
  if (models.length === 0) return el("p", {}, "None is set up.");
  const items = models.map((model, index) => {
    const own = hours.filter((hour) => hour.model === model.id);
    return modelElement(model, own, { ...options, position: index + 1 });
  });
  return el("ol", { class: "chain" }, ...items);
}

/**
 * @param {ModelStatus} model
 * @param {ModelHour[]} hours
 * @param {{ wide: boolean, nowMs: number, position: number }} options
 */
function modelElement(model, hours, { wide, nowMs, position }) {
  const name = model.id.split("/").at(-1) ?? model.id;
  const key = String(position);
  return el(
    "li",
    {},
    el(
      "h4",
      {},
      `${position}. ${name}`,
      model.next ? el("span", { class: "tag next" }, "answers next") : null,
    ),
    el("p", { class: "quiet" }, model.id),
    el(
      "p",
      { class: "how" },
      el("span", { class: `dot ${model.state}`, "aria-hidden": "true" }),
      el("span", {}, stateText(model, nowMs)),
    ),
    model.fix ? el("p", { class: "fix" }, el("strong", {}, "To do: "), model.fix) : null,
    facts(factsOf(model, { wide, nowMs })),
    charts({ name, day: model.day }, hours, { wide, key, nowMs }),
  );
}

/**
 * @param {ModelStatus} model
 * @param {number} nowMs
 */
function stateText({ state, note, restingUntilMs }, nowMs) {
  const words = note ? `${STATES[state]}: ${note}` : STATES[state];
  if (restingUntilMs === null || restingUntilMs <= nowMs) return words;
  const until = when(restingUntilMs);
  if (state !== "resting") return `${words}. Looked at again at ${until}.`;
  return note ? `Resting until ${until}: ${note}` : `Resting until ${until}`;
}

/**
 * Only what is known.
 * @param {ModelStatus} model
 * @param {{ wide: boolean, nowMs: number }} options
 * @returns {[string, string][]}
 */
function factsOf(model, { wide, nowMs }) {
  const { day, uptime, lastSuccessMs, expiresOn } = model;
  /** @type {[string, string | null][]} */
  const all = [
    ["Answered", day.tries > 0 ? shareText(day, wide) : null],
    ["First word", spreadText(day.firstTokenMs)],
    ["Whole answer", spreadText(day.totalMs)],
    ["Uptime at OpenRouter", uptime === null ? null : `${Number(uptime.toFixed(1))} %`],
    ["Last answered", lastSuccessMs === null ? null : ago(lastSuccessMs, nowMs)],
    ["Ends on", expiresOn === null ? null : dateText(expiresOn)],
  ];
  return all.flatMap(([name, value]) => (value === null ? [] : [[name, value]]));
}

/** @param {Spread | null} spread */
function spreadText(spread) {
  return spread && `${seconds(spread.p50)}, 95 % within ${seconds(spread.p95)}`;
}

/**
 * @param {number} ms
 * @param {number} nowMs
 */
function ago(ms, nowMs) {
  const [unit, unitMs] = UNITS.find(([, length]) => nowMs - ms >= length) ?? [];
  if (!unit || !unitMs) return "just now";
  return new Intl.RelativeTimeFormat("en").format(-Math.floor((nowMs - ms) / unitMs), unit);
}

/** @param {string} day as YYYY-MM-DD, which is the same day wherever one is */
function dateText(day) {
  return new Date(day).toLocaleDateString([], { dateStyle: "long", timeZone: "UTC" });
}

/** @param {[string, string][]} named */
export function facts(named) {
  const items = named.map(([name, value]) =>
    el("div", {}, el("dt", {}, name), el("dd", {}, value)),
  );
  return items.length === 0 ? null : el("dl", { class: "facts" }, ...items);
}
