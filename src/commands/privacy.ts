import { FILES_KEPT_DAYS, WORDS_KEPT_DAYS } from "../gone.ts";
import type { SentTo } from "./deps.ts";

const PROVIDERS = {
  deny: "Providers that train on what they get are left out.",
  zdr: "Only providers that keep nothing of it are used.",
  allow: "Any provider may get it, also one that keeps it or trains on it.",
} satisfies Record<NonNullable<SentTo["openrouter"]>, string>;

/** On one screen, and true of this installation. */
export function privacyText(sentTo: SentTo): string {
  return [
    "What I read: files shared in channels that I am in, as the channel allows (to see how: channel); questions put to me; and what is written in threads where I answer, to see whether it is meant for me.",
    "What I keep: the text of these files, who shared them, where and when; questions with their answers.",
    `For how long: files until they are deleted here or forgotten, or ${FILES_KEPT_DAYS} days after their channel is turned off; the words of questions and answers for ${WORDS_KEPT_DAYS} days. Copies in my queue go within a day, where something failed within ${WORDS_KEPT_DAYS} days; backups are kept as whoever runs me keeps them.`,
    `Sent to others: ${toModels(sentTo)} ${toEmbedder(sentTo)} The answers go to this chat.`,
    "How to stop it: “me off” (nothing that you share is read), “me forget” (your files and questions go), “forget NAME” (one file), “channel off” (a whole channel).",
    "Who runs me: whoever set me up here. The admins here know who that is.",
  ].join("\n");
}

function toModels({ openrouter }: SentTo): string {
  if (!openrouter) return "No model is asked, so nothing goes to OpenRouter.";
  return `OpenRouter and its models get your question, the passages that fit it, and what was asked and answered before in the thread. ${PROVIDERS[openrouter]}`;
}

function toEmbedder({ awsRegion }: SentTo): string {
  if (!awsRegion) return "AWS gets nothing.";
  return `AWS (${awsRegion}) gets the text of files and questions, to find passages by meaning.`;
}
