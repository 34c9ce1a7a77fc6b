import { fold } from "./analyse.ts";

const EXTENSION = /\.([\p{L}][\p{L}\p{N}]{0,4})$/u;
const COPY = /\(\d{1,3}\)|\bcopy( of)?\b|\bkopie( von)?\b/g;
// Whole dates only: a year alone tells one year's report from another's.
const DATES =
  /(?<!\d)(?:(?:19|20)\d\d([-_. ]?)(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])|(?:0?[1-9]|[12]\d|3[01])([-_. ])(?:0?[1-9]|1[0-2])\2(?:20)?\d\d)(?!\d)/g;
const VERSION =
  /(?<![\p{L}\p{N}])(?:v|ver|version|rev|revision)[ ._-]?\d{1,3}(?:\.\d{1,3}){0,2}(?![\p{L}\p{N}])/gu;
const STATE = /(?<![\p{L}\p{N}])(?:final|draft|latest|updated|revised)(?![\p{L}\p{N}])/gu;
const GENERIC = new Set(
  (
    "image images img photo picture pic bild foto scan scanned screenshot screen shot bildschirmfoto capture at " +
    "document doc dokument file untitled unnamed recording video audio voice message memo clipboard attachment " +
    "download export new dsc dscn pxl whatsapp signal telegram am pm um " +
    "invoice receipt statement minutes agenda payslip timesheet newsletter rechnung protokoll"
  ).split(" "),
);

/**
 * What versions of one file have in common in their names: what is left without "v2", "final", "(1)" and dates.
 * Null where that says nothing, as of pictures, or names a kind of file of which everybody has many.
 */
export function versionKey(name: string): string | null {
  const folded = fold(name.normalize("NFKC"));
  const extension = EXTENSION.exec(folded)?.[1] ?? "";
  const bare = [DATES, COPY, VERSION, STATE].reduce(
    // An underline counts as a letter beside a word.
    (text, taken) => text.replace(taken, " "),
    folded.replace(EXTENSION, "").replaceAll("_", " "),
  );
  const words = bare.match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  const telling = words.filter((word) => /\p{L}{2}/u.test(word) && !GENERIC.has(word));
  return telling.length > 0 ? [...words, extension].join(" ") : null;
}
