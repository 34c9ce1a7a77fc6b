/**
 * EVERY SETTING: its name, what it allows, its default, and what it does in a sentence for operators.
 * docs/configuration.md and .env.example are made from here: `npm run docs`.
 */
import * as v from "valibot";
import { PROCESS } from "./process.ts";
import { COMMUNITY, CONSENT, LIMITS, MONEY } from "./rules.ts";
import { AWS_OWN, DISCORD, EMBEDDINGS, MODELS, SLACK } from "./services.ts";

export const Environment = v.object({
  ...PROCESS,
  ...MODELS,
  ...EMBEDDINGS,
  ...SLACK,
  ...DISCORD,
  ...CONSENT,
  ...COMMUNITY,
  ...MONEY,
  ...LIMITS,
});

/** The settings in the order of the docs; `lead` is Markdown. */
export const SETTING_GROUPS: readonly {
  title: string;
  lead: string;
  settings: v.ObjectEntries;
  elsewhere?: Record<string, string>;
}[] = [
  { title: "Where it listens, and keeps its data", lead: "", settings: PROCESS },
  {
    title: "Answers: OpenRouter",
    lead: "Models are asked only where there is a key.",
    settings: MODELS,
  },
  {
    title: "Finding by meaning: Amazon Nova embeddings on AWS Bedrock",
    lead:
      "Credentials are read as the AWS SDK reads them: from the environment, `~/.aws`, or the container. Without any, " +
      "files are found by their words, and get their vectors once there are credentials. They need the right " +
      "`bedrock:InvokeModel` on " +
      "`arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-2-multimodal-embeddings-v1:0`.",
    settings: EMBEDDINGS,
    elsewhere: AWS_OWN,
  },
  {
    title: "Slack",
    lead:
      "`npm run docent -- setup slack` makes most of these. One workspace: the bot token; several: client id and client " +
      "secret. Either of them with the app token (Socket Mode) or the signing secret (HTTP). `docs/slack.md` tells it step by step.",
    settings: SLACK,
  },
  {
    title: "Discord",
    lead: "`npm run docent -- setup discord` makes these. `docs/discord.md` tells it step by step.",
    settings: DISCORD,
  },
  { title: "Who reads what", lead: "", settings: CONSENT },
  {
    title: "Where strangers come and go",
    lead: "These hold on platforms whose people have roles: on Discord.",
    settings: COMMUNITY,
  },
  {
    title: "What it may cost",
    lead:
      "The most that a call can cost is set aside before it is made. Where a budget is used up, files stay searchable by " +
      "words and answers are the best passages, until it renews; the log tells at 50, 80 and 100 %.",
    settings: MONEY,
  },
  { title: "Limits", lead: "", settings: LIMITS },
];
