import type { APIInteraction, APIMessage } from "discord.js";
import type { Command, Inbox } from "../../../src/chat.ts";
import type { Log } from "../../../src/log.ts";
import type { Action } from "../events/interactions.ts";
import { NOTHING_WAITS } from "../show/target.ts";
import { type AskedDeps, askAbout, askWithFile } from "./asked.ts";
import { replace, type Words } from "./respond.ts";
import { messageIn } from "./roots.ts";

const ON_IT = "I'm on it.";
const GONE =
  "This message is gone, or I can't see it. Send me the file in a direct message instead.";
const NAME_TOO_LONG = "The name of this file is too long for me. Rename it, then try again.";

export interface ActDeps extends Omit<AskedDeps, "inbox"> {
  inbox: Pick<Inbox, "accept" | "command" | "refusal">;
  /** Takes a message as if it had been written now. */
  hear(message: APIMessage): Promise<void>;
  log: Log;
}

/**
 * Does what somebody wants, once it is acknowledged.
 * @returns what to say to them; `later`: nothing now, as an answer comes in its place
 */
export async function act(
  deps: ActDeps,
  interaction: APIInteraction,
  action: Action,
): Promise<Words | "later"> {
  switch (action.do) {
    case "accept":
      for (const event of action.events) await deps.inbox.accept(event);
      return { text: action.say };
    case "command":
      return await command(deps, action.commands);
    case "ask_with_file":
      return (await askWithFile(deps, interaction, action)) ? "later" : { text: NAME_TOO_LONG };
    case "ask_about":
      return { text: await askOpenly(deps, interaction, action) };
    case "choose_home":
      return await chooseHome(deps, interaction, action);
    case "open":
    case "complete":
      // Those are first answers themselves.
      return { text: "" };
    default:
      return action satisfies never;
  }
}

/** Their words are to stand there in Docent's name: so first it is asked whether they may have any said. */
async function askOpenly(
  deps: ActDeps,
  interaction: APIInteraction,
  asked: Extract<Action, { do: "ask_about" }>,
): Promise<string> {
  const refusal = await deps.inbox.refusal(asked.by);
  if (refusal !== null) return refusal;
  return (await askAbout(deps, interaction, asked)) ? ON_IT : GONE;
}

async function command({ inbox }: ActDeps, commands: Command[]): Promise<Words | "later"> {
  const texts: string[] = [];
  for (const one of commands) {
    const { done, text } = await inbox.command(one);
    // The answer itself ends "thinking…": a word now could come after it, and in its place.
    if (done && asksInPrivate(one)) return "later";
    texts.push(text);
  }
  return { text: texts.join("\n\n").trim() };
}

function asksInPrivate(one: Command): boolean {
  return one.kind === "ask_privately" || (one.kind === "typed" && /^ask\b/.test(one.text));
}

/** The choice takes the menu's place; then the message that waited for it is heard. */
async function chooseHome(
  { discord, inbox, hear }: ActDeps,
  interaction: APIInteraction,
  { place, userId, messageId }: Extract<Action, { do: "choose_home" }>,
): Promise<Words> {
  const { done, text } = await inbox.command({ kind: "choose_workspace", place, userId });
  if (!done) return { text };
  await replace(discord, interaction, text);
  if (messageId === NOTHING_WAITS) return { text: "" };
  const waiting = await messageIn(discord, place.channelId, messageId);
  if (waiting) await hear(waiting);
  return { text: "" };
}
