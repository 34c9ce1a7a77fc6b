/**
 * The raw text of single pages, from PDFium. Its order and its words are right where layout analysis
 * fails (right-to-left and vertical writing); it knows no headings and tables.
 */
import { PDFiumModule } from "@hyzyla/pdfium";

type PDFium = Awaited<ReturnType<typeof PDFiumModule>>;

const PASSWORD_WANTED = 4;
const UNKNOWN_SECURITY = 5;

export interface RawPdf {
  pages: number;
  /** @param page counted from 1 @returns the text, or an empty one where the page can't be read */
  textOf(page: number): string;
  close(): void;
}

export type OpenedRawPdf = RawPdf | "encrypted" | "malformed";

/** @returns the function that opens documents, one at a time */
export async function loadPdfium(): Promise<(bytes: Uint8Array) => OpenedRawPdf> {
  const engine = await PDFiumModule({});
  engine._FPDF_InitLibraryWithConfig({ version: 2 });
  return (bytes) => open(engine, bytes);
}

function open(engine: PDFium, bytes: Uint8Array): OpenedRawPdf {
  const memory = engine.wasmExports.malloc(bytes.length);
  if (memory === 0) throw new RangeError("no memory for the document");
  engine.HEAPU8.set(bytes, memory);
  const handle = engine._FPDF_LoadMemDocument(memory, bytes.length, 0);
  if (handle === 0) {
    const code = engine._FPDF_GetLastError();
    engine.wasmExports.free(memory);
    return code === PASSWORD_WANTED || code === UNKNOWN_SECURITY ? "encrypted" : "malformed";
  }
  return {
    pages: engine._FPDF_GetPageCount(handle),
    textOf: (page) => textOf(engine, handle, page),
    close() {
      engine._FPDF_CloseDocument(handle);
      engine.wasmExports.free(memory);
    },
  };
}

function textOf(engine: PDFium, handle: number, number: number): string {
  const page = engine._FPDF_LoadPage(handle, number - 1);
  if (page === 0) return "";
  const text = engine._FPDFText_LoadPage(page);
  const read = text === 0 ? "" : readText(engine, text);
  if (text !== 0) engine._FPDFText_ClosePage(text);
  engine._FPDF_ClosePage(page);
  return read;
}

function readText(engine: PDFium, text: number): string {
  const chars = engine._FPDFText_CountChars(text);
  if (chars <= 0) return "";
  const buffer = engine.wasmExports.malloc((chars + 1) * 2);
  if (buffer === 0) throw new RangeError("no memory for the text of a page");
  const length = engine._FPDFText_GetText(text, 0, chars, buffer);
  const bytes = engine.HEAPU8.slice(buffer, buffer + Math.max(0, length - 1) * 2);
  engine.wasmExports.free(buffer);
  return new TextDecoder("utf-16le").decode(bytes);
}
