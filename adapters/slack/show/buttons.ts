import type { types } from "@slack/bolt";
import { ACTIONS, encodeTarget, type MenuChoice, type Target } from "./target.ts";

const CHOICES: Record<MenuChoice, string> = {
  private: "Search privately",
  regenerate: "Answer again",
  sources: "All sources",
  mute: "Stay quiet in this thread",
};

export function plainText(text: string) {
  return { type: "plain_text", text, emoji: false } as const;
}

/** What stands under an answer: a word on whether it helped, and one menu. */
export function buttons(target: Target, offered: MenuChoice[]): types.KnownBlock[] {
  const encoded = encodeTarget(target);
  const options = offered.map((value) => ({ text: plainText(CHOICES[value]), value }));
  return [
    {
      type: "context_actions",
      block_id: `rate:${encoded}`,
      elements: [
        {
          type: "feedback_buttons",
          action_id: ACTIONS.rate,
          positive_button: {
            text: plainText("Good answer"),
            accessibility_label: "This answer helped",
            value: "up",
          },
          negative_button: {
            text: plainText("Bad answer"),
            accessibility_label: "This answer did not help",
            value: "down",
          },
        },
      ],
    },
    {
      type: "actions",
      block_id: `menu:${encoded}`,
      elements: [{ type: "overflow", action_id: ACTIONS.menu, options }],
    },
  ];
}

/** @param hidden there are more sources than the answer shows */
export function menuFor(channelId: string, hidden: boolean): MenuChoice[] {
  // A direct message is private, and everything in it is for us. Slack once wanted two choices in a menu.
  if (channelId.startsWith("D")) return ["regenerate", "sources"];
  return ["private", "regenerate", ...(hidden ? (["sources"] as const) : []), "mute"];
}
