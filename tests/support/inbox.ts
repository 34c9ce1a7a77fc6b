import type { Inbox } from "../../src/chat.ts";

/** For the inboxes of tests that are about events alone: no commands, and nothing was missed. */
export const noCommands: Omit<Inbox, "accept"> = {
  command: async () => ({ done: false, text: "Nobody does that here." }),
  refusal: async () => null,
  complete: async () => [],
  serves: async () => true,
  home: async () => null,
  gap: async () => null,
  caughtUp: async () => undefined,
  peopleChanged: async () => undefined,
  personChanged: async () => undefined,
};
