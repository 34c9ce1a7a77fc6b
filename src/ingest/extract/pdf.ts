/** PDF with text: Markdown by layout, page by page; raw text for the pages where layout fails. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import initLiteParse, {
  LiteParse,
  type ParseBatch,
  type ParsedPage,
  type ParseSession,
} from "@llamaindex/liteparse-wasm";
import { FileRejected } from "../../errors.ts";
import { type Chunk, chunkText, type Heading } from "../chunk.ts";
import { betterReading, isDoubtful, tidyMarkdown } from "./pdf-pages.ts";
import { loadPdfium, type OpenedRawPdf, type RawPdf } from "./pdfium.ts";
import type { Extracted, Reader, ReadLimits } from "./reader.ts";

/** Few enough for early results, enough that repeated headers and footers are recognised. */
const PAGES_PER_BATCH = 16;
const LABEL_CHARS_MAX = 20;
/** How the layout engine's refusals of a document begin; anything else it throws is a crash of it. */
const OPEN_FAILED = "open failed";

const ENCRYPTED = "This PDF is protected with a password; share a copy without one.";
const MALFORMED =
  "This PDF is damaged and can't be opened; export or print it to PDF again and share that.";
const SCANNED =
  "This PDF looks scanned: it has no text I can read yet; share a version with selectable text.";

type OpenRaw = (bytes: Uint8Array) => OpenedRawPdf;

interface Page {
  number: number;
  label: string | null;
  text: string;
}

/** An open document, under either engine. */
interface Pdf {
  total: number;
  batches(): AsyncIterable<Page[]>;
  close(): void;
}

/** Loads the engine once; the reader may be used for any number of files, one at a time. */
export async function pdfReader(): Promise<Reader> {
  const wasm = import.meta.resolve("@llamaindex/liteparse-wasm/liteparse_wasm_bg.wasm");
  await initLiteParse({ module_or_path: readFileSync(fileURLToPath(wasm)) });
  let second: Promise<OpenRaw> | null = null;
  const rawEngine = (): Promise<OpenRaw> => {
    // Few files need the second engine: the first that does loads it.
    second ??= loadPdfium();
    return second;
  };
  return (path, limits) => read(readFileSync(path), limits, rawEngine);
}

async function* read(
  bytes: Uint8Array,
  limits: ReadLimits,
  rawEngine: () => Promise<OpenRaw>,
): AsyncGenerator<Extracted> {
  const pdf = await openPdf(bytes, limits, rawEngine);
  try {
    refuseTooLong(pdf.total, limits.pagesMax);
    yield { kind: "opened", fileKind: "pdf", pages: pdf.total };
    const outline: Heading[] = [];
    let hasText = false;
    for await (const pages of pdf.batches()) {
      const chunks = pages.flatMap((page) => chunksOf(page, outline));
      hasText ||= chunks.length > 0;
      yield { kind: "chunks", pagesDone: pages.at(-1)?.number ?? 0, chunks };
    }
    if (!hasText) throw withoutText(bytes);
  } finally {
    pdf.close();
  }
}

async function openPdf(
  bytes: Uint8Array,
  limits: ReadLimits,
  rawEngine: () => Promise<OpenRaw>,
): Promise<Pdf> {
  const session = await openLayout(bytes, limits.pagesMax);
  if (session !== null) return layoutPdf(session, async () => (await rawEngine())(bytes));
  const raw = (await rawEngine())(bytes);
  if (raw === "encrypted") throw new FileRejected("encrypted", ENCRYPTED);
  if (raw === "malformed") throw new FileRejected("malformed", MALFORMED);
  return rawPdf(raw);
}

/** @returns null where the engine refuses the document */
async function openLayout(bytes: Uint8Array, maxPages: number): Promise<ParseSession | null> {
  const parser = new LiteParse({
    ocrEnabled: false,
    outputFormat: "markdown",
    imageMode: "off",
    extractLinks: false,
    continueOnPageError: true,
    quiet: true,
    maxPages,
  });
  try {
    return await parser.openBatchSession(bytes, PAGES_PER_BATCH);
  } catch (error) {
    if (error instanceof Error && error.message.startsWith(OPEN_FAILED)) return null;
    throw error;
  } finally {
    parser.free();
  }
}

function layoutPdf(session: ParseSession, openRaw: () => Promise<OpenedRawPdf>): Pdf {
  let raw: OpenedRawPdf | null = null;
  const rawText = async (page: number): Promise<string> => {
    raw ??= await openRaw();
    return typeof raw === "string" ? "" : raw.textOf(page);
  };
  return {
    total: session.totalPages,
    async *batches() {
      for (let batch = await session.nextBatch(); batch; batch = await session.nextBatch()) {
        yield await pagesOf(batch, rawText);
      }
    },
    close() {
      session.free();
      if (raw !== null && typeof raw !== "string") raw.close();
    },
  };
}

async function pagesOf(
  batch: ParseBatch,
  rawText: (page: number) => Promise<string>,
): Promise<Page[]> {
  const parsed = new Map(batch.result.pages.map((page) => [page.pageNum, page]));
  const pages: Page[] = [];
  for (let number = batch.startPage; number <= batch.endPage; number++) {
    const page = parsed.get(number);
    const text = page === undefined ? await rawText(number) : await textOf(page, rawText);
    pages.push({ number, label: page?.pageLabel ?? null, text });
  }
  return pages;
}

async function textOf(
  page: ParsedPage,
  rawText: (page: number) => Promise<string>,
): Promise<string> {
  const markdown = tidyMarkdown(page.markdown);
  if (!isDoubtful(markdown, page.text)) return markdown;
  return betterReading(markdown, await rawText(page.pageNum));
}

function rawPdf(raw: RawPdf): Pdf {
  return {
    total: raw.pages,
    async *batches() {
      for (let number = 1; number <= raw.pages; number++) {
        yield [{ number, label: null, text: raw.textOf(number) }];
      }
    },
    close: () => raw.close(),
  };
}

function chunksOf(page: Page, outline: Heading[]): Chunk[] {
  const { number, text } = page;
  const label = page.label?.trim().slice(0, LABEL_CHARS_MAX) ?? "";
  const labelled = label === "" || label === String(number) ? {} : { pageLabel: label };
  const source = { syntax: "markdown", counts: null, outline, page: number, ...labelled } as const;
  return [...chunkText([text], source)];
}

function refuseTooLong(pages: number, pagesMax: number): void {
  if (pages <= pagesMax) return;
  const [has, most] = [pages, pagesMax].map((count) => count.toLocaleString("en"));
  throw new FileRejected(
    "too_large",
    `This PDF has ${has} pages and I read at most ${most}; split it and share the parts.`,
  );
}

/** Protected pages can be opened and yet show nothing without the password. */
function withoutText(bytes: Uint8Array): FileRejected {
  const isProtected = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(
    "/Encrypt",
  );
  return isProtected
    ? new FileRejected("encrypted", ENCRYPTED)
    : new FileRejected("empty", SCANNED);
}
