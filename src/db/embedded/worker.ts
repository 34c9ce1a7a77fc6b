/** The thread that PGlite runs in: a query keeps its thread busy until it is done. */
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { PGlite } from "@electric-sql/pglite";
import { ENGINE_OPTIONS } from "./options.ts";
import { query, type Reply, readReply } from "./wire.ts";

const MIB = 1024 * 1024;
const KIB = 1024;

/** How much may be written before a checkpoint: nobody else makes one here, and the log would only grow. */
const CHECKPOINT_BYTES = 32 * MIB;
/** What a unit is reckoned to write beside its own length. */
const UNIT_BYTES = 8 * KIB;

export type ToWorker = { kind: "run"; unit: Uint8Array<ArrayBuffer> } | { kind: "close" };
export type FromWorker = { kind: "ready" } | { kind: "reply"; reply: Reply };

async function run(engine: PGlite, unit: Uint8Array): Promise<Reply> {
  const chunks: Uint8Array[] = [];
  // The bytes are the engine's own memory, and written over after the call.
  const onRawData = (bytes: Uint8Array) => chunks.push(bytes.slice());
  await engine.execProtocolRawStream(unit, { syncToFs: false, onRawData });
  return readReply(chunks);
}

async function serve(port: MessagePort): Promise<void> {
  const engine = await PGlite.create(workerData.folder, ENGINE_OPTIONS);
  let unsavedBytes = 0;
  const handle = async (message: ToWorker) => {
    if (message.kind === "close") {
      await engine.close();
      port.close();
      return;
    }
    const reply = await run(engine, message.unit);
    const { status } = reply;
    const answer: FromWorker = { kind: "reply", reply };
    port.postMessage(answer, [reply.response.buffer, reply.notices.buffer]);
    unsavedBytes += message.unit.length + UNIT_BYTES;
    if (status === "I" && unsavedBytes > CHECKPOINT_BYTES) {
      unsavedBytes = 0;
      await run(engine, query("checkpoint"));
    }
  };
  port.on("message", (message: ToWorker) => {
    handle(message).catch(endThread);
  });
  port.postMessage({ kind: "ready" } satisfies FromWorker);
}

/** Thrown outside of any promise, an error ends the thread; the one that started it hears the error. */
function endThread(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}

if (parentPort) await serve(parentPort);
