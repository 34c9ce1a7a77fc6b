import { open } from "node:fs/promises";
import { pdf } from "../../tests/support/pdf.ts";
import { createProse } from "../corpus/prose.ts";

const PAGES = 190;
const LINES_A_PAGE = 46;
const LINE_LETTERS = 80;
const PASSAGES_A_PAGE = 3;
const TOPICS = 20;
const MIB = 1024 ** 2;
/** As large as a file may be by default, less the pages themselves. */
const LARGE_MIB = 99;

/** A report of 190 pages of about 3,500 letters, as companies write them every year; another one for each seed. */
export function reportPdf(seed: number): Buffer {
  const prose = createProse(seed);
  const pages = Array.from({ length: PAGES }, (_, page) => {
    const about = { index: page, workspace: 0, level: 0, channels: [], chunks: 1 };
    const topic = page % TOPICS;
    const passages = Array.from({ length: PASSAGES_A_PAGE }, (_one, position) =>
      prose.passage({ ...about, topic }, position),
    );
    return linesOf(passages.join(". ")).slice(0, LINES_A_PAGE);
  });
  return pdf({ pages });
}

function linesOf(text: string): string[] {
  return text.match(new RegExp(`.{1,${LINE_LETTERS}}(?= |$)`, "g")) ?? [];
}

/** Writes a PDF as one of 100 MiB: before its table stands what readers pass over. Never in memory as a whole. */
export async function writeLarge(path: string, whole: Buffer): Promise<void> {
  const tableAt = whole.lastIndexOf("xref\n0 ");
  const filler = Buffer.alloc(MIB, "%");
  filler.write("\n", MIB - 1);
  const end = whole
    .subarray(tableAt)
    .toString("latin1")
    .replace(/startxref\n\d+/, `startxref\n${tableAt + LARGE_MIB * MIB}`);
  await using file = await open(path, "w");
  await file.write(whole.subarray(0, tableAt));
  for (let written = 0; written < LARGE_MIB; written += 1) await file.write(filler);
  await file.write(end);
}
