/** PDFs made by hand, as small as they can be. */

export interface PdfPlan {
  /** The lines of each page; none makes a page without text. */
  pages: string[][];
  /** Printed labels as small Roman numbers on so many of the first pages; the rest count from 1. */
  romanPages?: number;
  /** Asks for a password that nobody knows. */
  password?: boolean;
}

export function pdf(plan: PdfPlan): Buffer {
  const first = 4;
  const kids = plan.pages.map((_, at) => `${first + at * 2} 0 R`).join(" ");
  const labels = plan.romanPages
    ? `/PageLabels << /Nums [0 << /S /r >> ${plan.romanPages} << /S /D >>] >>`
    : "";
  const objects = [
    `<< /Type /Catalog /Pages 2 0 R ${labels} >>`,
    `<< /Type /Pages /Kids [${kids}] /Count ${plan.pages.length} >>`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
  ];
  for (const [at, lines] of plan.pages.entries()) {
    objects.push(page(`${first + at * 2 + 1} 0 R`, "/Font << /F 3 0 R >>"));
    objects.push(stream(textOf(lines)));
  }
  return file(objects, plan.password ? ENCRYPT : "");
}

/** A page that draws a form that draws a form ten times …: 10^9 drawings in 3 kB. */
export function endlessPdf(): Buffer {
  const depth = 9;
  const forms = Array.from({ length: depth }, (_, at) => {
    const inner = at + 1 < depth ? `/X${at + 1} Do `.repeat(10) : textOf(["laugh"]);
    const resources = `<< /Font << /F 3 0 R >> /XObject << /X${at + 1} ${7 + at} 0 R >> >>`;
    const form = `/Type /XObject /Subtype /Form /BBox [0 0 612 792] /Resources ${resources}`;
    return stream(inner, at + 1 < depth ? form : form.replace(/\/XObject <<.*?>> /, ""));
  });
  return file([
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    page("5 0 R", "/Font << /F 3 0 R >> /XObject << /X0 6 0 R >>"),
    stream("/X0 Do"),
    ...forms,
  ]);
}

/** Every letter of a long text stands for 60,000: gigabytes in 4 kB. */
export function explodingPdf(): Buffer {
  const map = `begincmap 1 begincodespacerange <00> <FF> endcodespacerange 1 beginbfchar <41> <${"0041".repeat(60_000)}> endbfchar endcmap`;
  return file([
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 6 0 R >>",
    page("5 0 R", "/Font << /F 3 0 R >>"),
    stream(textOf(["A".repeat(60_000)])),
    stream(map),
  ]);
}

const ENCRYPT = `/Encrypt << /Filter /Standard /V 1 /R 2 /P -44 /O <${"5a".repeat(32)}> /U <${"a5".repeat(32)}> >> /ID [<00> <00>]`;

function page(contents: string, resources: string): string {
  return `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents ${contents} /Resources << ${resources} >> >>`;
}

function textOf(lines: string[]): string {
  const shown = lines.map((line) => `(${line.replace(/[\\()]/g, "\\$&")}) Tj 0 -14 Td`);
  return lines.length === 0 ? "" : `BT /F 11 Tf 72 720 Td ${shown.join(" ")} ET`;
}

function stream(content: string, entries = ""): string {
  return `<< /Length ${content.length} ${entries} >>\nstream\n${content}\nendstream`;
}

function file(objects: string[], trailer = ""): Buffer {
  let out = "%PDF-1.7\n";
  const offsets: number[] = [];
  for (const [at, object] of objects.entries()) {
    offsets.push(out.length);
    out += `${at + 1} 0 obj\n${object}\nendobj\n`;
  }
  const table = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`).join("");
  const size = objects.length + 1;
  return Buffer.from(
    `${out}xref\n0 ${size}\n0000000000 65535 f \n${table}trailer\n<< /Size ${size} /Root 1 0 R ${trailer} >>\nstartxref\n${out.length}\n%%EOF\n`,
    "latin1",
  );
}
