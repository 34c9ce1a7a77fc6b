import * as v from "valibot";
import { DEFAULT_MODELS } from "../models/defaults.ts";
import {
  choice,
  httpAddress,
  list,
  setting,
  shards,
  textLike,
  url,
  whole,
  wholeOrNone,
} from "./kinds.ts";

const MODEL_ID = /^~?[\w.-]+\/[\w.:-]+$/;
const MODERN_MODELS = [
  "openai/gpt-6-luna",
  "openai/gpt-6.1-terra",
  "anthropic/claude-haiku-5.5",
  "google/gemini-3.5-flash-lite",
  "meta-llama/llama-3.3-70b-instruct",
];
const FOR_TESTS = "For tests, and for a stand-in of Slack.";

export const MODELS = {
  OPENROUTER_API_KEY: setting(
    textLike(/^\S{8,}$/, "does not look like a key; copy it again from openrouter.ai/keys"),
    "The key with which models write the answers; you get one at openrouter.ai/keys.",
    { allowed: "a key of OpenRouter", unset: "answers are the best passages as they stand" },
  ),
  OPENROUTER_MODELS: setting(
    v.pipe(
      list(DEFAULT_MODELS),
      v.everyItem(
        (id) => MODEL_ID.test(id),
        "must be a comma-separated list like openai/gpt-4o-mini",
      ),
      v.minLength(1, "must name at least one model"),
      v.maxLength(5, "may name five models at most"),
    ),
    "The models that are asked, in this order, until one answers.",
    {
      allowed: "one to five models, with commas",
      advice:
        "Some of the default ones are retired, or will be in January 2027; Docent passes over those that are gone.",
      alternative: { why: "A newer chain of the same class:", value: MODERN_MODELS.join(",") },
    },
  ),
  RERANK_MODEL: setting(
    textLike(MODEL_ID, "must look like cohere/rerank-5-pro"),
    "A model of OpenRouter's `/rerank` that puts the passages found in order before an answer is written.",
    {
      allowed: "one model",
      example: "cohere/rerank-5-pro",
      unset: "the order of the search stands",
      advice:
        "It costs a fraction of a cent a question, and is given the question and the passages found.",
    },
  ),
  OPENROUTER_BASE_URL: setting(
    v.optional(
      url(["http:", "https:"], "must be an http(s) address"),
      "https://openrouter.ai/api/v1",
    ),
    "Where OpenRouter is, or a service that speaks its language.",
    { allowed: "an http(s) address" },
  ),
  OPENROUTER_DATA: setting(
    choice(["deny", "allow", "zdr"], "deny"),
    "Which providers may see prompts: with deny none that trains on them, with zdr none that keeps them, with allow any.",
  ),
};

export const EMBEDDINGS = {
  BEDROCK_REGION: setting(
    textLike(/^[a-z]{2}(-[a-z]+)+-\d$/, "must look like us-east-1"),
    "The region that is asked for vectors, whatever `AWS_REGION` says.",
    {
      allowed: "a region like `us-east-1`",
      example: "us-east-1",
      unset: "`us-east-1`",
      advice: "Set it to use the credentials of an instance role.",
    },
  ),
  AWS_ENDPOINT_URL_BEDROCK_RUNTIME: setting(
    httpAddress(),
    "Another address of Bedrock, as of a private endpoint.",
    { unset: "the region's own" },
  ),
  EMBED_RPM: setting(
    wholeOrNone(1, 1_000_000),
    "Requests a minute at most: your account's quota, where you know it.",
    { unset: "found by trying" },
  ),
  EMBED_CONCURRENCY: setting(whole(8, 1, 64), "Requests for vectors at the same time."),
};

/** Read by the AWS SDK itself, so that Docent only tells of them. */
export const AWS_OWN = {
  AWS_ACCESS_KEY_ID: "The credentials' id.",
  AWS_SECRET_ACCESS_KEY: "The credentials' secret.",
  AWS_SESSION_TOKEN: "With credentials for a time: their token.",
  AWS_PROFILE: "A profile of `~/.aws` to take the credentials from.",
  AWS_BEARER_TOKEN_BEDROCK: "A key of Bedrock's own, in the place of credentials.",
};

