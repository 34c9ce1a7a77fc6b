/** The web chat on a real HTTP server, with a scripted library behind it. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { pino } from "pino";
import { createWeb, type WebDeps } from "../../adapters/web/web.ts";
import type { ChannelMode } from "../../src/chat.ts";
import type { Database } from "../../src/db/pool.ts";
import type { Inspection, Library, Passage, Status } from "../../src/surface.ts";

export const STATUS: Status = {
  version: "0.0.0",
  line: "Ready: answers from your files by words alone.",
  details: [],
  engine: "embedded",
  embedder: { state: "off", note: "no credentials" },
  models: [],
  files: { searchable: 0, reading: 0, failed: 0, withoutVectors: 0 },
  queue: { waiting: 0, running: 0, dead: 0 },
  money: null,
};

export interface Scripted {
  passages?: Passage[];
  settings?: { mode: ChannelMode; optedOut: boolean };
  inspection?: Inspection;
}

export function scriptedLibrary(script: Scripted = {}): Library {
  const { passages = [], settings = { mode: "auto", optedOut: false } } = script;
  return {
    settings: async () => settings,
    inspect: async () => script.inspection ?? null,
    passages: async (_file, from, count) =>
      passages.filter(({ position }) => position >= from && position < from + count),
    status: async () => STATUS,
    modelHours: async () => [],
  };
}

export function webOn(database: Database, options: Partial<WebDeps> = {}) {
  return createWeb({
    db: database.pool,
    notifications: database.notifications,
    library: scriptedLibrary(),
    log: pino({ level: "silent" }),
    host: "127.0.0.1",
    ...options,
  });
}

/** Serves the routes on a port of the system's choice, or on the same one again after a restart. */
export async function serveWeb(web: ReturnType<typeof createWeb>, port = 0) {
  const server = serve({ fetch: web.routes.fetch, port, hostname: "127.0.0.1" });
  if (!server.listening) await once(server, "listening");
  const address = server.address() as AddressInfo;
  return {
    port: address.port,
    url: `http://127.0.0.1:${address.port}`,
    async close() {
      await web.adapter.close();
      server.close();
      if ("closeAllConnections" in server) server.closeAllConnections();
    },
  };
}

export interface ServerEvent {
  event: string;
  id: string | undefined;
  data: unknown;
}

/** The events of an event stream, as they come. */
export async function* eventsOf(response: Response): AsyncGenerator<ServerEvent> {
  if (!response.body) throw new Error("there is no body to read events from");
  let text = "";
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const field = (name: string) => block.match(new RegExp(`^${name}: (.*)$`, "m"))?.[1];
      const event = field("event");
      if (event) yield { event, id: field("id"), data: JSON.parse(field("data") ?? "null") };
    }
  }
}
