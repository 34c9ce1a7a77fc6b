import type { Citation, Mention, ReplyPart } from "../chat.ts";
import { ConfigError, ServiceError } from "../errors.ts";
import type { Log } from "../log.ts";
import { AllModelsFailed, type Chain, type ChatRequest } from "../models/chain.ts";
import type { StoredChunk } from "../search/retrieve.ts";
import { createCiting } from "./cite.ts";
import { type Draft, say } from "./draft.ts";
import type { Gathered, PassageGiven } from "./gather.ts";
import { buildGeneralPrompt, buildPrompt } from "./prompt.ts";
import { bestQuote, claimsFor } from "./quote.ts";
import { looked } from "./scope.ts";
import { bestHolder } from "./support.ts";
import { where } from "./where.ts";

export interface WriteDeps {
  chain: Chain;
  limits: { answerTokensMax: number };
  log: Log;
}

const CREDIT_OUT_STATUS = 402;
// Past this no model is still answering a question.
const ANSWER_CHARS_MAX = 40_000;
const PASSAGES_SHOWN_AS_THEY_ARE = 3;

const NO_KEY =
  "These are the best passages as they stand. With an OPENROUTER_API_KEY, I write an answer from them.";
const KEY_INVALID =
  "I can't write an answer right now: whoever runs me needs to check my OpenRouter key. These passages speak of it:";
const CREDIT_OUT =
  "I can't write an answer right now: whoever runs me needs to look at my OpenRouter credit. These passages speak of it:";
const ALL_FAILED =
  "None of my models answered just now. Please ask again in a few minutes. Meanwhile, these passages speak of it:";
const NOT_CITED = "This answer names no passage that it stands on, so take it with care.";
const IN_GENERAL = "\n\n**Not from your files:** ";
const IN_GENERAL_NOTE = "This is what the model knows in general; nothing in your files backs it.";

/** An answer by the models, or an honest word and the passages when none answers. */
export async function* writeFromPassages(
  deps: WriteDeps,
  asked: Mention,
  gathered: Gathered,
  draft: Draft,
  signal: AbortSignal,
): AsyncGenerator<ReplyPart> {
  const { passages, past } = gathered;
  const { answerTokensMax: tokensMax } = deps.limits;
  const request = buildPrompt({ question: asked.text, passages, past, tokensMax });
  const before = draft.text;
  try {
    const texts = passages.map((passage) => passage.text);
    const used = yield* streamed(deps, { request, texts }, draft, signal);
    const cited = used.flatMap((index) => passages[index] ?? []);
    yield { kind: "citations", citations: citations(cited, asked.text, draft) };
    const notes = [
      looked(gathered.scope),
      ...(cited.length > 0 ? [] : [NOT_CITED]),
      modelNote(draft),
    ];
    yield { kind: "footer", text: notes.join(" ") };
  } catch (error) {
    const note = noteOf(deps, error, draft);
    if (draft.text !== before) yield { kind: "restart", note: "The answer broke off." };
    draft.text = "";
    yield say(draft, `${note}\n\n`);
    yield* shown(asked, passages, draft);
    yield { kind: "footer", text: looked(gathered.scope) };
  }
}

/** The best passages themselves, where no model may be asked. */
export async function* writeAsTheyStand(
  asked: Mention,
  gathered: Gathered,
  draft: Draft,
): AsyncGenerator<ReplyPart> {
  yield* shown(asked, gathered.passages, draft);
  yield { kind: "footer", text: `${looked(gathered.scope)} ${NO_KEY}` };
}

/** What the model knows by itself, marked as such and never with citations. Failing at it is no failure. */
export async function* writeInGeneral(
  deps: WriteDeps,
  asked: Mention,
  draft: Draft,
  signal: AbortSignal,
): AsyncGenerator<ReplyPart> {
  const request = buildGeneralPrompt(asked.text, deps.limits.answerTokensMax);
  const found = draft.text;
  try {
    const intro = IN_GENERAL;
    yield* streamed(deps, { request, texts: [], intro }, draft, signal);
    yield { kind: "footer", text: `${IN_GENERAL_NOTE} ${modelNote(draft)}` };
  } catch (error) {
    noteOf(deps, error, draft);
    draft.failed = false;
    if (draft.text === found) return;
    yield { kind: "restart", note: "The answer broke off." };
    draft.text = "";
    yield say(draft, found);
  }
}

