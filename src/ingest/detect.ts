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
const MODERN_OFFICE = new Set("docx docm dotx dotm xlsx xlsm xltx pptx pptm ppsx".split(" "));
/** Names of the streams in such a container, as they are written there. */
const ENCRYPTED_STREAM = Buffer.from("EncryptedPackage", "utf16le");
const OLD_STREAMS = ["WordDocument", "Workbook", "PowerPoint Document"].map((name) =>
  Buffer.from(name, "utf16le"),
);
const COMPOUND_FAMILIES = new Set<Family>(["word", "spreadsheet", "slides", "mail", "program"]);
/** Families whose files are text inside: only the name tells them from each other. */
const TEXT_INSIDE = new Set<Family>([
  "text",
  "markdown",
  "code",
  "table",
  "json",
  "mail",
  "web",
  "drawing",
]);
/** Text that may well begin like a web page. */
const MAY_HOLD_WEB = new Set<Family | null>([null, "web", "code"]);
const GENERIC_REFUSAL =
  "I can't read this kind of file; share it as PDF, plain text (.txt) or Markdown (.md).";

/** What the content is, and by what extension files of that content go. */
interface Inside {
  family: Family;
  type: string;
}

/**
 * @param head the first {@link HEAD_BYTES} of the file, or all of it
 * @throws {FileRejected} empty, encrypted, unsupported (a kind without a reader), malformed (the name lies)
 */
export async function detect(file: { name: string; head: Uint8Array }): Promise<FileKind> {
  if (file.head.length === 0) throw new FileRejected("empty", "This file is empty.");
  const extension = extensionOf(file.name);
  const named = familyOf(extension);
  const inside = await whatIsInside(file.head, extension);
  if (inside === null) return unrecognised(extension, named);
  const { family, type } = byName(inside, extension, named);
  if (named !== null && named !== family) throw misnamed(extension, family);
  return readable(family, type);
}

/** Where the content leaves it open, the name decides. */
function byName(inside: Inside, extension: string, named: Family | null): Inside {
  if (inside.family === "web" && !MAY_HOLD_WEB.has(named)) throw signInPage();
  const isOpen = TEXT_INSIDE.has(inside.family) && named !== null && TEXT_INSIDE.has(named);
  return isOpen && named !== null ? { family: named, type: extension } : inside;
}

/** @returns never: neither text nor a known format; its name may at least say what it was meant to be */
function unrecognised(extension: string, named: Family | null): FileKind {
  if (named !== null && FAMILIES[named].kind === null) return readable(named, extension);
  throw new FileRejected("unsupported", GENERIC_REFUSAL);
}

function readable(family: Family, type: string): FileKind {
  const { kind, refusal } = FAMILIES[family];
  const isRefused = refusal !== null && (refusal.of === "all" || refusal.of.includes(type));
  if (kind !== null && !isRefused) return kind;
  const { many, advice } = refusal ?? { many: "Such files", advice: "share a PDF" };
  throw new FileRejected("unsupported", `${many} can't be read; ${advice}.`);
}

/** @returns null for something that is neither text nor recognised */
async function whatIsInside(head: Uint8Array, extension: string): Promise<Inside | null> {
  const start = Buffer.from(head.subarray(0, PDF_HEADER_WITHIN_BYTES)).toString("latin1");
  if (PDF_HEADER.test(start) && !mentionsPdf(start, extension)) return inside("pdf");
  const type = (await fileTypeFromBuffer(head))?.ext;
  if (type === COMPOUND) return compound(head, extension);
  const isText = charsetOf(head) !== null;
  if (type !== undefined && !isMarkup(type) && !(isText && isWritten(type, extension))) {
    return inside(type === "zip" ? zipKind(extension) : type);
  }
  if (!isText) return null;
  return inside(WEB_PAGE.test(decodedStart(head)) ? "html" : "txt");
}

/** Text with angle brackets: what it is for, its name and its first words say. */
function isMarkup(type: string): boolean {
  return familyOf(type) === "code";
}

/** A text may begin with the four letters by which a film is known: "/// free …". */
function isWritten(type: string, extension: string): boolean {
  const named = familyOf(extension);
  return named !== null && TEXT_INSIDE.has(named) && type !== "rtf";
}

function inside(type: string): Inside | null {
  const family = familyOf(type);
  return family === null ? null : { family, type };
}

/** A text about PDFs may well show such a header, but not as its first characters. */
function mentionsPdf(start: string, extension: string): boolean {
  const family = familyOf(extension);
  return !start.startsWith("%PDF-") && family !== null && TEXT_INSIDE.has(family);
}

function compound(head: Uint8Array, extension: string): Inside | null {
  const bytes = Buffer.from(head);
  const isOld = OLD_STREAMS.some((name) => bytes.includes(name));
  if (bytes.includes(ENCRYPTED_STREAM) || (MODERN_OFFICE.has(extension) && !isOld)) {
    throw new FileRejected(
      "encrypted",
      "This file is protected with a password; share a copy without one.",
    );
  }
  // One that was only renamed is of the old format still.
  const type = MODERN_OFFICE.has(extension) ? extension.replace(/[xm]$/, "") : extension;
  const found = inside(type);
  return found !== null && COMPOUND_FAMILIES.has(found.family) ? found : null;
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
