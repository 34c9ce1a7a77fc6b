import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Chunk } from "../../src/ingest/chunk.ts";
import { createExtractor, type Extractor } from "../../src/ingest/extract/extractor.ts";
import { createLog } from "../../src/log.ts";
import { type DocxPlan, docx, paragraph } from "../support/docx.ts";
import { pdf } from "../support/pdf.ts";
import { zip } from "../support/zip.ts";

let folder: string;
let extractor: Extractor;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "docent-office-"));
  extractor = createExtractor({ workFolder: folder, log: createLog("silent"), limits: {} });
});

afterAll(async () => {
  await extractor.close();
  await rm(folder, { recursive: true });
});

async function read(name: string, content: string | Buffer): Promise<Chunk[]> {
  const path = join(folder, name);
  await writeFile(path, content);
  const chunks: Chunk[] = [];
  for await (const part of extractor.extract({ path, name }, new AbortController().signal)) {
    if (part.kind === "chunks") chunks.push(...part.chunks);
  }
  return chunks;
}

async function textOf(plan: DocxPlan): Promise<string> {
  return (await read("a.docx", docx(plan))).map(({ text }) => text).join("\n\n");
}

const styles = `<w:styles>
  <w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>
  <w:style w:styleId="Kapitel"><w:name w:val="Kapitel"/><w:basedOn w:val="berschrift1"/></w:style>
  <w:style w:styleId="Tief"><w:name w:val="Tief"/><w:pPr><w:outlineLvl w:val="1"/></w:pPr></w:style>
</w:styles>`;
const numbering = `<w:numbering>
  <w:abstractNum w:abstractNumId="7">
    <w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>
    <w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%1.%2)"/></w:lvl>
  </w:abstractNum>
  <w:num w:numId="3"><w:abstractNumId w:val="7"/></w:num>
</w:numbering>`;

describe("a Word document becomes passages", () => {
  test("under its headings, whatever their styles are called", async () => {
    const style = (id: string): string => `<w:pStyle w:val="${id}"/>`;
    const body =
      paragraph("Risks", style("Kapitel")) +
      paragraph("Storms", style("Tief")) +
      paragraph("Roofs may fly.");
    const [chunk] = await read("a.docx", docx({ body, parts: { styles }, strict: true }));
    expect(chunk).toEqual({
      text: "# Risks\n\n## Storms\n\nRoofs may fly.",
      locator: { headings: ["Risks", "Storms"] },
    });
  });

  test("with the numbers of its lists, as Word would count them", async () => {
    const item = (text: string, level: number): string =>
      paragraph(text, `<w:numPr><w:ilvl w:val="${level}"/><w:numId w:val="3"/></w:numPr>`);
    const body = item("Rent", 0) + item("Due", 1) + item("Late", 1) + item("Repairs", 0);
    expect(await textOf({ body, parts: { numbering } })).toBe(
      "1. Rent\n  1.a) Due\n  1.b) Late\n2. Repairs",
    );
  });

  test("with tables as tables, also those inside of others", async () => {
    const cell = (inner: string): string => `<w:tc>${inner}</w:tc>`;
    const row = (...texts: string[]): string =>
      `<w:tr>${texts.map((text) => cell(paragraph(text))).join("")}</w:tr>`;
    const table = `<w:tbl>${row("Item", "Price")}${row("Tea | hot", "3")}</w:tbl>`;
    const body = `<w:tbl><w:tr>${cell(paragraph("Menu"))}${cell(table)}</w:tr></w:tbl>`;
    expect(await textOf({ body })).toBe("Menu\n\n| Item | Price |\n|---|---|\n| Tea \\| hot | 3 |");
  });

  test("with notes, comments, boxes and insertions, without what was deleted or hidden", async () => {
    const run = (inner: string): string => `<w:r>${inner}</w:r>`;
    const text = (words: string): string => run(`<w:t xml:space="preserve">${words}</w:t>`);
    const box = `<w:txbxContent>${paragraph("In a box.")}</w:txbxContent>`;
    const body = `<w:p>${text("Pay ")}<w:del>${text("ten ")}</w:del><w:ins>${text("twelve ")}</w:ins>
      <w:hyperlink>${text("euros")}</w:hyperlink>${run("<w:rPr><w:vanish/></w:rPr><w:t> secretly</w:t>")}
      ${run('<w:footnoteReference w:id="2"/>')}${run('<w:commentReference w:id="0"/>')}
      <w:r><mc:AlternateContent><mc:Choice>${box}</mc:Choice><mc:Fallback>${box}</mc:Fallback></mc:AlternateContent></w:r>
      ${text(" now")}${run("<w:tab/><w:instrText>PAGE</w:instrText>")}</w:p>`;
    const parts = {
      footnotes: `<w:footnotes><w:footnote w:id="2">${paragraph("Plus tax.")}</w:footnote></w:footnotes>`,
      comments: `<w:comments><w:comment w:id="0" w:author="Ada">${paragraph("Why?")}</w:comment></w:comments>`,
      header1: `<w:hdr>${paragraph("Confidential")}</w:hdr>`,
      header2: `<w:hdr>${paragraph("Confidential")}</w:hdr>`,
    };
    expect((await textOf({ body, parts })).split("\n\n")).toEqual([
      "In a box.",
      "Pay twelve euros now",
      "Note: Plus tax.",
      "Comment by Ada: Why?",
      "Confidential",
    ]);
  });

  test("and what a document defines for itself is not expanded", async () => {
    const laughs = `<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY e SYSTEM "file:///etc/passwd">]>`;
    const text = await textOf({ body: `${laughs}${paragraph("before &a; &e; &amp; after")}` });
    expect(text).toMatch(/^before .*& after$/);
    expect(text).not.toMatch(/root:|haha/);
  });
});

