// For trying Docent by hand: node tests/support/serve-bedrock.ts [port], then the printed setting and any AWS key.
import { startBedrock } from "./bedrock.ts";

const LATENCY_MS = 100;

const { url } = await startBedrock({ port: Number(process.argv[2] ?? 0), latencyMs: LATENCY_MS });
process.stdout.write(`AWS_ENDPOINT_URL_BEDROCK_RUNTIME=${url}\n`);
