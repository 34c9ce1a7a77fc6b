/** A loopback Bedrock as a process of its own: it takes none of the time that is measured. */
import { startBedrock } from "../tests/support/bedrock.ts";

const { url } = await startBedrock({ latencyMs: Number(process.argv[2]) });
process.stdout.write(`${url}\n`);
// However its parent ends, this ends too.
process.stdin.resume().once("close", () => process.exit());
