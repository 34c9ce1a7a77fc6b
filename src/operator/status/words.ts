/** How the status puts times, money and long lines into words. Times are UTC, and say so. */

/** A phone shows so many characters of a line in a chat. */
const COLUMNS_MAX = 40;
const INDENT = "  ";

/**
 * Breaks what belongs together into lines of at most 40 characters, all but the first indented.
 * @param parts kept whole where they can be; a longer one has lines of its own, broken between words, or within
 */
export function narrow(...parts: string[]): string[] {
  const lines: string[] = [];
  for (const { text, begins } of parts.flatMap(pieces)) {
    const longer = `${lines.at(-1)} ${text}`;
    if (lines.length === 0) lines.push(text);
    else if (begins || longer.length > COLUMNS_MAX) lines.push(INDENT + text);
    else lines.splice(-1, 1, longer);
  }
  return lines;
}

const ROOM = COLUMNS_MAX - INDENT.length;
const SLICES = new RegExp(`.{1,${ROOM}}`, "gsu");

/** What is not broken any further; `begins`: on a line of its own. */
function pieces(part: string): { text: string; begins: boolean }[] {
  if (part.length <= ROOM) return [{ text: part, begins: false }];
  const words = part.split(/\s+/).flatMap((word) => word.match(SLICES) ?? []);
  return words.map((text, i) => ({ text, begins: i === 0 }));
}

const DAY_MS = 24 * 60 * 60 * 1000;

function utc(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", ...options });
}

const CLOCK = utc({ hour: "2-digit", minute: "2-digit" });
const DAY_OF_YEAR = utc({ day: "numeric", month: "short" });
const DATE = utc({ day: "numeric", month: "short", year: "numeric" });

/** "14:32 UTC", with the day before it where that is not within a day from now. */
export function timeOf(atMs: number, nowMs: number): string {
  const time = `${CLOCK.format(atMs)} UTC`;
  return Math.abs(atMs - nowMs) <= DAY_MS ? time : `${DAY_OF_YEAR.format(atMs)} ${time}`;
}

/** "14 Jan 2027, 14:32 UTC". */
export function stampOf(atMs: number): string {
  return `${DATE.format(atMs)}, ${CLOCK.format(atMs)} UTC`;
}

/** "14 Jan 2027". @param day YYYY-MM-DD, or a time */
export function dateOf(day: string | Date): string {
  return DATE.format(new Date(day));
}

/** For comparing: "1.8 s", "12 s". */
export function secondsOf(ms: number): string {
  const seconds = ms / 1000;
  return seconds < 9.95 ? `${Math.max(seconds, 0.1).toFixed(1)} s` : `${Math.round(seconds)} s`;
}

/** For expecting: "0.8 s", "2 s". */
export function roughSecondsOf(ms: number): string {
  return ms < 950 ? secondsOf(ms) : `${Math.round(ms / 1000)} s`;
}

/** "99 %" is never rounded up to all, nor "1 %" down to none. */
export function percentOf(part: number, whole: number): string {
  const percent = Math.round((part / whole) * 100);
  const honest = part === whole || part === 0 ? percent : Math.min(Math.max(percent, 1), 99);
  return `${honest} %`;
}

export function dollarsOf(usd: number): string {
  return usd > 0 && usd < 0.01 ? "<$0.01" : `$${usd.toFixed(2)}`;
}

export function filesOf(count: number): string {
  return count === 1 ? "1 file" : `${count} files`;
}

/** Models without their vendor, by id; whole where two are called the same. */
export function shortNames(ids: readonly string[]): (id: string) => string {
  const short = (id: string) => id.slice(id.lastIndexOf("/") + 1);
  const unique = new Set(ids);
  const namesakes = (id: string) => [...unique].filter((other) => short(other) === short(id));
  return (id) => (namesakes(id).length > 1 ? id : short(id));
}
