/** The posting process of the Slack adapter: it has nothing but the bot's token. */
import { pino } from "pino";
import { createSlack } from "../../adapters/slack/slack.ts";
import { NOT_LISTED } from "../support/outsiders.ts";
import { APP_TOKEN, BOT_TOKEN } from "../support/slack-world.ts";
import { servePost } from "./elsewhere.ts";

const log = pino({ level: "silent" });
const tokens = { botToken: BOT_TOKEN, appToken: APP_TOKEN };
const reached = { apiUrl: process.argv[2], people: NOT_LISTED };
const { adapter } = createSlack({ ...tokens, ...reached, paceMs: 50, log });
await servePost(adapter);
