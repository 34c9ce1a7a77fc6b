import { setTimeout as sleep } from "node:timers/promises";
import { type App, isValidSlackRequest } from "@slack/bolt";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { ConfigError } from "../../../src/errors.ts";
import type { Log } from "../../../src/log.ts";
import { failure, reasonOf } from "../client.ts";
import { PATHS } from "../install/manifest.ts";
import { type Receiving, taken } from "./app.ts";

const BODY_BYTES_MAX = 4 * 1024 * 1024;
// Bolt refuses what is older than five minutes; a stamp of the future would be good for longer.
const AHEAD_MAX_MS = 60_000;
const TELL_EVERY_MS = 60_000;
const GOODBYE_MS = 3_000;

export interface HttpOptions {
  signingSecret: string;
  log: Log;
  /** Checked at the start; only a refusal of Slack's ends it. */
  ready(): Promise<unknown>;
}

/** Slack's requests, all kinds of them to one address. What could not be stored fails, and Slack tries again. */
export function createHttpReceiver(options: HttpOptions): Receiving & { routes: Hono } {
  const { log } = options;
  const stopping = new AbortController();
  const running = new Set<Promise<unknown>>();
  const refused = createRefusals(log);
  let app: App | null = null;
  let isListening = false;
  let hearing: Promise<void> = Promise.resolve();

  const receive = async (c: Context): Promise<Response> => {
    if (!isListening) return c.body(null, 503);
    const text = await c.req.text();
    const isForm = c.req.header("content-type")?.startsWith("application/x-www-form-urlencoded");
    // Slack tries out the certificate without a signature: nothing is done for it.
    if (isForm && new URLSearchParams(text).get("ssl_check") === "1") return c.body(null, 200);
    if (!isSigned(options.signingSecret, text, c)) {
      refused();
      return c.body(null, 401);
    }
    const body = parsed(text, Boolean(isForm));
    if (!body) return c.body(null, 400);
    if (body.type === "url_verification") return c.json({ challenge: body.challenge });
    const answer = await taken(app, { body, ...retryOf(c) });
    return answer ? c.json(answer) : c.body(null, 200);
  };
  const routes = new Hono();
  routes.onError((error, c) => {
    log.warn({ reason: reasonOf(error) }, "an event could not be stored; Slack will send it again");
    return c.body(null, 500);
  });
  const tooLarge = (c: Context) => c.body(null, 413);
  routes.post(
    PATHS.events,
    bodyLimit({ maxSize: BODY_BYTES_MAX, onError: tooLarge }),
    async (c) => {
      const work = receive(c);
      running.add(work);
      return await work.finally(() => running.delete(work));
    },
  );
  return {
    routes,
    init: (given) => {
      app = given;
    },
    start: async (whileHearing) => {
      await options.ready().catch((error: unknown) => {
        const reason = failure(error);
        if (reason instanceof ConfigError) throw reason;
        log.warn({ reason: reasonOf(error) }, "Slack does not answer yet; its events are awaited");
      });
      isListening = !stopping.signal.aborted;
      hearing = whileHearing(stopping.signal);
    },
    stop: async () => {
      isListening = false;
      stopping.abort();
      const ended = Promise.allSettled([...running, hearing]);
      await Promise.race([ended, sleep(GOODBYE_MS, undefined, { ref: false })]);
    },
    // Whether Slack reaches us is for Slack to say.
    trouble: () => null,
  };
}

function isSigned(signingSecret: string, body: string, c: Context): boolean {
  const stampS = Number(c.req.header("x-slack-request-timestamp") || Number.NaN);
  if (!(stampS * 1_000 <= Date.now() + AHEAD_MAX_MS)) return false;
  const headers = {
    "x-slack-signature": c.req.header("x-slack-signature") ?? "",
    "x-slack-request-timestamp": stampS,
  };
  return isValidSlackRequest({ signingSecret, body, headers });
}

/** Events are JSON; clicks and forms are JSON in a form's field, commands the fields of a form. */
function parsed(text: string, isForm: boolean): Record<string, unknown> | null {
  if (!isForm) return parsedJson(text);
  const fields = new URLSearchParams(text);
  const payload = fields.get("payload");
  return payload === null ? Object.fromEntries(fields) : parsedJson(payload);
}

function parsedJson(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : null;
  } catch {
    // Signed, but no JSON: nothing that Slack sends.
    return null;
  }
}

function retryOf(c: Context) {
  const retryNum = c.req.header("x-slack-retry-num");
  return {
    retryNum: retryNum === undefined ? undefined : Number(retryNum),
    retryReason: c.req.header("x-slack-retry-reason"),
  };
}

/** Anybody can send us anything: of what is not Slack's only the number is logged, once a minute at most. */
function createRefusals(log: Log): () => void {
  let requests = 0;
  let toldAtMs = Number.NEGATIVE_INFINITY;
  return () => {
    requests += 1;
    if (performance.now() - toldAtMs < TELL_EVERY_MS) return;
    log.warn({ requests }, "requests were refused: they were not signed with SLACK_SIGNING_SECRET");
    requests = 0;
    toldAtMs = performance.now();
  };
}
