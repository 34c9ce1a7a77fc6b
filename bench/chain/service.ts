import type { ModelReply } from "../../tests/support/openrouter.ts";
import { startProgram } from "../../tests/support/program.ts";

const ENTRY = new URL("serve.ts", import.meta.url).href;

export interface ServiceScript {
  /** Before each word of an answer. */
  firstTokenMs: number;
  /** What each model does with every request. */
  replies: [model: string, reply: ModelReply][];
}

/** Starts the models, which end with the stack. @returns the base URL */
export async function startService(
  stack: AsyncDisposableStack,
  script: ServiceScript,
): Promise<string> {
  const service = startProgram(ENTRY, JSON.stringify(script));
  stack.defer(() => service.kill());
  const url = await service.line();
  if (!url) throw new Error("the models did not start");
  return url;
}
