import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Chunk } from "../../src/ingest/chunk.ts";
import { createExtractor, type Extractor } from "../../src/ingest/extract/extractor.ts";
import type { ExtractLimits } from "../../src/ingest/extract/limits.ts";
import { createLog } from "../../src/log.ts";
import { endlessPdf, explodingPdf, pdf } from "../support/pdf.ts";

const forever = new AbortController().signal;
const log = createLog("silent");
let folder: string;
let workFolder: string;
let extractor: Extractor;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "docent extract, "));
  workFolder = join(folder, "work");
  await mkdir(workFolder);
  extractor = createExtractor({ workFolder, log, limits: {} });
});

afterAll(async () => {
  await extractor.close();
  await rm(folder, { recursive: true });
});

async function file(
  name: string,
  content: string | Buffer,
): Promise<{ path: string; name: string }> {
  const path = join(workFolder, name);
  await writeFile(path, content);
  return { path, name };
}

interface Read {
  fileKind: string;
  pages: number | null;
  chunks: Chunk[];
}

async function read(name: string, content: string | Buffer, by = extractor): Promise<Read> {
  const found: Read = { fileKind: "", pages: null, chunks: [] };
  for await (const part of by.extract(await file(name, content), forever)) {
    if (part.kind === "opened") Object.assign(found, part);
    else found.chunks.push(...part.chunks);
  }
  return found;
}

async function within<T>(
  limits: Partial<ExtractLimits>,
  use: (strict: Extractor) => Promise<T>,
): Promise<T> {
  const strict = createExtractor({ workFolder, log, limits });
  try {
    return await use(strict);
  } finally {
    await strict.close();
  }
}

describe("files become chunks", () => {
  test("a PDF's chunks name their pages, by number and by printed label", async () => {
    const pages = ["Contents of the report", "Revenue was 42 million", "Outlook is good"];
    const found = await read(
      "report.pdf",
      pdf({ pages: pages.map((line) => [line]), romanPages: 1 }),
    );
    expect(found).toMatchObject({ fileKind: "pdf", pages: 3 });
    expect(found.chunks.map((chunk) => chunk.text)).toEqual(pages);
    expect(found.chunks.map(({ locator }) => [locator.page, locator.pageLabel])).toEqual([
      [1, "i"],
      [2, "1"],
      [3, "2"],
    ]);
  });

  test("the chunks of a long PDF come while it is still being read", async () => {
    const pages = Array.from({ length: 40 }, (_, at) => [`Page ${at + 1} of a long report`]);
    const done: number[] = [];
    for await (const part of extractor.extract(await file("long.pdf", pdf({ pages })), forever)) {
      if (part.kind === "chunks") done.push(part.pagesDone);
    }
    expect(done).toEqual([16, 32, 40]);
  });

  test("a text's chunks name their lines, all of them, for a reader that takes its time", async () => {
    const lines = Array.from({ length: 9_000 }, (_, at) => `Line ${at + 1} of the diary.`);
    const { chunks } = await read("diary.txt", lines.join("\n"));
    expect(chunks.length).toBeGreaterThan(100);
    expect(chunks.map((chunk) => chunk.text).join("\n")).toBe(lines.join("\n"));
    expect(chunks.at(-1)?.locator.lines?.[1]).toBe(9_000);
  });

  test("a text that turns out late to be no UTF-8 is still read right", async () => {
    const late = Buffer.concat([
      Buffer.from("plain words. ".repeat(9_000)),
      Buffer.from([0x63, 0x61, 0x66, 0xe9]),
    ]);
    const { chunks } = await read("late.txt", late);
    expect(chunks.at(-1)?.text).toMatch(/café$/);
  });
});

