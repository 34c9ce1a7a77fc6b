import type { Inbox } from "../../src/chat.ts";

/** For the inboxes of tests that are about events alone. */
export const noCommands: Pick<Inbox, "command"> = {
  command: async () => ({ done: false, text: "Nobody does that here." }),
};
