/** Remembers what was asked for some minutes. A failure is never remembered. */
export interface Memory<T> {
  get(key: string, load: () => Promise<T>): Promise<T>;
  /** Without a key: everything. */
  forget(key?: string): void;
}

export function createMemory<T>(limits: { keptMs: number; entriesMax: number }): Memory<T> {
  const entries = new Map<string, { value: Promise<T>; untilMs: number }>();
  return {
    get: (key, load) => {
      const known = entries.get(key);
      if (known && known.untilMs > performance.now()) return known.value;
      const entry = { value: load(), untilMs: performance.now() + limits.keptMs };
      entries.delete(key);
      entries.set(key, entry);
      entry.value.catch(() => {
        if (entries.get(key) === entry) entries.delete(key);
      });
      // A Map keeps the order of insertion: the first one is the oldest.
      const [oldest] = entries.keys();
      if (entries.size > limits.entriesMax && oldest !== undefined) entries.delete(oldest);
      return entry.value;
    },
    forget: (key) => {
      if (key === undefined) entries.clear();
      else entries.delete(key);
    },
  };
}
