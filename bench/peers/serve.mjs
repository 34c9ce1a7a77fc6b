/**
 * One of the libraries that Docent is measured against, as a process of its own: `node serve.mjs NAME DATABASE_URL`,
 * then one request a message, each answered with how long it took here, and what came of it.
 */
import * as langchain from "./langchain.mjs";
import * as llamaindex from "./llamaindex.mjs";

const PEERS = { langchain, llamaindex };

const [name, databaseUrl] = process.argv.slice(2);
const peer = await PEERS[name].open(databaseUrl);

process.on("message", (request) => void answer(request));
// However its parent ends, this ends too.
process.on("disconnect", () => process.exit());
process.send({ ms: 0, output: "ready" });

async function answer({ call, input }) {
  const startedAtMs = performance.now();
  try {
    const output = await peer[call](input);
    process.send({ ms: performance.now() - startedAtMs, output });
  } catch (error) {
    process.send({ error: String(error) });
  }
}
