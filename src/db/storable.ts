/** Postgres keeps neither a NUL nor half of a surrogate pair. */
export function storable(text: string): string {
  return text.replaceAll("\0", "").toWellFormed();
}

/** For `JSON.stringify`: every text in a value is then one that Postgres keeps. */
export function storableValue(_key: string, value: unknown): unknown {
  return typeof value === "string" ? storable(value) : value;
}