/** What to tell the asker of a failure of all models. @throws whatever is none */
function noteOf(deps: WriteDeps, error: unknown, draft: Draft): string {
  if (!(error instanceof ServiceError || error instanceof ConfigError)) throw error;
  deps.log.error({ err: error }, "no model answered");
  if (error instanceof AllModelsFailed) draft.attempts = error.attempts;
  draft.failed = true;
  if (error instanceof ConfigError) return KEY_INVALID;
  return error.status === CREDIT_OUT_STATUS ? CREDIT_OUT : ALL_FAILED;
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
  { request, texts, intro = "" }: Request,
  draft: Draft,
  signal: AbortSignal,
): AsyncGenerator<ReplyPart, number[]> {
  const before = draft.text;
  let citing = createCiting(texts);
  const out = (text: string) => say(draft, draft.text === before ? intro + text : text);
  for await (const part of chain.stream(request, signal)) {
    switch (part.kind) {
      case "text": {
        const text = citing.push(part.text);
        if (text && draft.text.length < ANSWER_CHARS_MAX) yield out(text);
        break;
      }
      case "restart":
        citing = createCiting(texts);
        draft.text = "";
        yield { kind: "restart", note: "That model broke off, so another one answers." };
        if (before) yield say(draft, before);
        break;
      case "done":
        draft.model = part.model;
        draft.attempts = part.attempts;
        break;
      default:
        part satisfies never;
    }
  }
  const rest = citing.end();
  if (rest) yield out(rest);
  return citing.used();
}

/** The best passages themselves, as quotes with their citations. */
async function* shown(
  asked: Mention,
  passages: PassageGiven[],
  draft: Draft,
): AsyncGenerator<ReplyPart> {
  const cited = citations(passages.slice(0, PASSAGES_SHOWN_AS_THEY_ARE), asked.text, draft);
  const lines = cited.map(({ quote, number }) => `- “${quoted(quote)}” [${number}]`);
  yield say(draft, lines.join("\n"));
  yield { kind: "citations", citations: cited };
}

/** A line of a file inside our own Markdown: its own signs must not turn into links or formats. */
function quoted(quote: string): string {
  return quote
    .replace(/[\\`*_[\]<>#|~!]/g, "\\$&")
    .replace(/@|:(?=\/\/)|\bwww(?=\.)/gi, "$&\u2060");
}

function citations(cited: PassageGiven[], question: string, draft: Draft): Citation[] {
  return cited.map((passage, index) => {
    const number = index + 1;
    const claim = claimsFor(draft.text, number);
    const { position, text, locator } = partFor(claim, passage);
    const quote = bestQuote(text, `${claim} ${question}`);
    const { contentId, shareId } = passage;
    draft.sources.push({ number, shareId, contentId, position, quote });
    noteCited(draft, passage, number);
    const { file, fileName, permalink, sharedAtMs } = passage;
    const at = { position, where: where(locator), locator };
    return { number, quote, ...at, file, fileName, permalink, sharedAtMs };
  });
}

/** A citation opens where the claim stands, which may be right beside the passage that was found. */
function partFor(claim: string, { parts, ...passage }: PassageGiven): StoredChunk {
  const texts = parts.map(({ text }) => text);
  return parts[bestHolder(claim, texts)] ?? passage;
}

function noteCited({ retrieved }: Draft, passage: PassageGiven, number: number): void {
  const { contentId, position } = passage;
  const hit = retrieved?.hits.find(
    (one) => one.contentId === contentId && one.position === position,
  );
  if (hit) hit.cited = number;
}

function modelNote({ model, attempts }: Draft): string {
  const first = attempts[0]?.model;
  if (!model || model === first) return `Answered by ${model ?? "a model"}.`;
  return `Answered by ${model}, because ${first} did not.`;
}
