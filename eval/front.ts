import { setTimeout as pause } from "node:timers/promises";
import * as v from "valibot";
import type { Citation, ReplyPart } from "../src/chat.ts";
import { eventsOf } from "../tests/support/web.ts";

/** The product's front door: its documented HTTP API. */
export interface Front {
  /** @returns the file's id */
  share(file: { by: string; channel: string; name: string; text: string }): Promise<string>;
  /** Waits until every file of a channel can be found. @throws when one can't be read */
  searchable(by: string, channel: string): Promise<void>;
  /** The texts of a file's passages, by position. */
  passages(by: string, channel: string, fileId: string): Promise<string[]>;
  /** Asks in a thread of its own. @returns the reply's parts, in order */
  ask(question: { by: string; channel: string; text: string }): Promise<ReplyPart[]>;
}

const LOOK_EVERY_MS = 200;
const READING_MS_MAX = 180_000;
const REQUEST_MS_MAX = 120_000;
const PASSAGES_AT_ONCE = 50;

const Shared = v.object({ id: v.string() });
const Files = v.object({
  files: v.array(v.object({ name: v.string(), state: v.string(), reason: v.nullable(v.string()) })),
});
const Passages = v.object({ passages: v.array(v.object({ text: v.string() })) });

export function createFront(url: string, signal: AbortSignal): Front {
  const request = (by: string, path: string, init: RequestInit = {}) =>
    send(`${url}/api/channels/${path}`, {
      ...init,
      headers: { ...init.headers, "x-docent-user": by },
      signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MS_MAX)]),
    });
  return {
    share: async ({ by, channel, name, text }) => {
      const body = new FormData();
      body.append("file", new Blob([text]), name);
      const response = await request(by, `${channel}/files`, { method: "POST", body });
      return v.parse(Shared, await response.json()).id;
    },
    searchable: (by, channel) =>
      searchable(async () => (await request(by, `${channel}/files`)).json(), signal),
    passages: (by, channel, fileId) =>
      passages(async (query) => (await request(by, `${channel}/files/${fileId}/${query}`)).json()),
    ask: async ({ by, channel, text }) => {
      const headers = { "content-type": "application/json" };
      const body = JSON.stringify({ text });
      return partsOf(await request(by, `${channel}/questions`, { method: "POST", headers, body }));
    },
  };
}

async function send(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  if (response.ok) return response;
  throw new Error(`${response.status} at ${new URL(url).pathname}: ${await response.text()}`);
}

async function searchable(list: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
  const until = AbortSignal.any([signal, AbortSignal.timeout(READING_MS_MAX)]);
  for (;;) {
    const { files } = v.parse(Files, await list());
    const failed = files.find(({ state }) => state === "failed");
    if (failed) throw new Error(`${failed.name} was not read: ${failed.reason}`);
    if (files.every(({ state }) => state === "searchable")) return;
    await pause(LOOK_EVERY_MS, undefined, { signal: until });
  }
}

async function passages(get: (query: string) => Promise<unknown>): Promise<string[]> {
  const all: string[] = [];
  for (;;) {
    const query = `passages?from=${all.length}&count=${PASSAGES_AT_ONCE}`;
    const found = v.parse(Passages, await get(query)).passages;
    all.push(...found.map(({ text }) => text));
    if (found.length < PASSAGES_AT_ONCE) return all;
  }
}

async function partsOf(response: Response): Promise<ReplyPart[]> {
  const parts: ReplyPart[] = [];
  for await (const { event, data } of eventsOf(response)) {
    if (event === "end") return parts;
    const part = toPart(event, data);
    if (part) parts.push(part);
  }
  throw new Error("the reply broke off");
}

const Text = v.object({ text: v.string() });
const Note = v.object({ note: v.string() });
const Cited = v.object({ citations: v.array(v.custom<Citation>((given) => given !== null)) });

/** Null for what is no part of the reply itself. */
function toPart(event: string, data: unknown): ReplyPart | null {
  switch (event) {
    case "status":
    case "text":
    case "footer":
      return { kind: event, ...v.parse(Text, data) };
    case "restart":
      return { kind: event, ...v.parse(Note, data) };
    case "citations":
      return { kind: event, ...v.parse(Cited, data) };
    default:
      return null;
  }
}
