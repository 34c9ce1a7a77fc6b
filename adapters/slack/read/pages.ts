const PAGES_MAX = 20;

type Page<T> = { items: T[]; next: string | undefined };

/** All items of all pages; null when there are more than `pagesMax`. */
export async function pages<T>(
  load: (at: { cursor?: string }) => Promise<Page<T>>,
  pagesMax = PAGES_MAX,
): Promise<T[] | null> {
  const items: T[] = [];
  let cursor: string | undefined;
  for (let count = 0; count < pagesMax; count += 1) {
    const page = await load(cursor ? { cursor } : {});
    items.push(...page.items);
    cursor = page.next;
    if (!cursor) return items;
  }
  return null;
}
