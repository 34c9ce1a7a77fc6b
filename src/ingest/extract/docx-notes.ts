import { attributeOf, readXml } from "./xml.ts";

export interface Note {
  /** Who wrote it; empty for footnotes. */
  author: string;
  text: string;
}

/** @returns footnotes, endnotes or comments by their id */
export function readNotes(pieces: Iterable<string>): Map<string, Note> {
  const notes = new Map<string, Note>();
  let note: Note = { author: "", text: "" };
  let isText = false;
  let deleted = 0;
  readXml(pieces, {
    open(name, attributes) {
      if (name === "footnote" || name === "endnote" || name === "comment") {
        note = { author: attributeOf(attributes, "author"), text: "" };
        notes.set(attributeOf(attributes, "id"), note);
      }
      if (name === "del" || name === "moveFrom") deleted++;
      isText = name === "t" && deleted === 0;
    },
    close(name) {
      isText = false;
      if (name === "del" || name === "moveFrom") deleted--;
      if (name === "p") note.text += " ";
    },
    text(text) {
      if (isText) note.text += text;
    },
  });
  return notes;
}
