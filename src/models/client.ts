import OpenAI from "openai";
import { EnvHttpProxyAgent, fetch, Response } from "undici";
import { ConfigError } from "../errors.ts";

// Who asks, for OpenRouter's own statistics. Every Docent runs at home, so there is no address to name.
const ATTRIBUTION = { "HTTP-Referer": "http://localhost", "X-OpenRouter-Title": "Docent" };
// A host that swallows what it is sent would else cost a question ten seconds before the next model's turn.
const CONNECT_TIMEOUT_MS = 5_000;
// The catalogue of all models takes a megabyte or two.
const ANSWER_BYTES_MAX = 32 * 2 ** 20;

export interface ClientOptions {
  apiKey: string;
  /** With /api/v1. */
  baseUrl: string;
}

/**
 * The openai client as OpenRouter wants it. It needs no end: connections that nobody uses keep no process alive.
 * @throws {ConfigError} for a key that no header can hold
 */
export function createClient({ apiKey, baseUrl }: ClientOptions): OpenAI {
  // The client's own error for such a key would quote it.
  if (!/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new ConfigError("OPENROUTER_API_KEY holds a character that no key has: copy it again.");
  }
  return new OpenAI({
    baseURL: baseUrl,
    apiKey,
    // The chain decides what comes after a failure, at once.
    maxRetries: 0,
    defaultHeaders: ATTRIBUTION,
    logLevel: "off",
    // Else it sends what it finds in the environment for another service.
    organization: null,
    project: null,
    adminAPIKey: null,
    webhookSecret: null,
    // Node's own fetch is of an undici that can't use this one's agents; only the types tell them apart.
    fetch: bounded as typeof globalThis.fetch,
    fetchOptions: {
      // Else the question would follow to whatever host the answer names.
      redirect: "error",
      dispatcher: new EnvHttpProxyAgent({
        connectTimeout: CONNECT_TIMEOUT_MS,
        // Answers that shared one connection would all stop with it.
        allowH2: false,
      }),
    },
  });
}

/** The same answer, which breaks off where it becomes larger than any honest one. */
async function bounded(...request: Parameters<typeof fetch>): Promise<Response> {
  const { body, headers, status, statusText } = await fetch(...request);
  if (!body) return new Response(null, { headers, status, statusText });
  let bytesLeft = ANSWER_BYTES_MAX;
  const counting = new TransformStream<Uint8Array, Uint8Array>({
    transform(piece, out) {
      bytesLeft -= piece.byteLength;
      if (bytesLeft < 0) throw new Error("the answer is larger than any honest one");
      out.enqueue(piece);
    },
  });
  return new Response(body.pipeThrough(counting), { headers, status, statusText });
}
