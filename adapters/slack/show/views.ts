import type { types } from "@slack/bolt";
import { plainText } from "./buttons.ts";
import { CALLBACKS, encodeTarget, type Target } from "./target.ts";

/** Where a modal's one text stands in `view.state.values`. */
export const INPUT = { blockId: "docent_input", actionId: "docent_text" } as const;

const REASON_CHARS_MAX = 1_000;
const QUESTION_CHARS_MAX = 3_000;

/** Asks why an answer was bad. The rating itself stands already. */
export function reasonView(target: Target): types.ModalView {
  const who = "Whoever runs Docent and this workspace's admins can read it.";
  const label = "What was wrong? (optional)";
  return {
    ...modal(CALLBACKS.reason, "Thank you", target),
    blocks: [input({ label, charsMax: REASON_CHARS_MAX, optional: true }), small(who)],
  };
}

/** Asks what somebody wants to know about a message. */
export function askView(target: Target): types.ModalView {
  const label = "What would you like to know?";
  return {
    ...modal(CALLBACKS.asked, "Ask about this", target),
    blocks: [
      input({ label, charsMax: QUESTION_CHARS_MAX, optional: false }),
      small("The answer comes in the message's thread, where everybody here can read it."),
    ],
  };
}

/** In the place of the form where Docent is not. */
export function inviteView(): types.ModalView {
  const text =
    "I am not in this conversation, so I can neither read this message nor answer here. In a channel, invite me " +
    "with /invite @docent and try again. Else send me the file in a direct message.";
  return {
    type: "modal",
    title: plainText("Ask about this"),
    close: plainText("Close"),
    blocks: [{ type: "section", text: plainText(text) }],
  };
}

function modal(
  callback_id: string,
  title: string,
  target: Target,
): Omit<types.ModalView, "blocks"> {
  const words = { title: plainText(title), submit: plainText("Send"), close: plainText("Cancel") };
  return { type: "modal", callback_id, private_metadata: encodeTarget(target), ...words };
}

interface Field {
  label: string;
  charsMax: number;
  optional: boolean;
}

function input({ label, charsMax, optional }: Field): types.KnownBlock {
  return {
    type: "input",
    block_id: INPUT.blockId,
    label: plainText(label),
    optional,
    element: {
      type: "plain_text_input",
      action_id: INPUT.actionId,
      multiline: true,
      max_length: charsMax,
    },
  };
}

function small(text: string): types.KnownBlock {
  return { type: "context", elements: [plainText(text)] };
}
