// For trying Docent by hand: node tests/support/serve-openrouter.ts [port], then OPENROUTER_BASE_URL=the address.
import { startOpenRouter } from "./openrouter.ts";

const PACE_MS = 30;

const { url } = await startOpenRouter({ port: Number(process.argv[2] ?? 0), paceMs: PACE_MS });
process.stdout.write(`OPENROUTER_BASE_URL=${url}\n`);
