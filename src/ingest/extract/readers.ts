/** Which reader reads which kind of file. A further kind is one more file and one more line here. */
import { readCode } from "./code.ts";
import { readCsv } from "./csv.ts";
import { readDocx } from "./docx.ts";
import { readHtml } from "./html.ts";
import { readJson } from "./json.ts";
import type { FileKind } from "./kinds.ts";
import { pdfReader } from "./pdf.ts";
import type { Reader } from "./reader.ts";
import { textReader } from "./text.ts";

export async function loadReaders(): Promise<Record<FileKind, Reader>> {
  return {
    pdf: await pdfReader(),
    docx: readDocx,
    html: readHtml,
    csv: readCsv,
    json: readJson,
    code: readCode,
    markdown: textReader("markdown"),
    text: textReader("text"),
  };
}
