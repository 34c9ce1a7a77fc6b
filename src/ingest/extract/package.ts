/** The archive that modern Office files are, opened with nothing in it believed. */
import { posix } from "node:path";
import { type Entry, openPromise, type ZipFile } from "yauzl";
import { FileRejected } from "../../errors.ts";
import { decodedBytes } from "./decode.ts";
import { attributeOf, readXml } from "./xml.ts";

const ENTRIES_MAX = 10_000;
const RELATIONS_BYTES_MAX = 5_000_000;

const DAMAGED =
  "This file is damaged and can't be opened; open it in the program it comes from, save it again and share that.";

/** A relationship of one part to another. */
export interface Relation {
  /** The last word of its type, the same in all editions of the format: "styles", "footnotes". */
  type: string;
  /** The path of the other part in the archive. */
  target: string;
}

export interface Package {
  /**
   * The text of a part in pieces; null where there is no such part.
   * @param bytesMax unpacked
   */
  part(path: string, bytesMax: number): Promise<Iterable<string> | null>;
  /** @param path of the part; empty for the package as a whole */
  relations(path: string): Promise<Relation[]>;
  close(): void;
}

/** @throws {FileRejected} malformed, too_large, encrypted */
export async function openPackage(path: string): Promise<Package> {
  const zip = await damagedIfFails(() => openPromise(path, { autoClose: false }));
  const entries = await damagedIfFails(() => entriesOf(zip)).catch((error: unknown) => {
    zip.close();
    throw error;
  });
  const part = async (name: string, bytesMax: number): Promise<Iterable<string> | null> => {
    const entry = entries.get(name);
    if (entry === undefined) return null;
    const bytes = await damagedIfFails(() => unpacked(zip, entry, bytesMax));
    return decodedBytes(bytes, charsetOfXml(bytes));
  };
  return {
    part,
    async relations(name) {
      const { dir, base } = posix.parse(name);
      const found = await part(posix.join(dir, "_rels", `${base}.rels`), RELATIONS_BYTES_MAX);
      return found === null ? [] : relationsOf(found, dir);
    },
    close: () => zip.close(),
  };
}

async function entriesOf(zip: ZipFile): Promise<Map<string, Entry>> {
  if (zip.entryCount > ENTRIES_MAX) throw tooLarge();
  const entries = new Map<string, Entry>();
  for await (const entry of zip.eachEntry()) {
    if (entries.size >= ENTRIES_MAX) throw tooLarge();
    if (!entries.has(entry.fileName)) entries.set(entry.fileName, entry);
  }
  return entries;
}

/** What an archive claims of its sizes is checked, and what comes out of it is bounded. */
async function unpacked(zip: ZipFile, entry: Entry, bytesMax: number): Promise<Buffer> {
  if (entry.isEncrypted()) {
    throw new FileRejected(
      "encrypted",
      "This file is protected with a password; share a copy without one.",
    );
  }
  const pieces: Buffer[] = [];
  let length = 0;
  const stream = await zip.openReadStreamPromise(entry);
  for await (const piece of stream) {
    if (!Buffer.isBuffer(piece)) continue;
    length += piece.length;
    if (length > bytesMax) throw tooLarge();
    pieces.push(piece);
  }
  return Buffer.concat(pieces, length);
}

function tooLarge(): FileRejected {
  return new FileRejected(
    "too_large",
    "This file unpacks to far more than its text can need, so I did not read it; save it as PDF and share that.",
  );
}

/** The archive library and zlib throw plain errors for what is wrong with a file. */
async function damagedIfFails<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof FileRejected) throw error;
    throw new FileRejected("malformed", DAMAGED, { cause: error });
  }
}

export function damaged(): FileRejected {
  return new FileRejected("malformed", DAMAGED);
}

/** XML is UTF-8, unless it begins with the mark of UTF-16. */
function charsetOfXml(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  return bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : "utf-8";
}

function relationsOf(pieces: Iterable<string>, folder: string): Relation[] {
  const relations: Relation[] = [];
  readXml(pieces, {
    open(name, attributes) {
      const target = attributeOf(attributes, "Target");
      if (name !== "Relationship" || target === "") return;
      if (attributeOf(attributes, "TargetMode") === "External") return;
      const type = posix.basename(attributeOf(attributes, "Type"));
      const path = target.startsWith("/") ? target.slice(1) : posix.join(folder, target);
      relations.push({ type, target: path });
    },
    close: () => undefined,
    text: () => undefined,
  });
  return relations;
}
