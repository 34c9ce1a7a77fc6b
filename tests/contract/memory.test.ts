import type { Inbox } from "../../src/chat.ts";
import { createMemoryChat, memoryPlace, replyText, serveBoard } from "../support/memory.ts";
import { contract, type Delivery } from "./adapter.ts";
import { postElsewhere } from "./elsewhere.ts";

const POSTER = new URL("./memory-poster.ts", import.meta.url);

contract("in-memory", {
  async open(inbox: Inbox) {
    const chat = createMemoryChat();
    await chat.adapter.listen(inbox);
    const board = await serveBoard(chat.board);
    return {
      adapter: chat.adapter,
      place: memoryPlace("general"),
      facts: { member: "ada", guest: "guest", inner: "leads" },
      share: (file) => delivery(chat.share(file)),
      ask: (text) => delivery(chat.ask({ text })),
      redeliver: chat.redeliver,
      remove: chat.remove,
      postElsewhere: (job) => postElsewhere(POSTER, board.url, job),
      shown: async ({ messageId }) =>
        chat.replies
          .filter((reply) => reply.question === messageId)
          .map((reply) => ({ id: reply.id, text: replyText(reply) })),
      async close() {
        await chat.adapter.close();
        board.close();
      },
    };
  },
});

function delivery(event: Promise<unknown>): Promise<Delivery> {
  return event.then(
    () => ({ acknowledged: true }),
    () => ({ acknowledged: false }),
  );
}
