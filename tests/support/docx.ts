/** Word documents made by hand. */
import { type ZipFile, zip } from "./zip.ts";

export interface DocxPlan {
  /** What stands in the body, as WordprocessingML with the prefix w. */
  body: string;
  /** Further parts by the last word of their type: "styles", "footnotes"; each with its whole XML. */
  parts?: Record<string, string>;
  strict?: boolean;
  bodyClaimedBytes?: number;
}

const TRANSITIONAL = "http://schemas.openxmlformats.org";
const STRICT = "http://purl.oclc.org/ooxml";

export function docx({ body, parts = {}, strict = false, bodyClaimedBytes }: DocxPlan): Buffer {
  const base = strict ? `${STRICT}/officeDocument` : `${TRANSITIONAL}/officeDocument/2006`;
  const relations = (targets: [type: string, target: string][]): string =>
    `<Relationships>${targets.map(([type, target]) => `<Relationship Type="${base}/relationships/${type}" Target="${target}"/>`).join("")}</Relationships>`;
  const names = Object.keys(parts);
  const files: ZipFile[] = [
    {
      path: "[Content_Types].xml",
      content:
        '<Types><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
    },
    { path: "_rels/.rels", content: relations([["officeDocument", "word/document.xml"]]) },
    {
      path: "word/_rels/document.xml.rels",
      content: relations(names.map((name) => [name.replace(/\d+$/, ""), `${name}.xml`])),
    },
    {
      path: "word/document.xml",
      content: `<?xml version="1.0"?><w:document><w:body>${body}</w:body></w:document>`,
      ...(bodyClaimedBytes === undefined ? {} : { claimedBytes: bodyClaimedBytes }),
    },
    ...names.map((name) => ({ path: `word/${name}.xml`, content: parts[name] ?? "" })),
  ];
  return zip(files);
}

/** A paragraph. @param properties what stands in its w:pPr */
export function paragraph(text: string, properties = ""): string {
  return `<w:p><w:pPr>${properties}</w:pPr><w:r><w:t xml:space="preserve">${text}</w:t></w:r></w:p>`;
}
