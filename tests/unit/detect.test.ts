import iconv from "iconv-lite";
import { describe, expect, test } from "vitest";
import { detect } from "../../src/ingest/detect.ts";
import { charsetOf } from "../../src/ingest/extract/charset.ts";

const ZIP = Buffer.from([0x50, 0x4b, 3, 4, 20, 0, 0, 0, 8, 0, ...new Array<number>(40).fill(0)]);
const COMPOUND = Buffer.concat([Buffer.from("d0cf11e0a1b11ae1", "hex"), Buffer.alloc(600)]);
const compound = (stream: string): Buffer =>
  Buffer.concat([COMPOUND, Buffer.from(stream, "utf16le"), Buffer.alloc(600)]);
const PNG = Buffer.from(
  "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489",
  "hex",
);
const PAGE = "<!DOCTYPE html><html><head><title>Sign in</title></head><body></body></html>";

function kindOf(name: string, content: string | Buffer): Promise<string> {
  return detect({ name, head: Buffer.from(content) });
}

describe("a file's kind is told by its content", () => {
  test.each([
    ["report.pdf", "%PDF-1.7\n…", "pdf"],
    ["report", `${"junk\n".repeat(100)}%PDF-1.4\n\u0000`, "pdf"],
    ["notes.md", "# Notes", "markdown"],
    ["manual.rst", "Title\n=====", "markdown"],
    ["about.md", "A PDF begins with %PDF-1.7.", "markdown"],
    ["server.log", "started", "text"],
    // The four letters of a film, and of a picture.
    ["hook.txt", "/// free hook which will be called at the end", "text"],
    ["bm.txt", "BM is how a bitmap begins", "text"],
    ["README", "read me", "text"],
    ["main.rs", "fn main() {}", "code"],
    ["page.php", PAGE, "code"],
    ["feed.xml", '<?xml version="1.0"?><feed/>', "code"],
    ["data.csv", "a,b\n1,2", "csv"],
    ["events.jsonl", "{}\n{}", "json"],
    ["site.html", PAGE, "html"],
    ["part.html", "<table><tr><td>1", "html"],
    ["page", PAGE, "html"],
    ["plan.docx", ZIP, "docx"],
  ])("%s", async (name, content, kind) => {
    expect(await kindOf(name, content)).toBe(kind);
  });
});

describe("what can't be read is refused with a reason and a way out", () => {
  test.each<[name: string, content: string | Buffer, kind: string, message: RegExp]>([
    ["empty.txt", "", "empty", /empty/],
    ["cat.jpg", PNG, "unsupported", /^Pictures can't be read; share what matters as a \.txt/],
    ["prices.xlsx", ZIP, "unsupported", /^Spreadsheets can't be read; save the sheet as CSV/],
    [
      "site.mhtml",
      "From: x",
      "unsupported",
      /^Web archives can't be read; save the page as \.html/,
    ],
    ["logo.svg", "<svg>", "unsupported", /^Drawings can't be read/],
    ["old.doc", COMPOUND, "unsupported", /save it as \.docx or PDF/],
    ["old.docx", compound("WordDocument"), "unsupported", /save it as \.docx or PDF/],
    ["secret.docx", COMPOUND, "encrypted", /password/],
    ["secret", compound("EncryptedPackage"), "encrypted", /password/],
    ["notes.txt", COMPOUND, "unsupported", /can't read this kind/],
    ["notes.txt", PAGE, "malformed", /web page under another name/],
    ["report.pdf", `\n${PAGE}`, "malformed", /sign-in page/],
    ["report.docx", "%PDF-1.7\n", "malformed", /named \.docx but is a PDF inside/],
    ["report.pdf", ZIP, "malformed", /named \.pdf but is an archive inside/],
    ["report.pdf", "just words", "malformed", /named \.pdf but is plain text inside/],
    ["notes.txt", "valid\u0000\u0000 then\u0000 more", "unsupported", /can't read this kind/],
  ])("%s", async (name, content, kind, message) => {
    await expect(kindOf(name, content)).rejects.toMatchObject({
      name: "FileRejected",
      kind,
      message: expect.stringMatching(message),
    });
  });
});

describe("the encoding of a text", () => {
  const russian = "Это обычный русский текст о погоде, о книгах и о людях. ".repeat(6);
  const japanese = "これは日本語の文章です。天気と本について書きます。".repeat(6);
  const german = "Größere Straßen führen über die schöne Brücke. ".repeat(6);

  test.each([
    ["utf-8", russian],
    ["utf-16le", `${japanese} and words`],
    ["utf-16be", "Only Latin letters here. ".repeat(9)],
    ["utf-32le", "Only Latin letters here. ".repeat(9)],
    ["windows-1251", russian],
    ["koi8-r", russian],
    ["shift_jis", japanese],
    ["windows-1252", german],
  ])("%s is recognised without a mark", (charset, text) => {
    const bytes = iconv.encode(text, charset);
    expect(iconv.decode(bytes, charsetOf(bytes) ?? "none")).toBe(text);
  });

  test("a broken letter in much good UTF-8 does not make another encoding of it", () => {
    expect(charsetOf(Buffer.concat([Buffer.from(russian), Buffer.from([0xff, 0x20])]))).toBe(
      "utf-8",
    );
  });

  test("bytes that are no text have none", () => {
    expect(
      charsetOf(Buffer.from(Array.from({ length: 999 }, (_, at) => (at * 89) % 256))),
    ).toBeNull();
  });
});
