import type { Row } from "./sets.ts";
import { covered, finder, type Span } from "./spans.ts";

const GAP = "\n\n";

/** A file put together from the rows of a corpus: the paragraphs of an article, the pages of a report. */
export interface Article {
  title: string;
  text: string;
  parts: { id: string; span: Span }[];
  /** Where a passage of it stands. */
  find(passage: string): Span | null;
}

/** Rows of the same file, or where none is named, of the same title, in their order. */
export function articlesOf(rows: readonly Row[]): Article[] {
  const groups = Map.groupBy(rows, ({ doc, title }) => doc ?? title);
  return [...groups.values()].map((group) => {
    const texts = group.map(({ text }) => text);
    let end = -GAP.length;
    const parts = group.map(({ _id }, at): Article["parts"][number] => {
      const start = end + GAP.length;
      end = start + [...(texts[at] ?? "")].length;
      return { id: _id, span: [start, end] };
    });
    const text = texts.join(GAP);
    return { title: group[0]?.title ?? "", text, parts, find: finder(text) };
  });
}

/** The parts of which a passage holds more than a half, the longest first; where there are none, that which it is of. */
export function partsIn({ parts, find }: Article, passage: string): string[] {
  const place = find(passage);
  if (!place) return [];
  const touched = parts
    .map(({ id, span }) => ({ id, length: span[1] - span[0], held: covered(span, [place]) }))
    .filter(({ held }) => held > 0)
    .sort((one, other) => other.held - one.held);
  const whole = touched.filter(({ held, length }) => 2 * held > length);
  return (whole.length > 0 ? whole : touched.slice(0, 1)).map(({ id }) => id);
}
