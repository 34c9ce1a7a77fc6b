/**
 * The little of Postgres' wire protocol that the bridge must understand.
 * @see https://www.postgresql.org/docs/current/protocol-message-formats.html
 */

/** A message is one byte of type, four of length (counting themselves), and a body. */
const HEAD_BYTES = 5;
const PROTOCOL_3 = 3;

const QUERY = 0x51; // Q
const SYNC = 0x53; // S
const TERMINATE = 0x58; // X
const COMMAND_COMPLETE = 0x43; // C
const NOTIFICATION = 0x41; // A
const READY_FOR_QUERY = 0x5a; // Z

/** Whether a transaction is open (T), open but failed (E), or none is (I). */
export type Status = "I" | "T" | "E";

/** What the engine answered to one unit of requests. */
export interface Reply {
  /** The answer for the client that asked, in whole messages. */
  response: Uint8Array<ArrayBuffer>;
  /** Notices for every client that listens, in whole messages; mostly empty. */
  notices: Uint8Array<ArrayBuffer>;
  status: Status;
  /** True where a LISTEN was carried out. */
  listened: boolean;
}

/**
 * How many bytes from the start must reach the engine without another client's in between: everything up to
 * and including a Query, a Sync or a Terminate.
 * @returns 0 while the unit is not complete yet
 */
export function unitBytes(received: Buffer): number {
  let end = 0;
  while (received.length >= end + HEAD_BYTES) {
    const type = received[end];
    end += 1 + received.readUInt32BE(end + 1);
    if (received.length < end) return 0;
    if (type === QUERY || type === SYNC || type === TERMINATE) return end;
  }
  return 0;
}

export function isTerminate(unit: Uint8Array): boolean {
  return unit[0] === TERMINATE;
}

/**
 * The length of the startup message, which alone has no type.
 * @returns 0 while it is not complete yet
 * @throws for anything that is not a startup, such as a request to cancel or to encrypt
 */
export function startupBytes(received: Buffer): number {
  if (received.length < 8) return 0;
  if (received.readUInt16BE(4) !== PROTOCOL_3) throw new Error("Only protocol 3 is understood.");
  const length = received.readUInt32BE(0);
  return received.length < length ? 0 : length;
}

export function query(sql: string): Uint8Array<ArrayBuffer> {
  return message("Q", text(sql));
}

/** Everything that a client waits for before its first query. */
export function welcome(serverVersion: string): Uint8Array<ArrayBuffer> {
  const parameters = {
    server_version: serverVersion,
    server_encoding: "UTF8",
    client_encoding: "UTF8",
    DateStyle: "ISO, MDY",
    integer_datetimes: "on",
    standard_conforming_strings: "on",
  };
  return concat([
    message("R", Buffer.alloc(4)),
    ...Object.entries(parameters).map((pair) => message("S", concat(pair.map(text)))),
    message("K", Buffer.alloc(8)),
    message("Z", Buffer.from("I")),
  ]);
}

/** Takes the notices out of what the engine answered, and what the bridge must know. */
export function readReply(chunks: Uint8Array[]): Reply {
  const all = concat(chunks);
  const answers: Uint8Array[] = [];
  const notices: Uint8Array[] = [];
  let status: Status = "I";
  let listened = false;
  for (const part of messages(all)) {
    (part[0] === NOTIFICATION ? notices : answers).push(part);
    if (part[0] === READY_FOR_QUERY) status = statusOf(part);
    if (part[0] === COMMAND_COMPLETE) listened ||= isListen(part);
  }
  const response = notices.length === 0 ? all : concat(answers);
  return { response, notices: concat(notices), status, listened };
}

function* messages(bytes: Uint8Array): Generator<Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let start = 0, end = 0; start < bytes.length; start = end) {
    end = start + 1 + view.getUint32(start + 1);
    yield bytes.subarray(start, end);
  }
}

function statusOf(readyForQuery: Uint8Array): Status {
  const status = String.fromCharCode(readyForQuery[HEAD_BYTES] ?? 0);
  return status === "T" || status === "E" ? status : "I";
}

function isListen(commandComplete: Uint8Array): boolean {
  return Buffer.from(commandComplete.subarray(HEAD_BYTES, -1)).toString() === "LISTEN";
}

function message(type: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = Buffer.alloc(HEAD_BYTES);
  head.write(type);
  head.writeUInt32BE(body.length + HEAD_BYTES - 1, 1);
  return concat([head, body]);
}

function text(value: string): Uint8Array {
  return Buffer.from(`${value}\0`);
}

/** Into memory of its own, never Node's shared pool: what goes to the other thread is gone from this one. */
export function concat(parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((bytes, part) => bytes + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
