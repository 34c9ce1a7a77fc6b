import type { Citation, ReplyPart } from "../../src/chat.ts";

/** A reply as it stands at the end, and everything that was ever shown of it. */
export interface Reply {
  text: string;
  citations: Citation[];
  /** All that people saw, also what was taken back, with quotes, file names and footers. */
  shown: string;
}

export function replyOf(parts: readonly ReplyPart[]): Reply {
  const reply: Reply = { text: "", citations: [], shown: "" };
  let said = "";
  for (const part of parts) {
    switch (part.kind) {
      case "text":
        reply.text += part.text;
        said += part.text;
        break;
      case "restart":
        reply.text = "";
        said += `\n${part.note}\n`;
        break;
      case "citations":
        reply.citations = part.citations;
        said += part.citations.map((one) => `\n${one.fileName} ${one.where} ${one.quote}`).join("");
        break;
      case "status":
      case "footer":
        said += `\n${part.text}\n`;
        break;
      default:
        part satisfies never;
    }
  }
  return { ...reply, shown: said };
}
