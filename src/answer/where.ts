import type { Locator } from "../chat.ts";

/** A locator for people: "page 12", "page 14 (F-2)", "lines 3–9", "rows 5–12", "Pricing › Discounts"; empty when there is none. */
export function where(locator: Locator): string {
  if (locator.page !== undefined) {
    const { page, pageLabel } = locator;
    const printed = pageLabel && pageLabel !== String(page) ? ` (${pageLabel})` : "";
    return `page ${page}${printed}`;
  }
  const headings = locator.headings?.join(" › ") ?? "";
  const range = rangeOf("line", locator.lines) || rangeOf("row", locator.rows);
  return headings && range ? `${headings}, ${range}` : headings || range;
}

function rangeOf(what: string, range: [number, number] | undefined): string {
  if (!range) return "";
  const [first, last] = range;
  return first === last ? `${what} ${first}` : `${what}s ${first}–${last}`;
}
