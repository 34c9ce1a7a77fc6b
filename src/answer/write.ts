import { createHash } from "node:crypto";
import type { Pool } from "pg";
import type { ReplyPart } from "../chat.ts";
import { isBudgetTold } from "../db/answers.ts";
import type { Mention } from "../events.ts";
import type { Log } from "../log.ts";
import { AllModelsFailed, type Chain } from "../models/chain.ts";
import { verdict } from "../models/failure.ts";
import type { ChatRequest } from "../models/request.ts";
import { BudgetReached } from "../money/ledger.ts";
import { createCiting } from "./cite.ts";
import { type Draft, say } from "./draft.ts";
import type { Asked, Gathered } from "./gather.ts";
import { buildGeneralPrompt, buildPrompt } from "./prompt.ts";
import { looked } from "./scope.ts";
import { citations, shown } from "./show.ts";
import { budgetText, troubleText } from "./trouble.ts";

export interface WriteDeps {
  db: Pool;
  chain: Chain;
  limits: { answerTokensMax: number };
  log: Log;
}

// Past this no model is still answering a question.
const ANSWER_CHARS_MAX = 40_000;

const NOT_CITED = "This answer names no passage that it stands on, so take it with care.";
const IN_GENERAL = "\n\n**Not from your files:** ";
const IN_GENERAL_NOTE = "This is what the model knows in general; nothing in your files backs it.";

/** An answer by the models, or an honest word and the passages when none answers. */
export async function* writeFromPassages(
  deps: WriteDeps,
  asked: Asked,
  gathered: Gathered,
  draft: Draft,
  signal: AbortSignal,
): AsyncGenerator<ReplyPart> {
  const { passages, past } = gathered;
  const { answerTokensMax: tokensMax } = deps.limits;
  const session = sessionOf(asked);
  const request = buildPrompt({ question: asked.text, passages, past, tokensMax, session });
  const before = draft.text;
  try {
    const texts = passages.map((passage) => passage.text);
    const used = yield* streamed(deps, asked, { request, texts }, draft, signal);
    const cited = used.flatMap((index) => passages[index] ?? []);
    yield { kind: "citations", citations: citations(cited, asked.text, draft) };
    const notes = [
      looked(gathered.scope),
      ...(cited.length > 0 ? [] : [NOT_CITED]),
      modelNote(draft),
    ];
    yield { kind: "footer", text: notes.join(" ") };
  } catch (error) {
    if (error instanceof BudgetReached) {
      const note = await budgetNote(deps, asked, draft, error);
      yield* writeAsTheyStand(asked, gathered, draft, note);
      return;
    }
    yield* writeOfTrouble(deps, asked, gathered, { draft, before, error });
  }
}

/** The best passages themselves, where no model may be asked. */
export async function* writeAsTheyStand(
  asked: Mention,
  gathered: Gathered,
  draft: Draft,
  why: string,
): AsyncGenerator<ReplyPart> {
  yield* shown(asked, gathered, draft);
  const notes = [looked(gathered.scope), why].filter((note) => note !== "");
  yield { kind: "footer", text: notes.join(" ") };
}

/** Why there is no more than words at the cap; empty where the thread was told already today. */
async function budgetNote(
  { db }: WriteDeps,
  asked: Asked,
  draft: Draft,
  reached: BudgetReached,
): Promise<string> {
  const threadId = asked.place.threadId ?? asked.messageId;
  const isTold = await isBudgetTold(db, asked.ids, threadId);
  draft.saysBudget = !isTold;
  return isTold ? "" : budgetText(reached);
}

/** @param failed `before` is what had been said before any model was asked */
async function* writeOfTrouble(
  deps: WriteDeps,
  asked: Asked,
  gathered: Gathered,
  { draft, before, error }: { draft: Draft; before: string; error: unknown },
): AsyncGenerator<ReplyPart> {
  // The way back to one person alone may be closed by then.
  const isOnce = asked.retried || asked.onlyFor !== undefined;
  const retryAt = error instanceof AllModelsFailed && !isOnce ? error.retryAt : null;
  const text = troubleText(error, retryAt);
  deps.log.error({ err: error }, "no model answered");
  draft.retryAt = retryAt;
  draft.failed = true;
  if (draft.text !== before) {
    yield { kind: "restart", note: "The answer broke off." };
    draft.text = "";
    if (before) yield say(draft, before);
  }
  yield say(draft, `${text}\n\n`);
  yield* shown(asked, gathered, draft);
  yield { kind: "footer", text: looked(gathered.scope) };
}

/** What the model knows by itself, marked as such and never with citations. Failing at it is no failure. */
export async function* writeInGeneral(
  deps: WriteDeps,
  asked: Asked,
  draft: Draft,
  signal: AbortSignal,
): AsyncGenerator<ReplyPart> {
  const request = buildGeneralPrompt(asked.text, deps.limits.answerTokensMax);
  const found = draft.text;
  try {
    const intro = IN_GENERAL;
    yield* streamed(deps, asked, { request, texts: [], intro }, draft, signal);
    yield { kind: "footer", text: `${IN_GENERAL_NOTE} ${modelNote(draft)}` };
  } catch (error) {
    if (error instanceof BudgetReached) {
      const note = await budgetNote(deps, asked, draft, error);
      if (note) yield { kind: "footer", text: note };
      return;
    }
    // Throws on whatever is no trouble of the models.
    troubleText(error, null);
    deps.log.error({ err: error }, "no model answered");
    if (draft.text === found) return;
    yield { kind: "restart", note: "The answer broke off." };
    draft.text = "";
    yield say(draft, found);
  }
}

interface Request {
  request: ChatRequest;
  /** The texts of the passages given. */
  texts: string[];
  /** Goes before the model's first word, and only if there is one. */
  intro?: string;
}

/** @returns indexes of the passages cited, in the order of first use */
async function* streamed(
  { chain }: WriteDeps,
  { payer, retried }: Asked,
  { request, texts, intro = "" }: Request,
  draft: Draft,
  signal: AbortSignal,
): AsyncGenerator<ReplyPart, number[]> {
  const before = draft.text;
  let citing = createCiting(texts);
  const out = (text: string) => say(draft, draft.text === before ? intro + text : text);
  const asker = { payer, insist: retried, attempts: draft.attempts };
  for await (const part of chain.stream(request, asker, signal)) {
    // It goes on in spite of its limit: what is there has to do.
    if (draft.text.length > ANSWER_CHARS_MAX) break;
    switch (part.kind) {
      case "text": {
        const text = citing.push(part.text);
        if (text) yield out(text);
        break;
      }
      case "restart":
        citing = createCiting(texts);
        draft.text = "";
        yield { kind: "restart", note: "That model broke off, so another one answers." };
        if (before) yield say(draft, before);
        break;
      case "done":
        break;
      default:
        part satisfies never;
    }
  }
  draft.model = draft.attempts.at(-1)?.model ?? null;
  const rest = citing.end();
  if (rest) yield out(rest);
  return citing.used();
}

/** Opaque, and the same for all questions of a thread. */
function sessionOf({ place, messageId }: Mention): string {
  const { platform, workspaceId, channelId, threadId } = place;
  const thread = JSON.stringify([platform, workspaceId, channelId, threadId ?? messageId]);
  return createHash("sha256").update(thread).digest("base64url");
}

function modelNote({ model, attempts }: Draft): string {
  const [first] = attempts;
  if (!first || !model || model === first.model) return `Answered by ${model ?? "a model"}.`;
  const why = first.reason === "" ? "did not answer" : verdict(first.reason).text;
  return `Answered by ${model}, because ${first.model} ${why}.`;
}
