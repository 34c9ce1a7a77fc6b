import type { IncomingMessage, ServerResponse } from "node:http";

type Fields = Record<string, unknown>;

/** What the loopback OpenRouter tells of its models and of the key. A test changes it as it likes. */
export interface CatalogueScript {
  /** Ids, or models with fields of their own. None: the list is empty. */
  models: (string | (Fields & { id: string }))[];
  /** Who serves a model. Without an entry, one endpoint serves each listed model, and others are not known. */
  endpoints: Map<string, Fields[]>;
  /** What is told of any key that comes; null: no key is valid. */
  key: Fields | null;
  /** Answers everything with this status, or with a page that is no answer. */
  failure: number | "html" | null;
  /** The paths asked for, without /api/v1. */
  requests: string[];
}

export function newCatalogue(): CatalogueScript {
  return { models: [], endpoints: new Map(), key: {}, failure: null, requests: [] };
}

/** OpenRouter's GET /models, /models/AUTHOR/SLUG/endpoints and /key. */
export function sendCatalogue(
  script: CatalogueScript,
  { url = "", headers }: IncomingMessage,
  response: ServerResponse,
): void {
  const path = decodeURIComponent(url.replace(/^\/api\/v1/, ""));
  script.requests.push(path);
  if (script.failure === "html") {
    response.writeHead(200, { "content-type": "text/html" });
    response.end("<!doctype html><title>Just a moment</title>");
    return;
  }
  const isKnown = script.key !== null && headers.authorization?.startsWith("Bearer ") === true;
  const answer = script.failure ?? answerTo(script, path, isKnown);
  const status = typeof answer === "number" ? answer : 200;
  const failure = { error: { code: status, message: "sk-secret" }, user_id: "user_1" };
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(status === 200 ? { data: answer } : failure));
}

/** The answer's content, or a status. */
function answerTo(script: CatalogueScript, path: string, isKnown: boolean): unknown {
  if (path === "/key") return isKnown ? script.key : 401;
  const models = script.models.map((model) => (typeof model === "string" ? { id: model } : model));
  if (path === "/models") return models;
  const model = /^\/models\/(.+)\/endpoints$/.exec(path)?.[1] ?? "";
  const isListed = models.some(({ id }) => id === model);
  const endpoints = script.endpoints.get(model) ?? (isListed ? [{ uptime_last_1d: 99.5 }] : null);
  return endpoints ? { id: model, endpoints } : 404;
}
