/** The posting process of the Discord adapter: it has nothing but the bot's token. */
import { pino } from "pino";
import { createDiscord } from "../../adapters/discord/discord.ts";
import { TOKEN } from "../support/discord/world.ts";
import { servePost } from "./elsewhere.ts";

const log = pino({ level: "silent" });
const { adapter } = createDiscord({ token: TOKEN, apiUrl: process.argv[2], paceMs: 50, log });
await servePost(adapter);
