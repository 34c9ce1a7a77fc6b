import type { FilesInfoResponse } from "@slack/web-api";
import { FileRejected } from "../../../src/errors.ts";
import { isCanvas } from "../events/file-kinds.ts";
import type { FileFacts } from "../events/look-up.ts";

const HEAD_BYTES = 4_096;
const HTML = /^\s*<(?:!doctype html|html)\b/i;
/** Marks of Slack's login page, in whatever language it is. */
const SIGN_IN = /\|\s*slack\s*<\/title>|["'/]sign-?_?in\b/i;
const PAGE_START = Buffer.from("<!doctype html>\n");

/**
 * The bytes of a download. Without access to a file Slack answers 200 with the HTML of its login page.
 * @throws {FileRejected} refused, where it did
 */
export async function* fileBody(response: Response, facts: FileFacts): AsyncGenerator<Uint8Array> {
  if (!response.body) return;
  if (isLoginType(response, facts)) throw loginPage();
  let head: Buffer | null = Buffer.alloc(0);
  for await (const piece of response.body) {
    if (head === null) {
      yield piece;
      continue;
    }
    head = Buffer.concat([head, piece]);
    if (head.length < HEAD_BYTES) continue;
    yield checked(head, facts);
    head = null;
  }
  if (head?.length) yield checked(head, facts);
}

/** What Slack itself says is in a file for which it offers no download. @throws {FileRejected} refused: nothing */
export async function* inlineBody({
  file,
  content,
  is_truncated,
}: FilesInfoResponse): AsyncGenerator<Uint8Array> {
  const whole = is_truncated ? undefined : content;
  const preview = file?.preview_is_truncated ? undefined : file?.preview;
  const text = whole || file?.plain_text || preview;
  if (!text) {
    throw new FileRejected(
      "refused",
      "Slack does not give me this file: please share it as a PDF or a text file.",
    );
  }
  yield Buffer.from(text);
}

function isLoginType({ headers }: Response, facts: FileFacts): boolean {
  if (!headers.get("content-type")?.startsWith("text/html") || isCanvas(facts)) return false;
  const isAttachment = headers.get("content-disposition")?.startsWith("attachment") ?? false;
  return !(isAttachment && facts.mimetype === "text/html");
}

function checked(head: Buffer, facts: FileFacts): Buffer {
  const start = head.toString("latin1");
  const isPage = HTML.test(start);
  if (isCanvas(facts)) {
    if (isPage && SIGN_IN.test(start)) throw loginPage();
    // A canvas comes as HTML that does not always say so.
    return isPage ? head : Buffer.concat([PAGE_START, head]);
  }
  if (isPage && !facts.mimetype?.startsWith("text/")) throw loginPage();
  return head;
}

function loginPage(): FileRejected {
  return new FileRejected(
    "refused",
    "Slack asked me to log in instead of giving the file: I may not download it here.",
  );
}
