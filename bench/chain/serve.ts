/** A loopback OpenRouter as a process of its own: it takes none of the time that is measured. */
import { startOpenRouter } from "../../tests/support/openrouter.ts";
import type { ServiceScript } from "./service.ts";

const { firstTokenMs, replies } = JSON.parse(process.argv[2] ?? "") as ServiceScript;
const service = await startOpenRouter({ paceMs: firstTokenMs });
for (const [model, reply] of replies) service.always(model, reply);
process.stdout.write(`${service.url}\n`);
// However its parent ends, this ends too.
process.stdin.resume().once("close", () => process.exit());
