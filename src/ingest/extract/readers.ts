/** Which reader reads which kind of file. A further kind is one more file and one more line here. */
import type { FileKind } from "./kinds.ts";
import { pdfReader } from "./pdf.ts";
import type { Reader } from "./reader.ts";
import { textReader } from "./text.ts";

export async function loadReaders(): Promise<Record<FileKind, Reader>> {
  return {
    pdf: await pdfReader(),
    markdown: textReader("markdown"),
    text: textReader("text"),
  };
}