describe("a bad file fails with one plain sentence, and the next is read", () => {
  const main = (content: string): Buffer => zip([{ path: "word/document.xml", content }]);
  test.each<[what: string, name: string, content: () => string | Buffer, kind: string]>([
    ["a bomb", "a.docx", () => docx({ body: " ".repeat(120_000_000) }), "too_large"],
    ["a liar", "b.docx", () => docx({ body: paragraph("x"), bodyClaimedBytes: 9 }), "malformed"],
    ["cut off", "c.docx", () => docx({ body: paragraph("x") }).subarray(0, 300), "malformed"],
    ["another archive", "d.docx", () => zip([{ path: "x", content: "x" }]), "malformed"],
    ["without text", "e.docx", () => docx({ body: "<w:p/>" }), "empty"],
    ["boxes in boxes", "f.docx", () => main("<w:tbl><w:tr><w:tc>".repeat(9_000)), "malformed"],
    ["a PDF", "g.docx", () => pdf({ pages: [["x"]] }), "malformed"],
    ["a web page", "h.txt", () => "<html><body>Please sign in", "malformed"],
    ["one long line", "i.csv", () => "x".repeat(50_000_000), "too_large"],
    ["an abyss", "j.json", () => "[".repeat(1_000_000), "malformed"],
    ["without a word", "k.html", () => "<html><body><script>x()</script>", "empty"],
    ["without a value", "l.json", () => "[[], {}]", "empty"],
  ])("%s", async (_, name, content, kind) => {
    const rejected = read(name, content());
    await expect(rejected).rejects.toMatchObject({
      name: "FileRejected",
      kind,
      message: expect.stringMatching(/^[A-Z][^.!?]+(\.[a-z]+[^.!?]+)*\.$/),
    });
    expect(await read("fine.csv", "a,b\n1,2")).toHaveLength(1);
  });

  test("a web page is read in the encoding that it names", async () => {
    const start = Buffer.from(`<html><head>${" ".repeat(5000)}<meta charset=windows-1251></head>`);
    const [chunk] = await read("ru.html", Buffer.concat([start, Buffer.from([0xc0, 0xf0])]));
    expect(chunk?.text).toBe("Ар");
  });
});
