import iconv from "iconv-lite";
import { detect } from "jschardet";

/** How much of a text is looked at. */
export const SAMPLE_BYTES = 65_536;
/** Share of bytes that must be NUL, and share of the NULs that must stand in the same half of the pairs. */
const WIDE_NULS_MIN = 0.02;
const WIDE_SAME_SIDE_MIN = 0.9;
/** Text has next to no controls; what was decoded wrongly, or is no text, has many. */
const NOISE_MAX = 0.05;
/** One broken character needs more than this many good ones beyond ASCII. */
const BROKEN_SHARE = 10;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is counted
const NOISE = /[\u0000-\u0008\u000e-\u001a\u001c-\u001f\u007f-\u009f\ufffd]/g;

const BYTE_ORDER_MARKS: readonly (readonly [charset: string, mark: readonly number[]])[] = [
  ["utf-8", [0xef, 0xbb, 0xbf]],
  ["utf-32le", [0xff, 0xfe, 0, 0]],
  ["utf-32be", [0, 0, 0xfe, 0xff]],
  ["utf-16le", [0xff, 0xfe]],
  ["utf-16be", [0xfe, 0xff]],
];

/**
 * The encoding of a text, by its mark, by being valid UTF-8, or by the statistics of its bytes.
 * @param sample {@link SAMPLE_BYTES} of the text, maybe cut within a character; or all there is, if it is shorter
 * @returns a name that {@link iconv} knows, or null where this is no text
 */
export function charsetOf(sample: Uint8Array): string | null {
  const marked = BYTE_ORDER_MARKS.find(([, mark]) => mark.every((byte, at) => sample[at] === byte));
  if (marked !== undefined) return marked[0];
  if (sample.includes(0)) return wideCharsetOf(sample);
  if (isUtf8(sample)) return isNoise(sample, "utf-8") ? null : "utf-8";
  const guessed = detect(sample).encoding;
  if (guessed === null || !iconv.encodingExists(guessed)) return null;
  return isNoise(sample, guessed) ? null : guessed;
}

/** A few broken characters among many good ones are damage, not another encoding. */
function isUtf8(sample: Uint8Array): boolean {
  const isCut = sample.length >= SAMPLE_BYTES;
  const text = new TextDecoder("utf-8").decode(sample, { stream: isCut });
  const broken = (text.match(/\ufffd/g) ?? []).length;
  if (broken === 0) return true;
  const good = (text.match(/[\u0080-\ufffc]/g) ?? []).length;
  return broken * BROKEN_SHARE < good;
}

/** UTF-16 or UTF-32 without a mark: Latin letters, spaces and line ends have NULs, all on the same side. */
function wideCharsetOf(sample: Uint8Array): string | null {
  const nuls = [0, 0, 0, 0];
  for (let at = 0; at < sample.length; at++) {
    if (sample[at] === 0) nuls[at % 4] = (nuls[at % 4] ?? 0) + 1;
  }
  const [first = 0, second = 0, third = 0, fourth = 0] = nuls;
  const all = first + second + third + fourth;
  if (all < sample.length * WIDE_NULS_MIN) return null;
  const most = all * WIDE_SAME_SIDE_MIN;
  let charset: string | null = null;
  if (second + fourth >= most) charset = "utf-16le";
  else if (first + third >= most) charset = "utf-16be";
  else if (third + fourth >= all * 0.6) charset = "utf-32le";
  else if (first + second >= all * 0.6) charset = "utf-32be";
  return charset !== null && !isNoise(sample, charset) ? charset : null;
}

function isNoise(sample: Uint8Array, charset: string): boolean {
  const text = iconv.decode(Buffer.from(sample), charset);
  // The last character may have been cut in half.
  const noise = (text.slice(0, -1).match(NOISE) ?? []).length;
  return noise > text.length * NOISE_MAX;
}
