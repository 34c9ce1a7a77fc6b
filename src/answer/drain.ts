import type { ReplyPart } from "../chat.ts";

/**
 * Reads a reply as fast as it comes, whatever the pace of who shows it: a platform that makes us wait
 * must not look like a model that has stalled. Texts that wait are joined; a restart drops those before it.
 * Bounded, because a reply is (ANSWER_CHARS_MAX).
 * @param stop called when whoever shows the reply leaves early, so that nobody goes on paying for it
 */
export async function* drain(
  reply: AsyncIterable<ReplyPart>,
  stop: () => void,
): AsyncGenerator<ReplyPart> {
  const waiting: ReplyPart[] = [];
  let wake: (() => void) | undefined;
  let ended = false;
  let failure: { error: unknown } | null = null;

  const iterator = reply[Symbol.asyncIterator]();
  const read = async (): Promise<void> => {
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      join(waiting, next.value);
      wake?.();
    }
  };
  const reading = read()
    .catch((error: unknown) => {
      failure = { error };
    })
    .finally(() => {
      ended = true;
      wake?.();
    });

  try {
    for (;;) {
      const part = waiting.shift();
      if (part) yield part;
      else if (ended) break;
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
    await reading;
    rethrow(failure);
  } finally {
    if (!ended) {
      stop();
      await iterator.return?.();
    }
  }
}

function rethrow(failure: { error: unknown } | null): void {
  if (failure) throw failure.error;
}

function join(waiting: ReplyPart[], part: ReplyPart): void {
  const last = waiting.at(-1);
  if (part.kind === "text" && last?.kind === "text") {
    waiting[waiting.length - 1] = { kind: "text", text: last.text + part.text };
    return;
  }
  if (part.kind === "restart") {
    const kept = waiting.filter((earlier) => earlier.kind !== "text");
    waiting.splice(0, waiting.length, ...kept);
  }
  waiting.push(part);
}
