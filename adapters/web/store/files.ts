import type { Pool } from "pg";
import type { FileState } from "../../../src/chat.ts";
import { NOTICES, type Notice } from "../hub.ts";

const FILES_LISTED_MAX = 500;
const UNFINISHED_KEPT_HOURS = 1;

/** A file as it is in the tables. While its bytes still arrive nobody sees it. */
export interface WebFile {
  id: string;
  channel: string;
  messageId: string;
  userId: string;
  name: string;
  bytes: number;
  /** Was it sent to go with a question? */
  handedOver: boolean;
  state: FileState;
  sharedAtMs: number;
}

interface FileRow {
  id: string;
  channel: string;
  message_id: string;
  user_id: string;
  name: string;
  bytes: string;
  handed_over: boolean;
  state: FileState;
  created_at: Date;
}

// Ids are text and numbers are parsed here, whatever the pool makes of bigint.
const COLUMNS = `id, channel, message_id::text, user_id, name, bytes::text, handed_over, state, created_at`;
const WHOLE = "state->>'kind' <> 'arriving'";

function toFile(row: FileRow): WebFile {
  return {
    id: row.id,
    channel: row.channel,
    messageId: row.message_id,
    userId: row.user_id,
    name: row.name,
    bytes: Number(row.bytes),
    handedOver: row.handed_over,
    state: row.state,
    sharedAtMs: row.created_at.getTime(),
  };
}

/** Makes room for a file whose bytes come next, in a message of its own. */
export async function beginFile(
  db: Pool,
  file: Pick<WebFile, "id" | "channel" | "userId" | "name" | "handedOver">,
): Promise<void> {
  await db.query(
    `with message as (
       insert into web_message (channel, user_id) values ($2, $3) returning id
     )
     insert into web_file (id, channel, message_id, user_id, name, bytes, handed_over, state)
     select $1, $2, message.id, $3, $4, 0, $5, '{"kind": "arriving"}' from message`,
    [file.id, file.channel, file.userId, file.name, file.handedOver],
  );
}

export async function addPart(db: Pool, fileId: string, position: number, bytes: Buffer) {
  await db.query("insert into web_file_part (file_id, position, bytes) values ($1, $2, $3)", [
    fileId,
    position,
    bytes,
  ]);
}

/** All bytes have come: from now on the file is there. */
export async function completeFile(db: Pool, fileId: string, bytes: number): Promise<WebFile> {
  const { rows } = await db.query<FileRow>(
    `update web_file set bytes = $2, state = '{"kind": "received"}', created_at = now()
      where id = $1 returning ${COLUMNS}`,
    [fileId, bytes],
  );
  const [row] = rows;
  if (!row) throw new Error("a file vanished while its bytes arrived");
  return toFile(row);
}

/** Removes the file and its bytes; its message too, unless somebody wrote below it. */
export async function dropFile(db: Pool, fileId: string): Promise<void> {
  await db.query(
    `with gone as (
       delete from web_file where id = $1 returning message_id, channel
     ), message as (
       delete from web_message m using gone
        where m.id = gone.message_id
          and not exists (select from web_message below where below.thread = m.id)
     )
     select pg_notify($2, json_build_object('channel', channel, 'kind', 'file', 'id', $1)::text)
       from gone`,
    [fileId, NOTICES],
  );
}

/** Uploads that broke off with their process leave pieces behind. */
export async function dropUnfinished(db: Pool): Promise<void> {
  await db.query(
    `delete from web_message m using web_file f
      where f.message_id = m.id and f.state->>'kind' = 'arriving'
        and f.created_at < now() - make_interval(hours => $1)`,
    [UNFINISHED_KEPT_HOURS],
  );
}

/** Newest first. */
export async function filesIn(db: Pool, channel: string): Promise<WebFile[]> {
  const { rows } = await db.query<FileRow>(
    `select ${COLUMNS} from web_file where channel = $1 and ${WHOLE}
      order by created_at desc, id limit $2`,
    [channel, FILES_LISTED_MAX],
  );
  return rows.map(toFile);
}

export async function findFile(db: Pool, channel: string, fileId: string): Promise<WebFile | null> {
  const { rows } = await db.query<FileRow>(
    `select ${COLUMNS} from web_file where id = $1 and channel = $2 and ${WHOLE}`,
    [fileId, channel],
  );
  return rows[0] ? toFile(rows[0]) : null;
}

/** Which of these ids are files of this workspace still, and in which channel. */
export async function filesThere(db: Pool, fileIds: string[]): Promise<Map<string, string>> {
  const { rows } = await db.query<{ id: string; channel: string }>(
    `select id, channel from web_file where id = any($1) and ${WHOLE}`,
    [fileIds],
  );
  return new Map(rows.map((row) => [row.id, row.channel]));
}

/** Files that the core may not have heard of: nothing has become of them yet. Oldest first. */
export async function filesReceived(db: Pool): Promise<WebFile[]> {
  const { rows } = await db.query<FileRow>(
    `select ${COLUMNS} from web_file where state->>'kind' = 'received' order by created_at`,
  );
  return rows.map(toFile);
}

export async function setFileState(db: Pool, fileId: string, state: FileState): Promise<void> {
  await db.query(
    `with changed as (
       update web_file set state = $2 where id = $1 returning channel
     )
     select pg_notify($3, json_build_object('channel', channel, 'kind', 'file', 'id', $1)::text)
       from changed`,
    [fileId, state, NOTICES],
  );
}

/** The file's bytes, a piece at a time; they end early when the file is deleted meanwhile. */
export async function* filePieces(db: Pool, fileId: string): AsyncGenerator<Buffer> {
  for (let position = 0; ; position++) {
    const { rows } = await db.query<{ bytes: Buffer }>(
      "select bytes from web_file_part where file_id = $1 and position = $2",
      [fileId, position],
    );
    if (!rows[0]) return;
    yield rows[0].bytes;
  }
}

export async function tell(db: Pool, notice: Notice): Promise<void> {
  await db.query("select pg_notify($1, $2)", [NOTICES, JSON.stringify(notice)]);
}
