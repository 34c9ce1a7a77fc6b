import type { Citation, ReplyPart } from "../chat.ts";
import type { Mention } from "../events.ts";
import type { StoredChunk } from "../search/retrieve.ts";
import { type Draft, say } from "./draft.ts";
import type { PassageGiven } from "./gather.ts";
import { bestQuote, claimsFor } from "./quote.ts";
import { bestHolder } from "./support.ts";
import { where } from "./where.ts";

const OLDER = "an older version";
const PASSAGES_SHOWN_AS_THEY_ARE = 3;

/** The best passages themselves, as quotes with their citations. */
export async function* shown(
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
