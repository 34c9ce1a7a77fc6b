import { BRAKED, brakeOn } from "../brakes.ts";
import type { Command, CommandReply } from "../chat.ts";
import { askAgainPrivately, askPrivately } from "./ask.ts";
import { setChannel, tellMode } from "./channel.ts";
import { block, chooseAnew, chooseWorkspace, forgetPerson, pause } from "./community.ts";
import type { CommandDeps } from "./deps.ts";
import { forgetFile, forgetNamed, listFiles } from "./files.ts";
import { HELP, misunderstood } from "./help.ts";
import { doForMe, optOut } from "./me.ts";
import { listMyFiles } from "./my-files.ts";
import { parseCommand, type Word } from "./parse.ts";
import { privacyText } from "./privacy.ts";
import { setOfficial, setSources } from "./ranking.ts";
import { tellLastSources, tellSources } from "./sources.ts";
import { tellStatus, tellUsage } from "./status.ts";
import { stopHere } from "./stop.ts";
import { mute } from "./thread.ts";

/** Does what somebody wants done at once, if they may, and says so; in one place for every platform. */
export async function runCommand(deps: CommandDeps, command: Command): Promise<CommandReply> {
  const brake = isAlwaysFree(command) ? null : await brakeOn(deps, command);
  return brake ? { done: false, text: BRAKED[brake] } : await run(deps, command);
}

// What concerns one's own data, and what lifts a brake; rights.ts says who may do the latter.
const FREE = new Set<Word>([
  "help",
  "privacy",
  "me",
  "pause",
  "resume",
  "block",
  "unblock",
  "stop",
]);

function isAlwaysFree(command: Command): boolean {
  if (command.kind !== "typed") return command.kind === "opt_out";
  const typed = parseCommand(command.text);
  return typed === null || FREE.has(typed.word);
}

function run(deps: CommandDeps, command: Command): Promise<CommandReply> {
  switch (command.kind) {
    case "status":
      return tellStatus(deps, command);
    case "my_files":
      return listMyFiles(deps, command);
    case "set_mode":
      return setChannel(deps, command, command.mode);
    case "opt_out":
      return optOut(deps, command, command.out);
    case "forget_file":
      return forgetFile(deps, command, command.fileId);
    case "ask_privately":
      return askAgainPrivately(deps, command);
    case "sources":
      return tellSources(deps, command, command.messageId);
    case "mute":
      return mute(deps, command, command.muted);
    case "choose_workspace":
      return chooseWorkspace(deps, command);
    case "forget_person":
      return forgetPerson(deps, command, command.personId);
    case "typed":
      return runTyped(deps, command);
    default:
      return command satisfies never;
  }
}

async function runTyped(
  deps: CommandDeps,
  command: Command & { kind: "typed" },
): Promise<CommandReply> {
  const typed = parseCommand(command.text);
  if (!typed) return { done: false, text: misunderstood(command.text) };
  switch (typed.word) {
    case "models":
      return tellStatus(deps, command);
    case "files":
      return listFiles(deps, command);
    case "forget":
      return forgetNamed(deps, command, typed.wanted);
    case "channel":
      return typed.wish ? setChannel(deps, command, typed.wish) : tellMode(deps, command);
    case "me":
      return doForMe(deps, command, typed.wish);
    case "privacy":
      return { done: true, text: privacyText(deps.sentTo) };
    case "usage":
      return tellUsage(deps, command);
    case "mute":
    case "unmute":
      return mute(deps, command, typed.word === "mute");
    case "sources":
      return typed.wish ? setSources(deps, command, typed.wish) : tellLastSources(deps, command);
    case "official":
      return setOfficial(deps, command, typed);
    case "server":
      return chooseAnew(deps, command);
    case "pause":
    case "resume":
      return pause(deps, command, typed.word === "pause");
    case "block":
    case "unblock":
      return block(deps, command, typed.personId, typed.word === "block");
    case "stop":
      return stopHere(deps, command);
    case "ask":
      return askPrivately(deps, command, typed.question);
    case "help":
      return { done: true, text: HELP };
    default:
      return typed satisfies never;
  }
}
