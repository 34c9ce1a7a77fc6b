import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { type Loopback, listen, readBody } from "./loopback.ts";

const DIMENSIONS = [256, 384, 1024, 3072];
const PURPOSES = ["GENERIC_INDEX", "GENERIC_RETRIEVAL", "TEXT_RETRIEVAL", "DOCUMENT_RETRIEVAL"];
const CHARS_MAX = 50_000;

export type EmbedReply =
  | "vector"
  | "throttled"
  | "not_ready"
  | "internal"
  | "unavailable"
  | "denied"
  | "expired"
  | "unknown_model"
  | "wrong_region"
  | "invalid"
  | "refused"
  | "hang"
  | "reset"
  | "truncated"
  | "wrong_length"
  | "not_normalised"
  | "not_json";

export interface EmbedBody {
  schemaVersion: string;
  taskType: string;
  singleEmbeddingParams: {
    embeddingPurpose: string;
    embeddingDimension: number;
    text: { truncationMode: string; value: string };
  };
}

export interface EmbedRequestSeen {
  path: string;
  headers: IncomingHttpHeaders;
  body: EmbedBody;
}

export interface BedrockLoopback extends Loopback {
  requests: EmbedRequestSeen[];
  /** The highest number of requests that were under way together. */
  concurrencySeen(): number;
  /** What happens to the next requests, in order; after that, as `always` says. */
  script(...replies: EmbedReply[]): void;
  always(reply: EmbedReply): void;
}

/** Speaks Bedrock's InvokeModel for Nova embeddings over HTTP/1.1. */
export async function startBedrock(
  settings: { port?: number; latencyMs?: number } = {},
): Promise<BedrockLoopback> {
  const requests: EmbedRequestSeen[] = [];
  const scripted: EmbedReply[] = [];
  let standing: EmbedReply = "vector";
  let running = 0;
  let concurrency = 0;
  const server = await listen(async (request, response) => {
    running += 1;
    concurrency = Math.max(concurrency, running);
    response.once("close", () => {
      running -= 1;
    });
    const body = JSON.parse(await readBody(request)) as EmbedBody;
    requests.push({ path: request.url ?? "", headers: request.headers, body });
    if (settings.latencyMs) await wait(settings.latencyMs);
    const reply = scripted.shift() ?? standing;
    if (reply === "vector") answer(request, response, body);
    else REPLIES[reply](response, body);
  }, settings.port);
  return {
    ...server,
    requests,
    concurrencySeen: () => concurrency,
    script: (...replies) => {
      scripted.push(...replies);
    },
    always: (reply) => {
      standing = reply;
    },
  };
}

function answer(request: IncomingMessage, response: ServerResponse, body: EmbedBody): void {
  const problem = problemOf(body);
  if (!request.headers.authorization) {
    fail(response, 403, "MissingAuthenticationTokenException", "Missing Authentication Token");
  } else if (problem !== null) {
    fail(response, 400, "ValidationException", problem);
  } else {
    sendVector(response, body, { embedding: vectorOf(body) });
  }
}

function problemOf({ taskType, singleEmbeddingParams: params }: EmbedBody): string | null {
  if (taskType !== "SINGLE_EMBEDDING") return "Malformed input request: taskType";
  if (!PURPOSES.includes(params.embeddingPurpose)) return "Malformed input request: purpose";
  if (!DIMENSIONS.includes(params.embeddingDimension)) return "Malformed input request: dimension";
  if (!["START", "END", "NONE"].includes(params.text.truncationMode)) return "truncationMode";
  if (params.text.value === "") return "expected minLength: 1, actual: 0";
  return params.text.value.length > CHARS_MAX ? `expected maxLength: ${CHARS_MAX}` : null;
}

function sendVector(response: ServerResponse, body: EmbedBody, entry: object): void {
  const tokens = Math.ceil(body.singleEmbeddingParams.text.value.length / 4);
  response.writeHead(200, {
    "content-type": "application/json",
    "x-amzn-bedrock-input-token-count": String(tokens),
  });
  response.end(JSON.stringify({ embeddings: [{ embeddingType: "TEXT", ...entry }] }));
}

function fail(response: ServerResponse, status: number, type: string, message: string): void {
  response.writeHead(status, { "content-type": "application/json", "x-amzn-errortype": type });
  response.end(JSON.stringify({ message }));
}

const failing = (status: number, type: string, message: string) => (response: ServerResponse) =>
  fail(response, status, type, message);

const REPLIES: Record<
  Exclude<EmbedReply, "vector">,
  (response: ServerResponse, body: EmbedBody) => void
> = {
  throttled: failing(429, "ThrottlingException", "Too many requests, please wait."),
  not_ready: failing(429, "ModelNotReadyException", "The model is not ready."),
  internal: failing(500, "InternalServerException", "Internal error"),
  unavailable: failing(503, "ServiceUnavailableException", "Unavailable"),
  denied: failing(403, "AccessDeniedException", "User: arn:aws:iam::1:user/x is not authorized"),
  expired: failing(403, "ExpiredTokenException", "The security token SECRET-TOKEN has expired"),
  unknown_model: failing(404, "ResourceNotFoundException", "Could not resolve the model"),
  wrong_region: failing(400, "ValidationException", "The provided model identifier is invalid."),
  invalid: failing(
    400,
    "ValidationException",
    "Malformed input request: expected maxLength: 50000",
  ),
  refused: failing(400, "ValidationException", "RAI_VIOLATION_INPUT_TEXT_DEFLECTION"),
  hang: () => undefined,
  reset: (response) => response.socket?.resetAndDestroy(),
  truncated: (response, body) =>
    sendVector(response, body, { embedding: vectorOf(body), truncatedCharLength: 20_000 }),
  wrong_length: (response, body) => sendVector(response, body, { embedding: [0.6, 0.8] }),
  not_normalised: (response, body) =>
    sendVector(response, body, { embedding: vectorOf(body).map((number) => number * 3) }),
  not_json: (response) => response.end("<html>"),
};

function vectorOf(body: EmbedBody): number[] {
  const { text, embeddingDimension } = body.singleEmbeddingParams;
  return bagOfWords(text.value, embeddingDimension);
}

/**
 * A vector of length 1 from the words alone, the same for the same text: texts that share words, or the beginnings of
 * words, are near. Short words say little.
 */
export function bagOfWords(text: string, dimension = 1024): number[] {
  const vector = new Array<number>(dimension).fill(0);
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [text];
  for (const word of words) {
    const weight = word.length <= 3 ? 0.2 : 1;
    addWord(vector, word, weight);
    addWord(vector, `${word.slice(0, 5)}…`, weight);
  }
  const length = Math.hypot(...vector);
  return vector.map((number) => number / length);
}

// Four places for each word, so that two words seldom cancel each other out.
function addWord(vector: number[], word: string, weight: number): void {
  for (let salt = 0; salt < 4; salt += 1) {
    const hash = fnv1a(`${salt}${word}`);
    const place = hash % vector.length;
    vector[place] = (vector[place] ?? 0) + (hash & 0x8000 ? weight : -weight);
  }
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  }
  // The low bits of short texts are poorly mixed.
  return (hash ^ (hash >>> 15)) >>> 0;
}
