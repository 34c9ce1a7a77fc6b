/** What files are called, and what to do with those that can't be read yet. Words for people. */

/** Kinds that have a reader. */
export type FileKind = "pdf" | "markdown" | "text";

export type Family =
  | FileKind
  | "word"
  | "spreadsheet"
  | "slides"
  | "book"
  | "mail"
  | "web"
  | "table"
  | "structured"
  | "picture"
  | "recording"
  | "archive"
  | "program"
  | "font";

interface FamilyWords {
  extensions: string[];
  /** One such file, as a person would call it. */
  one: string;
  /** Many, at the beginning of a sentence; and what to share in place of them. Null where they are read. */
  refusal: { many: string; advice: string } | null;
}

const SAVE_AS_PDF = "save it as PDF and share that";
const AS_TEXT = "share what matters as a .txt file or a PDF";

export const FAMILIES: Record<Family, FamilyWords> = {
  pdf: { extensions: ["pdf"], one: "a PDF", refusal: null },
  markdown: { extensions: ["md", "markdown", "rst"], one: "plain text", refusal: null },
  text: {
    extensions: ["txt", "text", "log", "vtt", "srt", "ics", "vcf"],
    one: "plain text",
    refusal: null,
  },
  word: {
    extensions: ["docx", "docm", "dotx", "doc", "dot", "odt", "ott", "rtf", "pages"],
    one: "a Word document",
    refusal: { many: "Word documents", advice: SAVE_AS_PDF },
  },
  spreadsheet: {
    extensions: ["xlsx", "xlsm", "xltx", "xls", "xlsb", "ods", "numbers"],
    one: "a spreadsheet",
    refusal: { many: "Spreadsheets", advice: SAVE_AS_PDF },
  },
  slides: {
    extensions: ["pptx", "pptm", "ppsx", "ppt", "odp", "key"],
    one: "a presentation",
    refusal: { many: "Presentations", advice: SAVE_AS_PDF },
  },
  book: {
    extensions: ["epub", "mobi", "azw3"],
    one: "an e-book",
    refusal: { many: "E-books", advice: "share a PDF of it" },
  },
  mail: {
    extensions: ["eml", "msg", "mbox", "pst"],
    one: "an e-mail",
    refusal: { many: "E-mails", advice: SAVE_AS_PDF },
  },
  web: {
    extensions: ["html", "htm", "xhtml", "mhtml"],
    one: "a web page",
    refusal: { many: "Web pages", advice: "print it to a PDF and share that" },
  },
  table: {
    extensions: ["csv", "tsv", "parquet"],
    one: "a table",
    refusal: { many: "CSV tables", advice: AS_TEXT },
  },
  structured: {
    extensions: ["json", "jsonl", "yaml", "yml", "xml", "svg", "ipynb"],
    one: "structured data",
    refusal: { many: "JSON, YAML and XML files", advice: AS_TEXT },
  },
  picture: {
    extensions: "png jpg jpeg gif webp tif tiff bmp heic heif avif ico psd jxl".split(" "),
    one: "a picture",
    refusal: { many: "Pictures", advice: AS_TEXT },
  },
  recording: {
    extensions: "mp3 m4a aac wav ogg oga opus flac wma mp4 m4v mov mkv webm avi wmv 3gp mpg".split(
      " ",
    ),
    one: "a recording",
    refusal: { many: "Audio and video", advice: "share a transcript as a .txt file" },
  },
  archive: {
    extensions: ["zip", "7z", "rar", "tar", "gz", "bz2", "xz", "zst", "lz4", "cab", "iso", "dmg"],
    one: "an archive",
    refusal: { many: "Archives", advice: "unpack it and share the files inside" },
  },
  program: {
    extensions: ["exe", "msi", "dll", "elf", "macho", "wasm", "class", "jar", "apk", "deb", "rpm"],
    one: "a program",
    refusal: { many: "Programs", advice: "share a document about it" },
  },
  font: {
    extensions: ["ttf", "otf", "woff", "woff2", "eot", "ttc"],
    one: "a font",
    refusal: { many: "Fonts", advice: "share a document" },
  },
};

const BY_EXTENSION = new Map<string, Family>();
for (const family of Object.keys(FAMILIES).filter(isFamily)) {
  for (const extension of FAMILIES[family].extensions) BY_EXTENSION.set(extension, family);
}

function isFamily(name: string): name is Family {
  return name in FAMILIES;
}

/** @param extension lower case, without the dot */
export function familyOf(extension: string): Family | null {
  return BY_EXTENSION.get(extension) ?? null;
}
