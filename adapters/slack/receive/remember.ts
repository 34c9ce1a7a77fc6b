/** Sets keep the order of insertion: with more than `max` the oldest goes. */
export function remember(ids: Set<string>, id: string, max: number): void {
  ids.add(id);
  const [oldest] = ids;
  if (ids.size > max && oldest !== undefined) ids.delete(oldest);
}
