import type { Pool, PoolClient } from "pg";
import { BITS_HITS } from "./weights.ts";

export const DIMENSIONS = 1024;

export interface VectorRow {
  position: number;
  /** 1,024 numbers of length 1. */
  vector: Float32Array;
}

/**
 * Common table expressions that end in `vector`, the nearest chunks of `visible` contents of the workspace $1: sign
 * bits find some hundred, which the vectors themselves then rank. Adding 0 keeps an index for nearest neighbours,
 * should there be one, from answering: it would look outside of the scope first and return too few.
 * @param bits the parameter with the question's sign bits
 * @param embedding the parameter with its vector
 */
export function byBits(bits: string, embedding: string, limit: number): string {
  return `
  by_bits as materialized (
    select v.content_id, v.position from chunk_vector v
     where v.workspace_id = $1 and v.content_id = any(array(select content_id from visible))
     order by (v.bits <~> ${bits}::bit(${DIMENSIONS})) + 0 limit ${BITS_HITS}),
  vector as (
    select v.content_id, v.position, -(v.embedding <#> ${embedding}::halfvec(${DIMENSIONS})) as score
      from by_bits b join chunk_vector v using (content_id, position)
     where v.workspace_id = $1
     order by 3 desc, 1, 2 limit ${limit})`;
}

/** A `halfvec(1024)` in pgvector's binary form. As text it would take six times as long to insert. */
export function halfvecBuffer(vector: Float32Array): Buffer {
  const buffer = Buffer.alloc(4 + vector.length * 2);
  buffer.writeUInt16BE(vector.length, 0);
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  vector.forEach((number, at) => {
    view.setFloat16(4 + at * 2, number);
  });
  return buffer;
}

/** The signs of a vector as a `bit(1024)` in Postgres's binary form: 1 where the number is above 0. */
export function signBitsBuffer(vector: Float32Array): Buffer {
  const buffer = Buffer.alloc(4 + Math.ceil(vector.length / 8));
  buffer.writeInt32BE(vector.length, 0);
  vector.forEach((number, at) => {
    const byte = 4 + (at >> 3);
    if (number > 0) buffer.writeUInt8(buffer.readUInt8(byte) | (0x80 >> (at & 7)), byte);
  });
  return buffer;
}

/**
 * Stores vectors of a content's chunks, at most some hundred a call; those that are there are replaced. A chunk
 * that is gone is passed over, since its file may have been deleted while it was embedded.
 * @returns how many were stored
 */
export async function saveVectors(
  db: Pool | PoolClient,
  workspaceId: number,
  contentId: number,
  rows: readonly VectorRow[],
): Promise<number> {
  if (rows.length === 0) return 0;
  const places = rows.map((_, at) => {
    const first = 3 + at * 3;
    return `($${first}::int, $${first + 1}::bit(${DIMENSIONS}), $${first + 2}::halfvec(${DIMENSIONS}))`;
  });
  // Binary parameters can't stand in arrays here: every row brings its own.
  const stored = await db.query(
    `insert into chunk_vector (workspace_id, content_id, position, bits, embedding)
     select c.workspace_id, c.content_id, c.position, v.bits, v.embedding
       from (values ${places.join(", ")}) v (position, bits, embedding)
       join chunk c on c.workspace_id = $1 and c.content_id = $2 and c.position = v.position
     on conflict (workspace_id, content_id, position)
     do update set bits = excluded.bits, embedding = excluded.embedding`,
    [
      workspaceId,
      contentId,
      ...rows.flatMap(({ position, vector }) => [
        position,
        signBitsBuffer(vector),
        halfvecBuffer(vector),
      ]),
    ],
  );
  return stored.rowCount ?? 0;
}
