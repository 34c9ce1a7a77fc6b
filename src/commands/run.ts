import type { Command, CommandReply } from "../chat.ts";
import { askAgainPrivately, askPrivately } from "./ask.ts";
import { setChannelMode, tellMode } from "./channel.ts";
import type { CommandDeps } from "./deps.ts";
import { forgetFile, forgetNamed, listFiles } from "./files.ts";
import { HELP, misunderstood } from "./help.ts";
import { doForMe, optOut } from "./me.ts";
import { listMyFiles } from "./my-files.ts";
import { parseCommand } from "./parse.ts";
import { privacyText } from "./privacy.ts";
import { tellLastSources, tellSources } from "./sources.ts";
import { tellStatus, tellUsage } from "./status.ts";
import { mute } from "./thread.ts";

/** Does what somebody wants done at once, if they may, and says so; in one place for every platform. */
export function runCommand(deps: CommandDeps, command: Command): Promise<CommandReply> {
  switch (command.kind) {
    case "status":
      return tellStatus(deps, command);
    case "my_files":
      return listMyFiles(deps, command);
    case "set_mode":
      return setChannelMode(deps, command, command.mode);
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
      return typed.mode ? setChannelMode(deps, command, typed.mode) : tellMode(deps, command);
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
      return tellLastSources(deps, command);
    case "ask":
      return askPrivately(deps, command, typed.question);
    case "help":
      return { done: true, text: HELP };
    default:
      return typed satisfies never;
  }
}
