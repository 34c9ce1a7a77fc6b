/** One question, asked in the two ways that are compared: the time to the first token, in milliseconds. */
import type OpenAI from "openai";
import { buildPrompt } from "../../src/answer/prompt.ts";
import type { Asker, Chain } from "../../src/models/chain.ts";

// As many passages as go to a model at most, each of a page's length.
const PASSAGES = 12;
const PASSAGE_CHARS = 2_000;
const SENTENCE = "The warranty of the Heron lamp covers two years from the day of purchase. ";
const PASSAGE = SENTENCE.repeat(PASSAGE_CHARS / SENTENCE.length);

/** As large as a real one. */
const REQUEST = buildPrompt({
  question: "How long does the warranty of the Heron lamp last?",
  passages: Array.from({ length: PASSAGES }, (_, index) => ({
    fileName: `manual-${index}.pdf`,
    where: `p. ${index}`,
    text: PASSAGE,
    sharedAtMs: 0,
    isOlder: false,
  })),
  past: [],
  tokensMax: 1_500,
  session: "bench",
});

/** @param model the one that must answer: any other would mean that the machine is too busy to measure */
export async function askChain(
  { chain, asker, model }: { chain: Chain; asker: Asker; model: string },
  signal: AbortSignal,
): Promise<number> {
  const startedAtMs = performance.now();
  let firstTokenMs: number | null = null;
  for await (const part of chain.stream(REQUEST, asker, signal)) {
    if (part.kind === "text") firstTokenMs ??= performance.now() - startedAtMs;
    if (part.kind === "done" && part.model !== model) throw new Error(`${model} was passed over`);
  }
  return assertSome(firstTokenMs);
}

/** As the client's own documentation does it, with nothing around it. */
export async function askBare(
  { openai, model }: { openai: OpenAI; model: string },
  signal: AbortSignal,
): Promise<number> {
  const startedAtMs = performance.now();
  let firstTokenMs: number | null = null;
  const { messages, tokensMax } = REQUEST;
  const body = { model, messages: messages.map(({ role, content }) => ({ role, content })) };
  const chunks = await openai.chat.completions.create(
    { ...body, max_tokens: tokensMax, stream: true },
    { signal },
  );
  for await (const { choices } of chunks) {
    if (choices[0]?.delta.content) firstTokenMs ??= performance.now() - startedAtMs;
  }
  return assertSome(firstTokenMs);
}

function assertSome(firstTokenMs: number | null): number {
  if (firstTokenMs === null) throw new Error("a model answered without a word");
  return firstTokenMs;
}
