import {
  type APILabelComponent,
  type APIModalInteractionResponseCallbackData,
  ComponentType,
  type ModalSubmitLabelComponent,
  TextInputStyle,
} from "discord.js";
import { encodeOther, encodeTarget, type Target } from "./target.ts";

/** The custom id of a form's one text. */
const INPUT = "docent_text";

const REASON_CHARS_MAX = 1_000;
const QUESTION_CHARS_MAX = 3_000;

export type Modal = APIModalInteractionResponseCallbackData;

/** Asks why an answer was bad. The rating itself stands already. */
export function reasonModal(target: Target): Modal {
  const description = "Optional. Whoever runs Docent and this server's admins can read it.";
  const words = { label: "What was wrong?", description };
  const field = { ...words, charsMax: REASON_CHARS_MAX, required: false };
  const custom_id = encodeTarget("reason", target);
  return { custom_id, title: "Thank you", components: [input(field)] };
}

/** Asks what somebody wants to know about a message. */
export function askModal(messageId: string): Modal {
  const field = {
    label: "What would you like to know?",
    description: "Whoever reads this conversation can read the answer.",
    charsMax: QUESTION_CHARS_MAX,
    required: true,
    value: "What does this say?",
  };
  const custom_id = encodeOther("asked", messageId);
  return { custom_id, title: "Ask about this", components: [input(field)] };
}

/** What was written into one of these forms. */
export function textOf(components: readonly (ModalSubmitLabelComponent | object)[]): string {
  for (const one of components) {
    if (!("component" in one)) continue;
    const { component } = one;
    if (component.type === ComponentType.TextInput && component.custom_id === INPUT) {
      return component.value.trim();
    }
  }
  return "";
}

interface Field {
  label: string;
  description: string;
  charsMax: number;
  required: boolean;
  value?: string;
}

function input({ label, description, charsMax, required, value }: Field): APILabelComponent {
  return {
    type: ComponentType.Label,
    label,
    description,
    component: {
      type: ComponentType.TextInput,
      custom_id: INPUT,
      style: TextInputStyle.Paragraph,
      max_length: charsMax,
      required,
      ...(value !== undefined && { value }),
    },
  };
}
