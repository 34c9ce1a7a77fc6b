/** Does something with every item, so many at a time. @returns the results in the items' order */
export async function atOnce<T, R>(
  slots: number,
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const waiting = items.entries();
  const one = async (): Promise<void> => {
    for (const [index, item] of waiting) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: slots }, one));
  return results;
}
