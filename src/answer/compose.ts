import type { Adapter, Citation, Mention, Readers, ReplyPart } from "../chat.ts";
import type { AnswerSource } from "../db/answers.ts";
import type { PlaceIds } from "../db/places.ts";
import { ConfigError, ServiceError } from "../errors.ts";
import { AllModelsFailed, type Attempt, type Chain } from "../models/chain.ts";
import { createCiting } from "./cite.ts";
import { type GatherDeps, type Gathered, gather, type PassageGiven } from "./gather.ts";
import { buildPrompt } from "./prompt.ts";
import { bestQuote, claimsFor } from "./quote.ts";
import { narrowNote, whereLooked } from "./scope.ts";

export interface ComposeDeps extends GatherDeps {
  /** Null: no key, so the best passages stand for an answer. */
  chain: Chain | null;
  limits: GatherDeps["limits"] & {
    questionCharsMax: number;
    answerTokensMax: number;
    answerTimeoutMs: number;
  };
}

/** What of a reply is written down, filled while it is composed. */
export interface Draft {
  text: string;
  sources: AnswerSource[];
  model: string | null;
  attempts: Attempt[];
  failed: boolean;
}

type Asked = Mention & { ids: PlaceIds; readers: Readers };

// Past this no model is still answering a question.
const ANSWER_CHARS_MAX = 40_000;
const PASSAGES_SHOWN_AS_THEY_ARE = 3;

const EMPTY_QUESTION =
  "What would you like to know? Ask me about the files shared here, and I answer from them.";
const NO_KEY =
  "These are the best passages as they stand. With an OPENROUTER_API_KEY, I write an answer from them.";
const KEY_INVALID =
  "I can't write an answer right now: whoever runs me needs to check my OpenRouter key. These passages speak of it:";
const ALL_FAILED =
  "None of my models answered just now. Please ask again in a few minutes. Meanwhile, these passages speak of it:";
const NOT_CITED = "This answer names no passage that it stands on, so take it with care.";

/** The parts of a reply, in order. What is worth keeping is written into the draft. */
export async function* compose(
  deps: ComposeDeps,
  adapter: Adapter,
  asked: Asked,
  draft: Draft,
  signal: AbortSignal,
): AsyncGenerator<ReplyPart> {
  const refusal = refuseQuestion(asked.text, deps.limits.questionCharsMax);
  if (refusal) return yield say(draft, refusal);

  yield { kind: "status", text: "Looking through the files…" };
  const gathered = await gather(deps, adapter, asked, signal);
  if (gathered.passages.length === 0) {
    yield say(draft, nothingFound(gathered));
  } else if (deps.chain) {
    yield* written({ ...deps, chain: deps.chain }, asked, gathered, draft, signal);
  } else {
    yield* asTheyStand(asked, gathered, draft);
    yield { kind: "footer", text: footer(gathered, NO_KEY) };
  }
}

function refuseQuestion(question: string, charsMax: number): string | null {
  if (question.trim() === "") return EMPTY_QUESTION;
  if (question.length <= charsMax) return null;
  return `That question is too long for me: ${question.length} characters, and I read ${charsMax} at most. Please shorten it, or share the text as a file and ask about that.`;
}

function nothingFound({ scope }: Gathered): string {
  const looked = narrowNote(scope) ?? `I looked in ${whereLooked(scope)}.`;
  return `I found nothing about that in the files shared here. ${looked} Share a file that holds it, and ask me again.`;
}

/** An answer by the models, or an honest word and the passages when none answers. */
async function* written(
  deps: ComposeDeps & { chain: Chain },
  asked: Asked,
  gathered: Gathered,
  draft: Draft,
  signal: AbortSignal,
): AsyncGenerator<ReplyPart> {
  try {
    const used = yield* streamed(deps, asked, gathered, draft, signal);
    const cited = used.flatMap((index) => gathered.passages[index] ?? []);
    yield { kind: "citations", citations: citations(cited, asked.text, draft) };
    const model = modelNote(draft);
    yield {
      kind: "footer",
      text: footer(gathered, cited.length > 0 ? model : `${NOT_CITED} ${model}`),
    };
  } catch (error) {
    if (!(error instanceof ServiceError || error instanceof ConfigError)) throw error;
    deps.log.error({ err: error }, "no model answered");
    const note = error instanceof ConfigError ? KEY_INVALID : ALL_FAILED;
    if (error instanceof AllModelsFailed) draft.attempts = error.attempts;
    draft.failed = true;
    if (draft.text) yield { kind: "restart", note: "The answer broke off." };
    draft.text = "";
    yield say(draft, `${note}\n\n`);
    yield* asTheyStand(asked, gathered, draft);
    yield { kind: "footer", text: footer(gathered, null) };
  }
}

/** @returns indexes of the passages cited, in the order of first use */
async function* streamed(
  deps: ComposeDeps & { chain: Chain },
  asked: Asked,
  { passages, past }: Gathered,
  draft: Draft,
  signal: AbortSignal,
): AsyncGenerator<ReplyPart, number[]> {
  const request = buildPrompt({
    question: asked.text,
    passages,
    past,
    tokensMax: deps.limits.answerTokensMax,
  });
  const texts = passages.map((passage) => passage.text);
  let citing = createCiting(texts);
  for await (const part of deps.chain.stream(request, signal)) {
    switch (part.kind) {
      case "text": {
        const text = citing.push(part.text);
        if (text && draft.text.length < ANSWER_CHARS_MAX) yield say(draft, text);
        break;
      }
      case "restart":
        citing = createCiting(texts);
        draft.text = "";
        yield { kind: "restart", note: "That model broke off, so another one answers." };
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
  if (rest) yield say(draft, rest);
  return citing.used();
}

/** The best passages themselves, as quotes with their citations. */
async function* asTheyStand(
  asked: Asked,
  gathered: Gathered,
  draft: Draft,
): AsyncGenerator<ReplyPart> {
  const best = gathered.passages.slice(0, PASSAGES_SHOWN_AS_THEY_ARE);
  const cited = citations(best, asked.text, draft);
  const lines = cited.map(({ quote, number }) => `- “${quoted(quote)}” [${number}]`);
  yield say(draft, lines.join("\n"));
  yield { kind: "citations", citations: cited };
}

/** A line of a file inside our own Markdown: its own signs must not turn into links or formats. */
function quoted(quote: string): string {
  return quote.replace(/[\\`*_[\]<>#|~!]/g, "\\$&").replace(/@/g, "@\u2060");
}

function citations(cited: PassageGiven[], question: string, draft: Draft): Citation[] {
  return cited.map((passage, index) => {
    const number = index + 1;
    const quote = bestQuote(passage.ownText, `${claimsFor(draft.text, number)} ${question}`);
    const { contentId, position, shareId } = passage;
    draft.sources.push({ number, shareId, contentId, position, quote });
    const { file, fileName, locator, permalink, sharedAtMs } = passage;
    return {
      number,
      quote,
      position,
      where: passage.where,
      file,
      fileName,
      locator,
      permalink,
      sharedAtMs,
    };
  });
}

function modelNote({ model, attempts }: Draft): string {
  const first = attempts[0]?.model;
  if (!model || model === first) return `Answered by ${model ?? "a model"}.`;
  return `Answered by ${model}, because ${first} did not.`;
}

function footer({ scope }: Gathered, note: string | null): string {
  const looked = narrowNote(scope) ?? `I looked in ${whereLooked(scope)}.`;
  return note ? `${looked} ${note}` : looked;
}

function say(draft: Draft, text: string): ReplyPart {
  draft.text += text;
  return { kind: "text", text };
}
