/** @import { InspectedPassage, Inspection, Page } from "./types.js" */
import { byId, createDialog, el } from "./dom.js";
import { sourceTitle } from "./source.js";

const MEANINGS = [
  [
    "Match",
    "how well the passage fits, from 0 to 1; it compares passages of this one question only.",
  ],
  ["Words", "how strongly the question's own words occur in it (BM25); higher is stronger."],
  [
    "Meaning",
    "how near its meaning is to the question's, 1 being the same (cosine of the vectors).",
  ],
  ["Given", "the number under which the model was shown the passage."],
  ["Cited", "the number under which the answer names it as a source."],
];

/**
 * @param {Pick<Page, "open">} page
 * @returns {{ open: (question: string, inspection: Inspection) => void, close: () => void }}
 */
export function createInspector(page) {
  const dialog = createDialog("inspector");
  return {
    open(question, inspection) {
      byId("inspector-about", HTMLParagraphElement).textContent = question;
      const place = byId("inside", HTMLDivElement);
      place.replaceChildren(
        part("Where it looked", ...scope(inspection)),
        part("How well that matched", el("p", {}, coverage(inspection))),
        part("Passages found", ...passages(inspection.passages, page)),
        part("Models tried", models(inspection)),
      );
      dialog.open();
    },
    close: dialog.close,
  };
}

/**
 * @param {string} title
 * @param {...Node} children
 */
function part(title, ...children) {
  return el("section", {}, el("h3", {}, title), ...children);
}

/** @param {Inspection} inspection */
function scope({ scope: { channels, narrowed } }) {
  const names = channels.map((name) => (name.startsWith("#") ? name : `#${name}`)).join(", ");
  const where = el("p", {}, names || "Nowhere: no file was in reach.");
  return narrowed ? [where, el("p", { class: "quiet" }, narrowed)] : [where];
}

/** @param {Inspection} inspection */
function coverage({ coverage: found, coverageMin }) {
  const enough = found >= coverageMin;
  const verdict = enough
    ? "so the answer was made from your files."
    : "so nothing counted as found in your files.";
  const held = `The best passage holds ${percent(found)} of the question's words`;
  if (coverageMin === 0) return `${held}, ${verdict}`;
  return `${held}. At least ${percent(coverageMin)} are wanted, ${verdict}`;
}

/** @param {number} share */
function percent(share) {
  return `${Math.round(share * 100)} %`;
}

/**
 * @param {InspectedPassage[]} found
 * @param {Pick<Page, "open">} page
 */
function passages(found, page) {
  if (found.length === 0) return [el("p", {}, "None that may still be shown.")];
  const terms = MEANINGS.flatMap(([term = "", meaning = ""]) => [
    el("dt", {}, term),
    el("dd", {}, meaning),
  ]);
  const help = el("details", { class: "help" }, el("summary", {}, "What the numbers mean"));
  help.append(el("dl", {}, ...terms));
  return [help, el("ol", { class: "found" }, ...found.map((one) => passageElement(one, page)))];
}

/**
 * @param {InspectedPassage} passage
 * @param {Pick<Page, "open">} page
 */
function passageElement(passage, page) {
  const { text, given, cited, score, lexicalScore, vectorScore } = passage;
  const use = given === null ? "not given to the model" : `given to the model as ${given}`;
  const facts = [
    ["Match", score.toFixed(2)],
    ["Words", lexicalScore === null ? "not found by words" : lexicalScore.toFixed(2)],
    ["Meaning", vectorScore === null ? "not found by meaning" : vectorScore.toFixed(2)],
  ];
  return el(
    "li",
    { class: cited === null ? null : "cited" },
    el("p", {}, titleOf(passage, page)),
    el(
      "p",
      { class: "quiet" },
      `${legs(passage)}; ${use}${cited === null ? "" : `; cited as [${cited}]`}`,
    ),
    el(
      "dl",
      { class: "facts" },
      ...facts.map(([name = "", value = ""]) =>
        el("div", {}, el("dt", {}, name), el("dd", {}, value)),
      ),
    ),
    el("details", {}, el("summary", {}, "Text of the passage"), el("p", { class: "text" }, text)),
  );
}

/** @param {InspectedPassage} passage */
function legs({ lexicalScore, vectorScore }) {
  if (lexicalScore !== null && vectorScore !== null) return "Found by words and by meaning";
  return lexicalScore === null ? "Found by meaning alone" : "Found by words alone";
}

/**
 * @param {InspectedPassage} passage
 * @param {Pick<Page, "open">} page
 */
function titleOf(passage, page) {
  const { channelId, fileId, fileName, where, position } = passage;
  const title = sourceTitle(passage);
  if (channelId === null) return el("strong", {}, title);
  const place = { channelId, fileId, page: undefined, position };
  const onclick = () => page.open({ ...place, fileName, where, quote: "", about: "" });
  return el("button", { type: "button", class: "link", onclick }, title);
}

/** @param {Inspection} inspection */
function models({ attempts, model }) {
  if (attempts.length === 0) {
    return el("p", {}, "None: the answer is made of the passages as they stand.");
  }
  const items = attempts.map((attempt) => {
    const seconds = `${(attempt.totalMs / 1000).toFixed(1)} s`;
    const note = attempt.note ? `: ${attempt.note}` : "";
    const answered = attempt.outcome === "answered" && attempt.model === model;
    const words = answered
      ? `answered, in ${seconds}`
      : `${attempt.outcome}${note}, after ${seconds}`;
    return el("li", {}, el("strong", {}, attempt.model), ` ${words}`);
  });
  return el("ol", { class: "models" }, ...items);
}
