// For trying Docent by hand: node tests/support/serve-discord.ts [port], then the two settings it prints.
import { startDiscord } from "./discord.ts";

const { apiUrl, host, token } = await startDiscord({ port: Number(process.argv[2] ?? 0) });
process.stdout.write(
  `DISCORD_TOKEN=${token}\nDISCORD_API_URL=${apiUrl}\nDISCORD_FILE_HOSTS=${host}\n`,
);
