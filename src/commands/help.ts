import { nearestWord, type Word } from "./parse.ts";
import { oneLine } from "./words.ts";

const USAGES = {
  ask: { usage: "ask QUESTION", does: "ask in private: you alone see the answer" },
  files: { usage: "files", does: "the files of this channel" },
  sources: {
    usage: "sources",
    does: "in a thread: all sources of the last answer; for admins: sources only|add|remove #CHANNEL, sources all",
  },
  stop: { usage: "stop", does: "the answer being written here, or waiting to be, ends" },
  forget: { usage: "forget NAME", does: "forget a file, by its name or its number in files" },
  channel: {
    usage: "channel auto|ask|off",
    does: "how this channel is read; thread, reply or private: where I answer; without a word, how it is now",
  },
  me: { usage: "me", does: "what I keep of you; then me off, me forget, me streaming off" },
  mute: { usage: "mute", does: "in a thread: I stay quiet until I am mentioned" },
  unmute: { usage: "unmute", does: "in a thread: I answer without a mention again" },
  models: { usage: "models", does: "how the models are, and which one answers now" },
  usage: { usage: "usage", does: "your questions of today" },
  privacy: { usage: "privacy", does: "what is read, kept and sent to whom, and how to stop it" },
  official: {
    usage: "official on|off NAME",
    does: "moderators: this file counts before others",
  },
  server: { usage: "server", does: "in direct messages: choose which server I search" },
  block: { usage: "block @PERSON", does: "admins: I take nothing from this person" },
  unblock: { usage: "unblock @PERSON", does: "admins: I do again" },
  pause: { usage: "pause", does: "admins: I do nothing in any channel here" },
  resume: { usage: "resume", does: "admins: I go on" },
  help: { usage: "help", does: "this list" },
} satisfies Record<Word, { usage: string; does: string }>;

export const HELP = [
  "I answer questions from the files shared here. Mention me with a question, or write to me directly. I also know:",
  ...Object.values(USAGES).map(({ usage, does }) => `${usage} – ${does}`),
].join("\n");

const TYPED_CHARS_SHOWN = 40;

export function misunderstood(text: string): string {
  const typed = oneLine(text, TYPED_CHARS_SHOWN);
  const nearest = nearestWord(text);
  const meant = nearest
    ? `Did you mean: ${USAGES[nearest].usage}`
    : "To ask me something in private, write: ask, and then your question.";
  return `I don't know “${typed}”. ${meant}\n\n${HELP}`;
}
