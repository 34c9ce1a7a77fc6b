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
const NOT_TOLD = "That is for you alone, and I can't tell you alone here.";

/** Is this mention a command as it stands, like `@docent models`? Platforms have no slash commands inside threads. */
export function isSpokenCommand({ text, fileIds, onlyFor }: Mention): boolean {
  // Without a way back it was a mention as any other, where all answers go to the asker alone.
  const isSaid = !onlyFor || onlyFor.handle === "";
  return fileIds.length === 0 && isSaid && isCommand(text);
}

/**
 * Does it. What is about the asker goes to the asker alone.
 * @param isSilent nothing is said for all to read
 */
export async function* runSpoken(
  { command }: SpokenDeps,
  adapter: Adapter,
  { asked, isSilent }: { asked: Asked; isSilent: boolean },
  draft: Draft,
): AsyncGenerator<ReplyPart> {
  const { place, userId, key, text } = asked;
  const word = parseCommand(text)?.word;
  const isHere = !isAloud(asked) || !(word && PERSONAL.has(word));
  const aloud = isHere && isAloud(asked);
  const reply = await command({ kind: "typed", place, userId, key, text, aloud });
  const isTold = isHere || (await adapter.tell(place, userId, { text: reply.text }));
  if (isSilent) return;
  // Each line stays one, also where text is Markdown.
  if (isHere) return yield say(draft, reply.text.replaceAll("\n", "  \n"));
  yield say(draft, isTold ? TOLD_ALONE : NOT_TOLD);
}

/** Do others than the asker read the answer? */
export function isAloud({ onlyFor, readers }: Asked): boolean {
  return !onlyFor && readers.visibility !== "direct";
}
