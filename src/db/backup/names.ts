/** A moment as part of a file's name, on every system: 2026-11-22T03-00-12Z. */
export function timeName(time: Date): string {
  return time
    .toISOString()
    .replace(/\.\d+Z$/, "Z")
    .replaceAll(":", "-");
}
