import { startProgram } from "../tests/support/program.ts";

const ENTRY = new URL("serve-bedrock.ts", import.meta.url).href;

export const EMBEDDING_MS = 100;

/** Starts an embedder that takes so long for each text; it ends with the stack. @returns its URL */
export async function startEmbedder(stack: AsyncDisposableStack): Promise<string> {
  const service = startProgram(ENTRY, String(EMBEDDING_MS));
  stack.defer(() => service.kill());
  const url = await service.line();
  if (!url) throw new Error("the embedder did not start");
  return url;
}
