import type { Adapter, Command, CommandReply, ReplyPart } from "../chat.ts";
import { isCommand, parseCommand, type Word } from "../commands/parse.ts";
import type { Mention } from "../events.ts";
import { type Draft, say } from "./draft.ts";
import type { Asked } from "./gather.ts";

export interface SpokenDeps {
  command(command: Command): Promise<CommandReply>;
}

// Their answers are about the person who asks.
const PERSONAL = new Set<Word>(["files", "me", "usage", "sources"]);
const TOLD_ALONE = "I have told you alone.";
const NOT_TOLD = "That is for you alone, and just now I can't tell you alone.";

/** Is this mention a command as it stands, like `@docent models`? Platforms have no slash commands inside threads. */
export function isSpokenCommand({ text, fileIds, onlyFor }: Mention): boolean {
  return fileIds.length === 0 && !onlyFor && isCommand(text);
}

/** Does it. What is about the asker goes to the asker alone. */
export async function* runSpoken(
  { command }: SpokenDeps,
  adapter: Adapter,
  asked: Asked,
  draft: Draft,
): AsyncGenerator<ReplyPart> {
  const { place, userId, key, text } = asked;
  const word = parseCommand(text)?.word;
  const isDirect = asked.readers.visibility === "direct";
  const isForAll = isDirect || !(word && PERSONAL.has(word));
  const aloud = isForAll && !isDirect;
  const reply = await command({ kind: "typed", place, userId, key, text, aloud });
  // Each line stays one, also where text is Markdown.
  if (isForAll) return yield say(draft, reply.text.replaceAll("\n", "  \n"));
  const isTold = await adapter.tell(place, userId, { text: reply.text });
  yield say(draft, isTold ? TOLD_ALONE : NOT_TOLD);
}
