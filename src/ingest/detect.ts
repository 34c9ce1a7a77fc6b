/** What a file is: by its content, with its name as a witness that may contradict but never decides. */
import { fileTypeFromBuffer } from "file-type";
import { FileRejected } from "../errors.ts";
import { charsetOf, SAMPLE_BYTES } from "./extract/charset.ts";
import { FAMILIES, type Family, type FileKind, familyOf } from "./extract/kinds.ts";

/** How much of the beginning of a file is looked at. */
export const HEAD_BYTES = SAMPLE_BYTES;
/** Some programs write a few lines before the header of a PDF. */
const PDF_HEADER_WITHIN_BYTES = 1024;
const PDF_HEADER = /%PDF-\d/;
const WEB_PAGE =
  /^\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--[\s\S]{0,2000}?-->\s*)*<(?:!doctype\s+html|html|head)\b/i;
/** A container of Microsoft's: old Office files, and new ones under a password. */
const COMPOUND = "cfb";
const MODERN_OFFICE = new Set([
  "docx",
  "docm",
  "dotx",
  "xlsx",
  "xlsm",
  "xltx",
  "pptx",
  "pptm",
  "ppsx",
]);
/** Families whose files are text inside: only the name tells them from each other. */
const TEXT_INSIDE = new Set<Family>(["text", "markdown", "table", "structured", "mail", "web"]);
const GENERIC_REFUSAL =
  "I can't read this kind of file; share it as PDF, plain text (.txt) or Markdown (.md).";

/**
 * @param head the first {@link HEAD_BYTES} of the file, or all of it
 * @throws {FileRejected} empty, encrypted, unsupported (a kind without a reader), malformed (the name lies)
 */
export async function detect(file: { name: string; head: Uint8Array }): Promise<FileKind> {
  if (file.head.length === 0) throw new FileRejected("empty", "This file is empty.");
  const extension = extensionOf(file.name);
  const named = familyOf(extension);
  const found = await familyInside(file.head, extension);
  if (found === null) return unrecognised(named);
  if (found === "web" && named !== "web") throw signInPage();
  const family = found === "text" && named !== null && TEXT_INSIDE.has(named) ? named : found;
  if (named !== null && named !== family) throw misnamed(extension, family);
  return readable(family);
}

/** @returns never: neither text nor a known format; its name may at least say what it was meant to be */
function unrecognised(named: Family | null): FileKind {
  if (named !== null && FAMILIES[named].refusal !== null) return readable(named);
  throw new FileRejected("unsupported", GENERIC_REFUSAL);
}

function readable(family: Family): FileKind {
  if (family === "pdf" || family === "markdown" || family === "text") return family;
  const refusal = FAMILIES[family].refusal;
  if (refusal === null) return "text";
  throw new FileRejected("unsupported", `${refusal.many} can't be read yet; ${refusal.advice}.`);
}

/** @returns null for something that is neither text nor recognised */
async function familyInside(head: Uint8Array, extension: string): Promise<Family | null> {
  const start = Buffer.from(head.subarray(0, PDF_HEADER_WITHIN_BYTES)).toString("latin1");
  if (PDF_HEADER.test(start) && !mentionsPdf(start, extension)) return "pdf";
  const type = (await fileTypeFromBuffer(head))?.ext;
  if (type === COMPOUND) return compoundFamily(extension);
  if (type !== undefined) return familyOf(type === "zip" ? zipKind(extension) : type);
  if (charsetOf(head) === null) return null;
  return WEB_PAGE.test(decodedStart(head)) ? "web" : "text";
}

/** A text about PDFs may well show such a header, but not as its first characters. */
function mentionsPdf(start: string, extension: string): boolean {
  const family = familyOf(extension);
  return !start.startsWith("%PDF-") && (family === "text" || family === "markdown");
}

function compoundFamily(extension: string): Family | null {
  if (MODERN_OFFICE.has(extension)) {
    throw new FileRejected(
      "encrypted",
      "This file is protected with a password; share a copy without one.",
    );
  }
  return familyOf(extension);
}

/** The type of an Office file can stand too far behind in its archive to be seen at the beginning. */
function zipKind(extension: string): string {
  const named = familyOf(extension);
  const isPacked = named === "word" || named === "spreadsheet" || named === "slides";
  return isPacked || named === "book" || named === "program" ? extension : "zip";
}

function decodedStart(head: Uint8Array): string {
  const charset = charsetOf(head) ?? "utf-8";
  const start = head.subarray(0, 4096);
  return new TextDecoder(charset.startsWith("utf-16") ? charset : "utf-8").decode(start);
}

function signInPage(): FileRejected {
  return new FileRejected(
    "malformed",
    "This is a web page under another name, perhaps a sign-in page saved in place of the file; open the original, download it again and share that.",
  );
}

function misnamed(extension: string, family: Family): FileRejected {
  return new FileRejected(
    "malformed",
    `This file is named .${extension} but is ${FAMILIES[family].one} inside; give it the right name and share it again.`,
  );
}

/** @returns lower case, without the dot; empty where the name has none */
function extensionOf(name: string): string {
  return /\.([^./\\\s]{1,10})$/.exec(name)?.[1]?.toLowerCase() ?? "";
}
