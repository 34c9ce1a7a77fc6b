import type { Pool } from "pg";
import * as v from "valibot";
import { patiently } from "../database.ts";
import { type Peer, type PeerName, startPeer } from "../peers/peer.ts";
import type { Question, Scope } from "./questions.ts";
import { NEAREST } from "./questions.ts";

/** A way to search that is timed: ours, or another library's. */
export interface Searcher {
  name: string;
  search(question: Question, scope: Scope): Promise<{ ms: number; found: string[] }>;
}

const Marks = v.array(v.string());
const HOME = "home";

// The row of a passage names the first channel that it was shared in: that channel is in every scope that sees it.
const PASSAGES = `
  from chunk k join chunk_vector v using (workspace_id, content_id, position)
  join workspace w on w.id = k.workspace_id
  join lateral (select c.platform_id from share s
                  join channel c on c.workspace_id = s.workspace_id and c.id = s.channel_id
                 where s.workspace_id = k.workspace_id and s.content_id = k.content_id
                 order by s.id limit 1) c on true`;
const WORKSPACE = `case when w.id = $1 then '${HOME}' else w.platform_id end`;
const METADATA = `jsonb_build_object('workspace', ${WORKSPACE}, 'channel', c.platform_id,
                                     'mark', k.content_id || ':' || k.position)`;

/** The library makes its table; the rows are ours, put there within the database, since that is not what is timed. */
const FILL: Record<PeerName, string> = {
  langchain: `insert into langchain (text, metadata, embedding)
    select k.text, ${METADATA}, v.embedding::vector ${PASSAGES}`,
  llamaindex: `insert into llamaindex_embedding (external_id, collection, document, metadata, embeddings)
    select '', ${WORKSPACE}, k.text, ${METADATA}, v.embedding::vector ${PASSAGES}`,
};
const TABLES: Record<PeerName, string> = {
  langchain: "langchain",
  llamaindex: "llamaindex_embedding",
};

/** The same passages in the same Postgres, as the library keeps and searches them by default. */
export async function openPeer(
  stack: AsyncDisposableStack,
  name: PeerName,
  at: { databaseUrl: string; db: Pool; homeId: number },
): Promise<Searcher> {
  const peer = await startPeer(stack, name, at.databaseUrl);
  await patiently(at.db, async (client) => {
    await client.query(FILL[name], [at.homeId]);
    await client.query(`vacuum (analyze) ${TABLES[name]}`);
  });
  return { name, search: (question, scope) => search(peer, question, scope) };
}

async function search(peer: Peer, { vector }: Question, { channels }: Scope) {
  const input = { vector: [...vector], workspace: HOME, channels, limit: NEAREST };
  const { ms, output } = await peer.call("search", input);
  return { ms, found: v.parse(Marks, output) };
}
