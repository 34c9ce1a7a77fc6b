/** XML of Office files, as a stream of events. Entities that a document defines are never expanded. */
import { Parser } from "htmlparser2";
import { FileRejected } from "../../errors.ts";

const DEPTH_MAX = 2000;

/** Names are without their prefix, which every program may choose. */
export interface XmlHandler {
  open(name: string, attributes: Record<string, string>): void;
  close(name: string): void;
  text(text: string): void;
}

export function readXml(pieces: Iterable<string>, handler: XmlHandler): void {
  for (const _ of xmlSteps(pieces, handler));
}

/**
 * Yields after every piece, so that what the handler made of it can be taken away.
 * @throws {FileRejected} malformed, where elements stand in each other without end
 */
export function* xmlSteps(pieces: Iterable<string>, handler: XmlHandler): Generator<void> {
  let depth = 0;
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        if (++depth > DEPTH_MAX) throw tooDeep();
        handler.open(local(name), attributes);
      },
      onclosetag(name) {
        depth--;
        handler.close(local(name));
      },
      ontext: (text) => handler.text(text),
    },
    { xmlMode: true },
  );
  for (const piece of pieces) {
    parser.write(piece);
    yield;
  }
  parser.end();
  yield;
}

/** @returns the value of an attribute, whatever the prefix of its name; empty where there is none */
export function attributeOf(attributes: Record<string, string>, name: string): string {
  for (const key in attributes) if (local(key) === name) return attributes[key] ?? "";
  return "";
}

function local(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

function tooDeep(): FileRejected {
  return new FileRejected(
    "malformed",
    "The tables or boxes in this document stand in each other without end; save it as PDF and share that.",
  );
}
