const POLL_MS = 10;
const WAIT_MS_MAX = 50_000;

type Found<T> = T | undefined | false;

/** Waits for something to come true. @throws when it does not within any reasonable time */
export async function until<T>(find: () => Found<T> | Promise<Found<T>>): Promise<T> {
  const endMs = Date.now() + WAIT_MS_MAX;
  while (Date.now() < endMs) {
    const found = await find();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`waited in vain for ${find}`);
}
