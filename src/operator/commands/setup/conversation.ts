import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { ConfigError } from "../../../errors.ts";

export type Input = NodeJS.ReadableStream & { isTTY?: boolean };

/** Questions to the operator, one after the other. */
export interface Conversation extends Disposable {
  /** @throws {Error} an AbortError when they leave */
  ask(question: string): Promise<string>;
  /** The same, and what they type is not shown. */
  askSecret(question: string): Promise<string>;
  /** A yes or a no; without an answer, no. */
  agrees(question: string): Promise<boolean>;
}

export function converse(input: Input, output: NodeJS.WritableStream): Conversation {
  let hidden = false;
  const shown = new Writable({
    write(piece, _encoding, done) {
      if (!hidden) output.write(piece);
      done();
    },
  });
  const isTerminal = input.isTTY === true;
  // Without a history: it would bring secrets back with the arrow up.
  const lines = createInterface({ input, output: shown, terminal: isTerminal, historySize: 0 });
  lines.on("SIGINT", () => lines.close());
  let closed = false;
  lines.on("close", () => (closed = true));
  const answers = lines[Symbol.asyncIterator]();
  const ask = async (question: string, secret: boolean) => {
    if (isTerminal && !closed) {
      // So that the question stays while they correct what they type.
      lines.setPrompt(question);
      lines.prompt();
    } else output.write(question);
    hidden = secret;
    const { value, done } = await answers.next();
    hidden = false;
    if (secret || !isTerminal) output.write("\n");
    if (done) throw ended(isTerminal);
    return value.trim();
  };
  return {
    ask: (question) => ask(question, false),
    askSecret: (question) => ask(question, true),
    agrees: async (question) => /^y(es)?$/i.test(await ask(`${question} [y/N] `, false)),
    [Symbol.dispose]: () => lines.close(),
  };
}

function ended(isTerminal: boolean): Error {
  if (isTerminal) return new DOMException("the operator left", "AbortError");
  return new ConfigError("The input ended before everything was asked. In a script, use --yes.");
}
