/** The moment in a name that {@link timeName} is part of; 1970 where there is none. */
export function timeIn(name: string): Date {
  const [, day, hour, minute, second] = /(\d{4}-\d\d-\d\dT)(\d\d)-(\d\d)-(\d\d)Z/.exec(name) ?? [];
  return day ? new Date(`${day}${hour}:${minute}:${second}Z`) : new Date(0);
}

/** A moment as part of a file's name, on every system: 2026-11-22T03-00-12Z. */
export function timeName(time: Date): string {
  return time
    .toISOString()
    .replace(/\.\d+Z$/, "Z")
    .replaceAll(":", "-");
}
