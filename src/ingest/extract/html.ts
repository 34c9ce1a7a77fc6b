/** Web pages: what a reader of the page sees, as Markdown. */
import { Parser } from "htmlparser2";
import { FileRejected } from "../../errors.ts";
import { chunkText } from "../chunk.ts";
import { batches } from "./batches.ts";
import { charsetOfFile, decoded } from "./decode.ts";
import { createPage } from "./html-page.ts";
import type { Extracted } from "./reader.ts";

/** Elements within each other; reading ends there, since more of them cost ever more time. */
const DEPTH_MAX = 2000;
/** A page that asks for a password and says no more than this has nothing else to say. */
const SIGN_IN_CHARS_MAX = 2000;
const META_CHARSET = /<meta\s[^>]{0,300}?charset\s{0,9}=\s{0,9}["']?\s{0,9}([\w.:-]{2,40})/i;

export async function* readHtml(path: string): AsyncGenerator<Extracted> {
  const charset = charsetOfFile(path, (start) => META_CHARSET.exec(start)?.[1] ?? null);
  yield { kind: "opened", fileKind: "html", pages: null };
  const markdown = markdownOf(decoded(path, charset));
  yield* batches(chunkText(markdown, { syntax: "markdown", counts: null, outline: [] }));
}

export function* markdownOf(pieces: Iterable<string>): Generator<string> {
  const page = createPage();
  let depth = 0;
  let chars = 0;
  const parser = new Parser({
    onopentag(name, attributes) {
      depth++;
      if (depth > DEPTH_MAX) parser.pause();
      else page.open(name, attributes);
    },
    onclosetag(name) {
      depth--;
      page.close(name);
    },
    ontext: (text) => page.text(text),
  });
  for (const piece of pieces) {
    parser.write(piece);
    const text = page.writer.take();
    chars += text.length;
    yield text;
    if (depth > DEPTH_MAX) break;
  }
  const isCut = depth > DEPTH_MAX;
  if (!isCut) parser.end();
  page.end();
  const rest = page.writer.take();
  chars += rest.length;
  if (page.asksPassword && chars <= SIGN_IN_CHARS_MAX) throw signInPage();
  if (isCut && chars === 0) throw tooDeep();
  yield rest;
}

function tooDeep(): FileRejected {
  return new FileRejected(
    "malformed",
    "The elements of this web page stand in each other without end; print it to a PDF and share that.",
  );
}

function signInPage(): FileRejected {
  return new FileRejected(
    "malformed",
    "This is only a sign-in page, saved in place of what lies behind it; open the original, download it and share that.",
  );
}