describe("a file that can't be read fails alone, with a reason", () => {
  test.each<[what: string, name: string, content: () => string | Buffer, kind: string]>([
    ["protected", "a.pdf", () => pdf({ pages: [["secret"]], password: true }), "encrypted"],
    ["damaged", "b.pdf", () => "%PDF-1.7\nnot much of one", "malformed"],
    ["scanned", "c.pdf", () => pdf({ pages: [[], []] }), "empty"],
    ["blank", "d.txt", () => " \n\n ", "empty"],
    ["of another kind than its name says", "e.docx", () => pdf({ pages: [["x"]] }), "malformed"],
    ["made to explode", "f.pdf", explodingPdf, "malformed"],
  ])("one that is %s", async (_, name, content, kind) => {
    const rejected = read(name, content());
    await expect(rejected).rejects.toMatchObject({ name: "FileRejected", kind });
    expect((await read("fine.txt", "fine")).chunks).toHaveLength(1);
  });

  test("one with more pages, passages or letters than allowed, and it says which", async () => {
    const limits = { filePagesMax: 2, fileChunksMax: 3, textCharsMax: 500 };
    await within(limits, async (strict) => {
      const long = read("long.pdf", pdf({ pages: [["a"], ["b"], ["c"]] }), strict);
      await expect(long).rejects.toMatchObject({ kind: "too_large", message: /3 pages/ });
      const big = read("big.txt", "word ".repeat(1_000), strict);
      await expect(big).rejects.toMatchObject({ kind: "too_large", message: /500 letters/ });
      const many = read("many.md", "# h\n\nlittle\n\n".repeat(1_000), strict);
      await expect(many).rejects.toMatchObject({ kind: "too_large" });
    });
  });

  test("one that takes for ever is stopped, and the next file is read at once", async () => {
    await within({ wallMs: { base: 1_500, perPage: 0, max: 1_500 } }, async (strict) => {
      const endless = read("endless.pdf", endlessPdf(), strict);
      await expect(endless).rejects.toMatchObject({ name: "FileRejected", kind: "timeout" });
      expect((await read("fine.txt", "fine", strict)).chunks).toHaveLength(1);
    });
  });

  test("one outside the work folder can't be opened by the reading process", async () => {
    const outside = join(folder, "outside.txt");
    await writeFile(outside, "nothing for a reader");
    for (const path of [outside, join(import.meta.dirname, "extract.test.ts")]) {
      const parts = extractor.extract({ path, name: "outside.txt" }, forever);
      const first = parts[Symbol.asyncIterator]().next();
      await expect(first).rejects.toMatchObject({ kind: "malformed" });
    }
  });
});

describe("reading ends when it is no longer wanted", () => {
  test("an abort stops a file in the middle, also one that waits for its turn", async () => {
    const stop = new AbortController();
    const reason = new Error("enough");
    const started = Promise.withResolvers<void>();
    const endless = await file("endless.pdf", endlessPdf());
    const first = (async () => {
      for await (const part of extractor.extract(endless, stop.signal)) {
        if (part.kind === "opened") started.resolve();
      }
    })();
    await started.promise;
    const waiting = extractor.extract(endless, stop.signal)[Symbol.asyncIterator]().next();
    const both = Promise.allSettled([first, waiting]);
    stop.abort(reason);
    expect(await both).toEqual(
      [reason, reason].map((why) => ({ status: "rejected", reason: why })),
    );
    expect((await read("fine.txt", "fine")).chunks).toHaveLength(1);
  });

  test("whoever leaves early leaves a reader for the next", async () => {
    for await (const part of extractor.extract(await file("x.pdf", endlessPdf()), forever)) {
      if (part.kind === "opened") break;
    }
    expect((await read("fine.txt", "fine")).chunks).toHaveLength(1);
  });

  test("closing fails what is being read, not as the file's fault", async () => {
    const closing = createExtractor({ workFolder, log, limits: {} });
    const parts = closing.extract(await file("y.pdf", endlessPdf()), forever);
    const iterator = parts[Symbol.asyncIterator]();
    await iterator.next();
    const rest = iterator.next();
    await Promise.all([
      closing.close(),
      expect(rest).rejects.toMatchObject({ name: "ServiceError" }),
    ]);
  });
});
