import { afterAll, beforeAll, inject } from "vitest";
import type { Inbox } from "../../src/chat.ts";
import type { Database } from "../../src/db/pool.ts";
import type { SharedFile } from "../../src/events.ts";
import { openTestDatabase } from "../support/database.ts";
import { urlOf } from "../support/postgres-template.ts";
import { serveWeb, webOn } from "../support/web.ts";
import { contract, type Delivery, type PostJob } from "./adapter.ts";
import { postElsewhere, postHere } from "./elsewhere.ts";

const POSTER = new URL("./web-poster.ts", import.meta.url);

let database: Database;
let databaseName: string;

beforeAll(async () => {
  database = await openTestDatabase();
  const { rows } = await database.pool.query("select current_database() as name");
  databaseName = String(rows[0]?.name);
});

afterAll(() => database.close());

contract("web", {
  async open(inbox: Inbox) {
    const web = webOn(database);
    // The chat asks the core first whether a file may be deleted.
    const command = async () => ({ done: true, text: "" });
    await web.adapter.listen({ ...inbox, accept: (event) => inbox.accept(event), command });
    const server = await serveWeb(web);
    const files = `${server.url}/api/channels/general/files`;
    const shown = async (thread: string) => {
      const response = await fetch(`${server.url}/api/channels/general/messages?thread=${thread}`);
      const { messages } = (await response.json()) as { messages: Message[] };
      return messages.filter((message) => message.reply);
    };
    return {
      adapter: web.adapter,
      place: { platform: "web", workspaceId: "local", channelId: "general", threadId: null },
      facts: { member: "ada", guest: "guest", inner: "leads" },
      share: ({ name, content }) => post(files, form(name, content)),
      ask: (text) => post(`${server.url}/api/channels/general/questions`, JSON.stringify({ text })),
      async redeliver() {
        const again = webOn(database);
        await again.adapter.listen(inbox);
        await again.adapter.close();
      },
      async remove(file: SharedFile) {
        await fetch(`${files}/${file.fileId}`, { method: "DELETE" });
      },
      postElsewhere: (job) => posting(job),
      shown: async ({ place }) =>
        (await shown(place.threadId ?? "")).map(({ id, reply }) => ({ id, text: textOf(reply) })),
      async close() {
        await server.close();
        await database.pool.query("delete from web_message");
      },
    };
  },
});

interface Message {
  id: string;
  reply: { parts: { kind: string; text?: string }[] } | null;
}

function textOf(reply: Message["reply"]): string {
  const parts = reply?.parts ?? [];
  return parts.map((part) => (part.kind === "text" ? part.text : "")).join("");
}

/** A second process can't open the embedded database: there, a second adapter in this one stands for it. */
function posting(job: PostJob) {
  if (database.engine === "embedded") return postHere(webOn(database).adapter, job);
  return postElsewhere(POSTER, urlOf(inject("postgres").serverUrl, databaseName), job);
}

async function post(url: string, body: FormData | string): Promise<Delivery> {
  const response = await fetch(url, { method: "POST", body });
  await response.body?.cancel();
  return { acknowledged: response.ok };
}

function form(name: string, content: Uint8Array): FormData {
  const body = new FormData();
  body.append("file", new Blob([new Uint8Array(content)]), name);
  return body;
}
