import type { Citation, ReplyPart } from "../chat.ts";
import type { Mention } from "../events.ts";
import type { StoredChunk } from "../search/retrieve.ts";
import { type Draft, say } from "./draft.ts";
import type { Gathered, PassageGiven } from "./gather.ts";
import { bestQuote, claimsFor, hasWordOf } from "./quote.ts";
import { bestHolder } from "./support.ts";
import { where } from "./where.ts";

const OLDER = "an older version";
const DOUBT =
  "Hardly a word of your question is in what follows, so it may be about something else:";
const PASSAGES_SHOWN_AS_THEY_ARE = 3;

/**
 * The best passages themselves, as quotes with their citations. What holds no word of the question was found by its
 * meaning alone, and no model has read it: that comes last, and it is said.
 */
export async function* shown(
  asked: Mention,
  { passages, past }: Pick<Gathered, "passages" | "past">,
  draft: Draft,
): AsyncGenerator<ReplyPart> {
  const best = passages.slice(0, PASSAGES_SHOWN_AS_THEY_ARE);
  const question = [past.at(-1)?.question, asked.text].join("\n");
  const speaking = best.filter((passage) => isSpeaking(passage, asked, question));
  const others = best.filter((passage) => !speaking.includes(passage));
  const cited = citations([...speaking, ...others], asked.text, draft);
  const lines = cited.map(({ quote, number }) => `- “${quoted(quote)}” [${number}]`);
  const [first, last] = [lines.slice(0, speaking.length), lines.slice(speaking.length)];
  const blocks = [first.join("\n"), last.length > 0 ? DOUBT : "", last.join("\n")];
  yield say(draft, blocks.filter((block) => block !== "").join("\n\n"));
  yield { kind: "citations", citations: cited };
}

/** Whether a passage has any word of the question, by its file's name and headings too, or came with it. */
function isSpeaking(passage: PassageGiven, asked: Mention, question: string): boolean {
  const { file, fileName, locator, parts } = passage;
  const text = [fileName, ...(locator.headings ?? []), parts[0]?.text].join("\n");
  return asked.fileIds.includes(file.fileId) || hasWordOf(text, question);
}

/** A line of a file inside our own Markdown: its own signs must not turn into links or formats. */
function quoted(quote: string): string {
  return quote
    .replace(/[\\`*_[\]<>#|~!]/g, "\\$&")
    .replace(/@|:(?=\/\/)|\bwww(?=\.)/gi, "$&\u2060");
}

/** What is cited, with a line of each source; it is written into the draft too. */
export function citations(cited: PassageGiven[], question: string, draft: Draft): Citation[] {
  return cited.map((passage, index) => {
    const number = index + 1;
    const claim = claimsFor(draft.text, number);
    const { position, text, locator } = partFor(claim, passage);
    const quote = bestQuote(text, `${claim} ${question}`);
    const { contentId, shareId } = passage;
    draft.sources.push({ number, shareId, contentId, position, quote });
    noteCited(draft, passage, number);
    const { file, fileName, permalink, sharedAtMs, official, isOlder } = passage;
    const place = [where(locator), isOlder ? OLDER : ""].filter(Boolean).join(", ");
    const at = { position, where: place, locator };
    const shown = { number, quote, ...at, file, fileName, permalink, sharedAtMs };
    return official ? { ...shown, official } : shown;
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
