/** @import { ModelHour, Tries } from "./types.js" */
import { el } from "./dom.js";

const HOURS = 24;
const HOUR_MS = 3_600_000;
const HEIGHT = 40;
const STEP = 10;
const BAR_WIDTH = 8;
// What is more than nothing can be seen.
const HEIGHT_MIN = 2;

/**
 * One hour: how high its bar is and how much of it is filled, both from 0 to 1, and what it says in words.
 * @typedef {{ whole: number, filled: number, words: string }} Bar
 */

/**
 * The two charts of a model, and the same as a table.
 * @param {{ name: string, day: Tries }} model
 * @param {ModelHour[]} hours of this model
 * @param {{ wide: boolean, key: string, nowMs: number }} options without `wide`, shares stand for numbers of tries
 */
export function charts(model, hours, { wide, key, nowMs }) {
  if (hours.length === 0 || model.day.tries === 0) {
    return el("p", { class: "quiet" }, "No tries in the last 24 hours.");
  }
  const slots = inSlots(hours, nowMs);
  return el(
    "div",
    { class: "charts" },
    answered(model, slots, wide),
    firstWord(model, slots),
    table(hours, { wide, key }),
  );
}

/**
 * @param {Tries} of at least one
 * @param {boolean} wide with how many there were
 */
export function shareText({ tries, answered: good }, wide) {
  const percent = Math.round((good / tries) * 100);
  // What is not all is never called all, nor what is something nothing.
  const honest = good === tries || good === 0 ? percent : Math.min(99, Math.max(1, percent));
  return wide ? `${honest} % (${good} of ${tries})` : `${honest} %`;
}

/** @param {number} ms */
export function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** @param {number} ms within the last day, so that the day need not be said */
function clock(ms) {
  return new Date(ms).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

/**
 * The last 24 hours, oldest first, also those without a try.
 * @param {ModelHour[]} hours
 * @param {number} nowMs
 */
function inSlots(hours, nowMs) {
  /** @type {(ModelHour | undefined)[]} */
  const slots = Array(HOURS).fill(undefined);
  // The server's clock may be ahead of the browser's.
  const now = Math.max(nowMs, ...hours.map(({ atMs }) => atMs));
  const last = Math.floor(now / HOUR_MS) * HOUR_MS;
  for (const hour of hours) {
    const index = HOURS - 1 - Math.round((last - hour.atMs) / HOUR_MS);
    if (index >= 0) slots[index] = hour;
  }
  return slots;
}

/**
 * @param {{ name: string, day: Tries }} model
 * @param {(ModelHour | undefined)[]} slots
 * @param {boolean} wide
 */
function answered({ name, day }, slots, wide) {
  const there = slots.filter((slot) => slot !== undefined);
  const most = Math.max(...there.map(({ tries }) => tries));
  const bars = slots.map(
    (slot) =>
      slot && {
        whole: slot.tries / most,
        filled: slot.answered / most,
        words: `${clock(slot.atMs)}: ${shareText(slot, wide)} answered`,
      },
  );
  const share = shareText(day, wide);
  const summary = `${name} answered ${share} in the last 24 hours, ${overHours(there)}.`;
  const scale = wide && there.length > 0 ? ` (up to ${most})` : "";
  return figure(`Answered by hour${scale}`, barChart(bars, summary));
}

/**
 * @param {{ name: string }} model
 * @param {(ModelHour | undefined)[]} slots
 */
function firstWord({ name }, slots) {
  const timed = slots.map((slot) => slot?.firstTokenMs ?? undefined);
  const there = timed.filter((ms) => ms !== undefined);
  const most = Math.max(...there);
  const bars = slots.map((slot, index) => {
    const ms = timed[index];
    if (slot === undefined || ms === undefined) return undefined;
    const words = `${clock(slot.atMs)}: first word after ${seconds(ms)}`;
    return { whole: ms / most, filled: ms / most, words };
  });
  const span = `between ${seconds(Math.min(...there))} and ${seconds(most)}`;
  const took = there.length === 0 ? "is not known" : `was ${span}, ${overHours(there)}`;
  const summary = `The median time to the first word of ${name} ${took}.`;
  const scale = there.length > 0 ? ` (up to ${seconds(most)})` : "";
  return figure(`Median first word${scale}`, barChart(bars, summary));
}

/** @param {unknown[]} there */
function overHours(there) {
  return there.length === 1 ? "all in one hour" : `over ${there.length} hours with tries`;
}

/**
 * A picture for who sees it, and a sentence for who does not. Its colours are classes: the page allows no styles
 * in it.
 * @param {(Bar | undefined)[]} bars
 * @param {string} summary
 */
function barChart(bars, summary) {
  const props = {
    class: "chart",
    viewBox: `0 0 ${bars.length * STEP} ${HEIGHT}`,
    preserveAspectRatio: "none",
    role: "img",
    "aria-label": summary,
  };
  return svg("svg", props, ...bars.flatMap((bar, index) => (bar ? [drawn(bar, index)] : [])));
}

/**
 * @param {Bar} bar
 * @param {number} index
 */
function drawn({ whole, filled, words }, index) {
  const title = svg("title", {});
  title.textContent = words;
  return svg("g", {}, title, column("whole", whole, index), column("filled", filled, index));
}

/**
 * @param {string} name
 * @param {number} share
 * @param {number} index
 */
function column(name, share, index) {
  const height = share > 0 ? Math.max(HEIGHT_MIN, share * HEIGHT) : 0;
  const box = { x: index * STEP + 1, y: HEIGHT - height, width: BAR_WIDTH, height };
  return svg("rect", { class: name, ...box });
}

/**
 * @param {string} tag
 * @param {Record<string, string | number>} props
 * @param {...Element} children
 */
function svg(tag, props, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(props)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/**
 * @param {string} title
 * @param {Element} chart
 */
function figure(title, chart) {
  const axis = el("p", { class: "axis", "aria-hidden": "true" });
  axis.append(el("span", {}, "24 h ago"), el("span", {}, "now"));
  return el("figure", {}, el("figcaption", {}, title), chart, axis);
}

/**
 * @param {ModelHour[]} hours
 * @param {{ wide: boolean, key: string }} options
 */
function table(hours, { wide, key }) {
  const rows = hours.map((hour) => {
    const first = hour.firstTokenMs === null ? "–" : seconds(hour.firstTokenMs);
    const cells = [shareText(hour, wide), first].map((text) => el("td", {}, text));
    return el("tr", {}, el("th", { scope: "row" }, clock(hour.atMs)), ...cells);
  });
  const names = ["Hour", "Answered", "First word"].map((text) => el("th", { scope: "col" }, text));
  return el(
    "details",
    { id: `table-${key}` },
    el("summary", {}, "As a table"),
    el("table", {}, el("thead", {}, el("tr", {}, ...names)), el("tbody", {}, ...rows)),
  );
}
