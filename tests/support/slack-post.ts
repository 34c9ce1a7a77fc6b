/** How a loopback Slack delivers: over a socket, or by signed HTTP requests once it was told so. */
import { randomUUID } from "node:crypto";
import { type HttpAddress, type HttpAnswer, type HttpRequest, sendHttp } from "./slack-http.ts";
import type { Sockets } from "./slack-sockets.ts";

const OFFICE_RETRY = "timeout";

export interface Envelope {
  id: string;
  type: "events_api" | "interactive" | "slash_commands";
  payload: object;
  /** How often Docent acknowledged it, over all its deliveries. */
  acks: number;
  deliveries: number;
  /** What came with each acknowledgement, such as the errors of a form; null where nothing did. */
  answers: unknown[];
  /** In HTTP mode: what each delivery was answered, and how fast. */
  http: HttpAnswer[];
}

export interface Post {
  /** Everything delivered so far, oldest first. */
  envelopes: Envelope[];
  /** From now on everything goes to this address; null: over the socket again. */
  useHttp(address: HttpAddress | null): void;
  /** Makes an envelope and sends it: over the socket once there is one, by HTTP until it was answered. */
  dispatch(type: Envelope["type"], payload: object): Promise<Envelope>;
  /** Delivers once more what was not acknowledged, or this envelope. */
  redeliver(envelope?: Envelope): Promise<void>;
}

/** @param shown is told of each acknowledgement, whose answer Slack may have to show */
export function createPost(
  envelopes: Envelope[],
  sockets: Sockets,
  shown: (envelope: Envelope) => void,
): Post {
  let address: HttpAddress | null = null;
  const send = async (envelope: Envelope) => {
    if (address) {
      const before = envelope.acks;
      await sendByHttp(address, envelope);
      if (envelope.acks > before) shown(envelope);
    } else await sendBySocket(sockets, envelope);
  };
  return {
    envelopes,
    useHttp: (to) => {
      address = to;
    },
    dispatch: async (type, payload) => {
      const counts = { acks: 0, deliveries: 0, answers: [], http: [] };
      const envelope: Envelope = { id: randomUUID(), type, payload, ...counts };
      envelopes.push(envelope);
      await send(envelope);
      return envelope;
    },
    redeliver: async (envelope) => {
      const again = envelope ? [envelope] : envelopes.filter(({ acks }) => acks === 0);
      for (const one of again) await send(one);
    },
  };
}

async function sendBySocket(sockets: Sockets, envelope: Envelope): Promise<void> {
  await sockets.send(framed(envelope));
  envelope.deliveries += 1;
}

function framed({ id, type, payload, deliveries }: Envelope): object {
  const frame = { envelope_id: id, type, payload };
  if (type !== "events_api") return { ...frame, accepts_response_payload: true };
  const retry_reason = deliveries > 0 ? OFFICE_RETRY : "";
  return { ...frame, accepts_response_payload: false, retry_attempt: deliveries, retry_reason };
}

/** @returns what was acknowledged over a socket, if it is known */
export function acknowledge(
  envelopes: Envelope[],
  { envelope_id, payload }: { envelope_id?: string; payload?: unknown },
): Envelope | undefined {
  const envelope = envelopes.find(({ id }) => id === envelope_id);
  if (!envelope) return;
  envelope.acks += 1;
  envelope.answers.push(payload ?? null);
  return envelope;
}

/** Events alone are retried: a press or a command that fails is lost. */
async function sendByHttp(address: HttpAddress, envelope: Envelope): Promise<void> {
  const retries = envelope.type === "events_api" ? (address.retries ?? 0) : 0;
  for (let count = 0; count <= retries; count += 1) {
    const answer = await sendHttp(address, requestOf(envelope));
    envelope.deliveries += 1;
    envelope.http.push(answer);
    if (answer.failure === null) {
      acknowledge([envelope], { envelope_id: envelope.id, payload: parsed(answer.body) });
      return;
    }
    if (answer.noRetry) return;
  }
}

function requestOf({ type, payload, deliveries, http }: Envelope): HttpRequest {
  const reason = http.at(-1)?.failure;
  const retry = deliveries > 0 && { retryNum: deliveries };
  return { type, payload, ...retry, ...(reason && { retryReason: reason }) };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body === "" ? null : body;
  }
}
