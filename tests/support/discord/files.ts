/** The file host: signed URLs that are good for a day. */
import type { ServerResponse } from "node:http";
import { signed } from "./message-shapes.ts";
import type { LedgerEntry, World } from "./world.ts";

const HEX = 16;
const GONE = "This content is no longer available.";

/** Nobody sends a token here; whoever does is refused, and stands in the ledger. */
export function serveFile(world: World, entry: LedgerEntry, response: ServerResponse): void {
  const { path, query, authorized } = entry;
  entry.route = "GET /attachments/:channel/:file/:name";
  const file = world.files.get(path.split("/")[3] ?? "");
  const { ex = "", is = "", hm } = query;
  const isGood = hm === signed(path, ex, is) && Number.parseInt(ex, HEX) * 1_000 > world.nowMs();
  const redirect = world.fileRedirects.get(file?.id ?? "");
  if (authorized) response.writeHead(400).end("no token is wanted here");
  else if (!isGood || !file || file.deleted) response.writeHead(404).end(GONE);
  else if (redirect) response.writeHead(302, { location: redirect }).end();
  else {
    response.setHeader("content-type", file.contentType ?? "application/octet-stream");
    response.end(file.content);
  }
}
