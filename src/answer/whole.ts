import type { ReplyPart } from "../chat.ts";

/** The same reply for somebody who wants it all at once: what is being done is told, the rest when it is complete. */
export async function* whole(reply: AsyncIterable<ReplyPart>): AsyncGenerator<ReplyPart> {
  let parts: ReplyPart[] = [];
  for await (const part of reply) {
    if (part.kind === "status") yield part;
    else if (part.kind === "restart") parts = [];
    else parts.push(part);
  }
  yield* parts;
}