const APP_SECRET = /^\S{16,}$/;

export const SLACK = {
  SLACK_BOT_TOKEN: setting(
    v.optional(
      v.pipe(v.string(), v.startsWith("xoxb-", "must start with xoxb- (OAuth & Permissions)")),
    ),
    "The bot's token, for one workspace; in the app's settings, under OAuth & Permissions.",
    { allowed: "starts with `xoxb-`", example: "xoxb-", unset: "no Slack" },
  ),
  SLACK_APP_TOKEN: setting(
    v.optional(
      v.pipe(v.string(), v.startsWith("xapp-", "must start with xapp- (Basic Information)")),
    ),
    "For Socket Mode: the token of the connection, with the scope connections:write; under Basic Information.",
    { allowed: "starts with `xapp-`", example: "xapp-", unset: "no connection is opened" },
  ),
  SLACK_SIGNING_SECRET: setting(
    textLike(APP_SECRET, "does not look like a signing secret (Basic Information)"),
    "For HTTP in the place of Socket Mode: what Slack signs events with, which come to `/slack/events`; under Basic Information.",
    {
      allowed: "16 characters or more, no spaces",
      unset: "nothing is taken over HTTP",
      advice: "With SLACK_APP_TOKEN, Socket Mode is used all the same.",
    },
  ),
  SLACK_CLIENT_ID: setting(
    textLike(/^\d+\.\d+$/, "must look like 1234567890.1234567890 (Basic Information)"),
    "For several workspaces, in the place of the bot token: the app's id, under Basic Information.",
    {
      allowed: "two numbers with a dot",
      advice:
        "Each workspace is then added at `/slack/install`; that needs `SLACK_CLIENT_SECRET`, `SECRET_KEY` and `PUBLIC_URL` too.",
    },
  ),
  SLACK_CLIENT_SECRET: setting(
    textLike(APP_SECRET, "does not look like a client secret (Basic Information)"),
    "The secret that belongs to SLACK_CLIENT_ID.",
    { allowed: "16 characters or more, no spaces" },
  ),
  SLACK_TEAMS: setting(list([]), "The workspaces that are served.", {
    allowed: "team ids, with commas",
    unset: "the one that the bot token belongs to, or the first that was added",
  }),
  SLACK_API_URL: setting(httpAddress(), "Another address of Slack's Web API.", {
    unset: "Slack's own",
    advice: FOR_TESTS,
  }),
  SLACK_FILE_HOSTS: setting(
    list([]),
    "Hosts beside Slack's own that files may come from; they are sent the bot token.",
    { allowed: "hosts, with commas", advice: FOR_TESTS },
  ),
};

export const DISCORD = {
  DISCORD_TOKEN: setting(
    textLike(/^[\w-]{8,}\.[\w-]{4,}\.[\w-]{8,}$/, "does not look like a bot's token (Bot page)"),
    "The bot's token; in the Developer Portal, on the app's Bot page.",
    { allowed: "three parts with dots", unset: "no Discord" },
  ),
  DISCORD_GUILDS: setting(list([]), "The servers that are served.", {
    allowed: "ids of servers, with commas",
    unset: "the first one that Docent hears of",
    advice: "`npm run docent -- allow guild ID` adds one to these.",
  }),
  DISCORD_SHARDS: setting(shards(), "For many processes on one bot: which shards this one holds.", {
    allowed: "numbers of shards, a slash, and how many there are: `0,1/4`",
    unset: "as many as Discord advises, all in this process",
  }),
  DISCORD_API_URL: setting(httpAddress(), "Another address of Discord's API.", {
    unset: "Discord's own",
    advice: "For tests, and for a stand-in of Discord.",
  }),
  DISCORD_FILE_HOSTS: setting(list([]), "Hosts beside Discord's own that files may come from.", {
    allowed: "hosts, with commas",
    advice: "For tests, and for a stand-in of Discord.",
  }),
};
