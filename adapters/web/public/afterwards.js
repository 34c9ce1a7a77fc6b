/** @import { Message, Page } from "./types.js" */
/** @import { State } from "./state.js" */
import { call, getJson, questionPath, send } from "./api.js";
import { notice, say } from "./dom.js";

// The core decides on its own whether it does what was asked for; after this long we no longer say that it will.
const EXPECTED_MS = 8_000;

/**
 * What can be done about a question once it is asked, and about its answer.
 * @param {object} deps
 * @param {State} deps.state
 * @param {() => void} deps.draw
 * @param {() => Promise<void>} deps.refresh
 * @param {(error: unknown) => void} deps.explain
 * @param {(question: string, inspection: import("./types.js").Inspection) => void} deps.showInside
 * @returns {Pick<Page, "mayEdit" | "mayManage" | "edit" | "removeQuestion" | "stop" | "regenerate" | "rate" | "inspect" | "copy">}
 */
export function createAfterwards({ state, draw, refresh, explain, showInside }) {
  /** @param {Message} question */
  const pathOf = (question) => questionPath(state.channel?.id ?? "", question.id);
  /** @param {Message} question */
  const isOwn = (question) => question.user === state.me?.user.id;
  /**
   * @param {() => Promise<unknown>} work
   * @returns {Promise<boolean>} false when it was refused
   */
  const tried = async (work) => {
    notice("");
    try {
      await work();
      return true;
    } catch (error) {
      explain(error);
      return false;
    }
  };
  /**
   * @param {Message} question
   * @param {string} words
   * @param {string} what
   */
  const expect = async (question, words, what) => {
    const doing = async () => {
      await call(`${pathOf(question)}/${what}`, { method: "POST" });
    };
    state.doing.set(question.id, words);
    say(words);
    draw();
    const forget = () => {
      if (state.doing.delete(question.id)) draw();
    };
    if (await tried(doing)) setTimeout(forget, EXPECTED_MS);
    else forget();
  };
  return {
    mayEdit(question) {
      const ageMs = Date.now() - new Date(question.at).getTime();
      return isOwn(question) && ageMs < (state.me?.limits.editMsMax ?? 0);
    },
    mayManage: (question) => state.me?.admin === true || isOwn(question),
    edit: (question, text) =>
      tried(async () => {
        await send("PUT", pathOf(question), { text });
        await refresh();
        say("Your question is changed.");
      }),
    removeQuestion(question) {
      if (!confirm("Delete this question and its answer?")) return;
      tried(async () => {
        await call(pathOf(question), { method: "DELETE" });
        await refresh();
        say("The question is deleted.");
        document.getElementById("talk")?.focus();
      });
    },
    stop: (question) => void expect(question, "Stopping…", "stop"),
    regenerate: (question) => void expect(question, "Another answer is on its way…", "regenerate"),
    rate: (question, rating, reason) =>
      tried(async () => {
        await send("POST", `${pathOf(question)}/rating`, { rating, reason });
        state.ratings.set(question.id, rating);
        draw();
        say("Thank you.");
        focusIn(question.id, "[aria-pressed=true]");
      }),
    inspect(question) {
      tried(async () => showInside(question.text, await getJson(`${pathOf(question)}/inspection`)));
    },
    copy(text) {
      // Browsers give no clipboard to pages that came unencrypted over a network.
      if (!navigator.clipboard) return notice("Copying works over https, or on this machine only.");
      tried(async () => {
        await navigator.clipboard.writeText(text);
        say("Copied.");
      });
    },
  };
}

/**
 * @param {string} question
 * @param {string} selector
 */
function focusIn(question, selector) {
  const place = document.querySelector(`[data-question="${CSS.escape(question)}"] ${selector}`);
  if (place instanceof HTMLElement) place.focus();
}
