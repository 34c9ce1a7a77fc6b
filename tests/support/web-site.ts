/** The web chat as a client of its HTTP API sees it, with an inbox that keeps what is handed in. */
import type { Adapter, Citation, Command, CommandReply, ReplyPart } from "../../src/chat.ts";
import type { Database } from "../../src/db/pool.ts";
import type { Incoming, Mention } from "../../src/events.ts";
import { noCommands } from "./inbox.ts";
import { serveWeb, webOn } from "./web.ts";

export type Init = RequestInit & { as?: string };

export interface WebSite {
  url: string;
  port: number;
  adapter: Adapter;
  events: Incoming[];
  commands: Command[];
  /** What the core does before it takes an event, and what it says to a command. */
  core: { accepting(): Promise<void>; answering(command: Command): CommandReply };
  api(path: string, init?: Init): Promise<Response>;
  json(method: string, path: string, body: unknown, as?: string): Promise<Response>;
  close(): Promise<void>;
}

export async function openWebSite(
  database: Database,
  options: Parameters<typeof webOn>[1] = {},
): Promise<WebSite> {
  const events: Incoming[] = [];
  const commands: Command[] = [];
  const core: WebSite["core"] = {
    accepting: async () => undefined,
    answering: () => ({ done: true, text: "Done." }),
  };
  const web = webOn(database, options);
  await web.adapter.listen({
    ...noCommands,
    async accept(event) {
      await core.accepting();
      events.push(event);
    },
    async command(command) {
      commands.push(command);
      return core.answering(command);
    },
  });
  const server = await serveWeb(web);
  const api = (path: string, { as, ...init }: Init = {}) => {
    const headers = new Headers(init.headers);
    if (as) headers.set("x-docent-user", as);
    return fetch(`${server.url}/api${path}`, { ...init, headers });
  };
  return {
    ...{ url: server.url, port: server.port, adapter: web.adapter, events, commands, core, api },
    json: (method, path, body, as) =>
      api(path, { method, body: JSON.stringify(body), ...(as && { as }) }),
    async close() {
      await server.close();
      await database.pool.query("delete from web_message");
    },
  };
}

export async function shareOn(
  { api }: WebSite,
  content: string | Uint8Array,
  name = "ducks.txt",
  as = "ada",
) {
  const body = new FormData();
  const bytes = typeof content === "string" ? content : new Uint8Array(content);
  body.append("file", new Blob([bytes]), name);
  const response = await api("/channels/general/files", { method: "POST", body, as });
  const made = (await response.json()) as { id: string; name: string; messageId: string };
  return { status: response.status, ...made };
}

export function askOn(
  { json }: WebSite,
  text: unknown,
  options: { thread?: string; as?: string; files?: string[] } = {},
): Promise<Response> {
  const { as = "ada", ...rest } = options;
  return json("POST", "/channels/general/questions", { text, ...rest }, as);
}

export function lastQuestion({ events }: WebSite): Mention {
  const question = events.findLast((event) => event.kind === "mention");
  if (!question) throw new Error("no question was handed in");
  return question;
}

/** Asks, and lets the stream go. */
export async function asked(
  site: WebSite,
  text: string,
  options: Parameters<typeof askOn>[2] = {},
) {
  await (await askOn(site, text, options)).body?.cancel();
  return lastQuestion(site);
}

/** Shows a reply to the last question. */
export function postOn(
  site: WebSite,
  parts: ReplyPart[] | AsyncIterable<ReplyPart>,
  to = lastQuestion(site),
): Promise<void> {
  const reply = Array.isArray(parts) ? inOrder(parts) : parts;
  const posts = { posted: [], onPosted: async () => undefined };
  return site.adapter.post(to, reply, posts, AbortSignal.timeout(20_000));
}

async function* inOrder(parts: ReplyPart[]): AsyncGenerator<ReplyPart> {
  yield* parts;
}

export interface Shown {
  id: string;
  text: string;
  thread: string | null;
  replyTo: string | null;
  fileId: string | null;
  files: string[];
  editedAt: string | null;
  deleted: boolean;
  reply: { parts: ReplyPart[]; finished: boolean } | null;
}

export async function messagesOn({ api }: WebSite): Promise<Shown[]> {
  const response = await api("/channels/general/messages");
  return ((await response.json()) as { messages: Shown[] }).messages;
}

export async function errorOf(response: Response): Promise<string> {
  return ((await response.json()) as { error: string }).error;
}

export function citing(fileId: string, fileName: string): ReplyPart {
  const place = { platform: "web", workspaceId: "local", channelId: "general", threadId: null };
  const citation: Citation = {
    number: 1,
    file: { place, messageId: "1", fileId, userId: "ada" },
    fileName,
    locator: { page: 12 },
    where: "page 12",
    quote: "Ducks: 42.",
    position: 3,
    permalink: null,
    sharedAtMs: 0,
  };
  return { kind: "citations", citations: [citation] };
}
