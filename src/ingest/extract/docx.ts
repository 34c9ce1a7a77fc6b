/** Word documents (.docx): what a reader of the document sees, as Markdown, with notes where they belong. */
import { type Chunk, chunkText } from "../chunk.ts";
import { batches } from "./batches.ts";
import { createBody, type DocxContext } from "./docx-body.ts";
import { readNotes } from "./docx-notes.ts";
import { readNumbering } from "./docx-numbering.ts";
import { readStyles } from "./docx-styles.ts";
import { damaged, openPackage, type Package, type Relation } from "./package.ts";
import type { Extracted } from "./reader.ts";
import { xmlSteps } from "./xml.ts";

/** Unpacked. The text of a thousand pages takes a tenth of it. */
const BODY_BYTES_MAX = 100_000_000;
/** Styles, lists, and all the notes. */
const PART_BYTES_MAX = 20_000_000;
/** A header or footer. */
const BESIDE_BYTES_MAX = 5_000_000;
/** Many sections have many headers, nearly all alike. */
const BESIDE_PARTS_MAX = 100;
/** What stands beside the text: shown once, after it. */
const BESIDE = new Set(["header", "footer", "diagramData"]);

export async function* readDocx(path: string): AsyncGenerator<Extracted> {
  const docx = await openPackage(path);
  try {
    yield { kind: "opened", fileKind: "docx", pages: null };
    yield* batches(await chunksOf(docx));
  } finally {
    docx.close();
  }
}

async function chunksOf(docx: Package): Promise<Iterable<Chunk>> {
  const main = (await docx.relations("")).find(({ type }) => type === "officeDocument");
  const path = main?.target ?? "word/document.xml";
  const body = await docx.part(path, BODY_BYTES_MAX);
  if (body === null) throw damaged();
  const relations = await docx.relations(path);
  const context: DocxContext = {
    styles: readStyles(await partOf(docx, relations, "styles")),
    numbering: readNumbering(await partOf(docx, relations, "numbering")),
    notes: {
      footnote: readNotes(await partOf(docx, relations, "footnotes")),
      endnote: readNotes(await partOf(docx, relations, "endnotes")),
      comment: readNotes(await partOf(docx, relations, "comments")),
    },
  };
  return chunkText(markdownOf(body, await besides(docx, relations), context), {
    syntax: "markdown",
    counts: null,
    outline: [],
  });
}

async function partOf(
  docx: Package,
  relations: Relation[],
  type: string,
): Promise<Iterable<string>> {
  const relation = relations.find((one) => one.type === type);
  return (relation && (await docx.part(relation.target, PART_BYTES_MAX))) ?? [];
}

async function besides(docx: Package, relations: Relation[]): Promise<Iterable<string>[]> {
  const found = relations.filter(({ type }) => BESIDE.has(type)).slice(0, BESIDE_PARTS_MAX);
  const parts: Iterable<string>[] = [];
  for (const { target } of found) parts.push((await docx.part(target, BESIDE_BYTES_MAX)) ?? []);
  return parts;
}

function* markdownOf(
  body: Iterable<string>,
  beside: Iterable<string>[],
  context: DocxContext,
): Generator<string> {
  yield* written(body, context);
  const seen = new Set<string>();
  for (const part of beside) {
    const text = [...written(part, context)].join("");
    if (!seen.has(text)) yield text;
    seen.add(text);
  }
}

function* written(part: Iterable<string>, context: DocxContext): Generator<string> {
  const body = createBody(context);
  for (const _ of xmlSteps(part, body)) yield body.writer.take();
}
