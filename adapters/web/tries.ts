const SOURCES_MAX = 10_000;

/** Counts what went wrong within a time, by where it came from. */
export interface Tries {
  /** How long this source has to wait; 0 when it may try. */
  waitMs(source: string): number;
  failed(source: string): void;
}

export function createTries(max: number, windowMs: number, now = Date.now): Tries {
  const failures = new Map<string, { count: number; sinceMs: number }>();
  const known = (source: string) => {
    const found = failures.get(source);
    if (found && now() - found.sinceMs < windowMs) return found;
    failures.delete(source);
    return undefined;
  };
  return {
    waitMs(source) {
      const found = known(source);
      return found && found.count >= max ? found.sinceMs + windowMs - now() : 0;
    },
    failed(source) {
      const found = known(source);
      if (found) found.count += 1;
      else failures.set(source, { count: 1, sinceMs: now() });
      // The oldest are forgotten, so that many sources can't fill the memory.
      const [oldest] = failures.keys();
      if (failures.size > SOURCES_MAX && oldest !== undefined) failures.delete(oldest);
    },
  };
}
