import type { Locator } from "../chat.ts";

/** A locator for people: "page 12", "page 14 (F-2)", "lines 3–9", "Pricing › Discounts"; empty when there is none. */
export function where(locator: Locator): string {
  if (locator.page !== undefined) {
    const { page, pageLabel } = locator;
    const printed = pageLabel && pageLabel !== String(page) ? ` (${pageLabel})` : "";
    return `page ${page}${printed}`;
  }
  const headings = locator.headings?.join(" › ");
  if (!locator.lines) return headings ?? "";
  const [first, last] = locator.lines;
  const lines = first === last ? `line ${first}` : `lines ${first}–${last}`;
  return headings ? `${headings}, ${lines}` : lines;
}
