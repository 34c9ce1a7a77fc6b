/** What files are called, and what to do with those that can't be read yet. Words for people. */

/** Kinds that have a reader. */
export const FILE_KINDS = [
  "pdf",
  "docx",
  "html",
  "csv",
  "json",
  "code",
  "markdown",
  "text",
] as const;

export type FileKind = (typeof FILE_KINDS)[number];

/** What a person would take for one sort of file, whatever program wrote it. */
export type Family =
  | Exclude<FileKind, "docx" | "html" | "csv">
  | "word"
  | "web"
  | "table"
  | "spreadsheet"
  | "slides"
  | "book"
  | "mail"
  | "picture"
  | "drawing"
  | "recording"
  | "archive"
  | "program"
  | "columns"
  | "font";

interface FamilyWords {
  extensions: string[];
  /** One such file, as a person would call it. */
  one: string;
  /** What its files are read as; null where none of them is. */
  kind: FileKind | null;
  /** Extensions of the family that are not read, or "all"; said of many at the beginning of a sentence. */
  refusal: { of: "all" | string[]; many: string; advice: string } | null;
}

const SAVE_AS_PDF = "save it as PDF and share that";
const AS_TEXT = "share what matters as a .txt file or a PDF";

/** @param extensions with spaces between them */
function read(kind: FileKind, one: string, extensions: string): FamilyWords {
  return { extensions: extensions.split(" "), one, kind, refusal: null };
}

function refused(one: string, many: string, advice: string, extensions: string): FamilyWords {
  return {
    extensions: extensions.split(" "),
    one,
    kind: null,
    refusal: { of: "all", many, advice },
  };
}

export const FAMILIES: Record<Family, FamilyWords> = {
  pdf: read("pdf", "a PDF", "pdf"),
  markdown: read("markdown", "plain text", "md markdown rst"),
  text: read("text", "plain text", "txt text log vtt srt ics vcf"),
  code: read(
    "code",
    "source code",
    `ts tsx mts cts js jsx mjs cjs vue svelte py pyi ipy rb php java kt kts scala groovy c h cc cpp
     cxx hh hpp cs fs fsx vb go rs swift m mm dart lua pl pm r jl hs ml mli ex exs erl clj cljs lisp
     el scm nim zig v sv vhd vhdl asm s f90 pas d sol proto graphql gql sql sh bash zsh fish ps1 psm1
     bat cmd awk sed tf hcl nix cmake mk gradle bzl toml yaml yml ini cfg conf properties xml xsd xsl
     css scss sass less jsp erb hbs tex bib patch diff`.replace(/\s+/g, " "),
  ),
  json: read("json", "JSON", "json jsonl ndjson json5 geojson ipynb har"),
  table: read("csv", "a CSV table", "csv tsv tab"),
  web: {
    ...read("html", "a web page", "html htm xhtml mhtml mht"),
    refusal: {
      of: ["mhtml", "mht"],
      many: "Web archives",
      advice: "save the page as .html or print it to a PDF and share that",
    },
  },
  word: {
    ...read("docx", "a Word document", "docx docm dotx dotm doc dot odt ott rtf pages"),
    refusal: {
      of: ["doc", "dot", "odt", "ott", "rtf", "pages"],
      many: "Text documents of this format",
      advice: "save it as .docx or PDF and share that",
    },
  },
  spreadsheet: refused(
    "a spreadsheet",
    "Spreadsheets",
    "save the sheet as CSV or PDF and share that",
    "xlsx xlsm xltx xls xlsb ods numbers",
  ),
  slides: refused("a presentation", "Presentations", SAVE_AS_PDF, "pptx pptm ppsx ppt odp key"),
  book: refused("an e-book", "E-books", "share a PDF of it", "epub mobi azw3"),
  mail: refused("an e-mail", "E-mails", SAVE_AS_PDF, "eml msg mbox pst"),
  picture: refused(
    "a picture",
    "Pictures",
    AS_TEXT,
    "png jpg jpeg gif webp tif tiff bmp heic heif avif ico psd jxl",
  ),
  drawing: refused("a drawing", "Drawings", SAVE_AS_PDF, "svg drawio"),
  recording: refused(
    "a recording",
    "Audio and video",
    "share a transcript as a .txt file",
    "mp3 m4a aac wav ogg oga opus flac wma mp4 m4v mov mkv webm avi wmv 3gp mpg",
  ),
  archive: refused(
    "an archive",
    "Archives",
    "unpack it and share the files inside",
    "zip 7z rar tar gz bz2 xz zst lz4 cab iso dmg",
  ),
  program: refused(
    "a program",
    "Programs",
    "share a document about it",
    "exe msi dll elf macho wasm class jar apk deb rpm",
  ),
  columns: refused(
    "a data file",
    "Data files of this format",
    "export it as CSV and share that",
    "parquet sqlite db",
  ),
  font: refused("a font", "Fonts", "share a document", "ttf otf woff woff2 eot ttc"),
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
