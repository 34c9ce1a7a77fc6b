import { App, type Receiver } from "@slack/bolt";
import type { Log } from "../../../src/log.ts";
import { quiet } from "../client.ts";
import { EVENT_TYPES } from "../events/payloads.ts";
import type { Body } from "../show/body.ts";

const OURS = /^docent_/;

/** What Slack shows to a person alone when it gets the acknowledgement. */
export interface Ephemeral extends Body {
  response_type: "ephemeral";
}

/**
 * Resolves once everything that it means is stored.
 * @param retryReason why Slack delivers it again
 */
export type Take = (body: unknown, retryReason?: string) => Promise<Ephemeral | undefined>;

/** As Slack delivers anything: an event, a click, a form, a command. */
export interface Delivery {
  body: Record<string, unknown>;
  retryNum?: number | undefined;
  retryReason?: string | undefined;
}

/** How events come in. Nothing comes before `start`. */
export interface Receiving extends Receiver {
  /**
   * Resolves once events come in.
   * @param whileHearing is run for as long as they do, and again when they come again; it never throws
   * @throws {ConfigError} when Slack refuses the tokens
   */
  start(whileHearing: (signal: AbortSignal) => Promise<void>): Promise<void>;
  stop(): Promise<void>;
  /** See `Adapter.trouble`. */
  trouble(): string | null;
}

export function createApp(receiver: Receiver, take: Take, log: Log): App {
  const app = new App({
    receiver,
    // Whose a workspace is, and with which token, is known to `take`; Bolt itself calls nothing.
    authorize: async ({ teamId }) => (teamId === undefined ? {} : { teamId }),
    ignoreSelf: false,
    convoStore: false,
    // Bolt logs whole errors, with what Slack answered; the receiver logs what is fit to be read.
    logger: quiet(log),
  });
  app.error(async (error) => {
    throw error;
  });
  for (const type of EVENT_TYPES) {
    app.event(type, async ({ body, context }) => void (await take(body, context.retryReason)));
  }
  app.action(OURS, async ({ body }) => void (await take(body)));
  app.shortcut(OURS, async ({ body }) => void (await take(body)));
  app.view(OURS, async ({ body }) => void (await take(body)));
  app.command("/docent", async ({ body, ack }) => await ack(await take(body)));
  return app;
}

/**
 * Lets the app take it. Bolt acknowledges early; that must not reach Slack.
 * @returns what Slack is to be told with the acknowledgement, for which it is now time
 */
export async function taken(
  app: App | null,
  { body, retryNum, retryReason }: Delivery,
): Promise<Record<string, unknown> | undefined> {
  if (!app) throw new Error("the receiver was started before its app");
  let answer: Record<string, unknown> | undefined;
  await app.processEvent({
    body,
    ack: async (response?: Record<string, unknown>) => {
      answer = response;
    },
    ...(retryNum !== undefined && { retryNum }),
    ...(retryReason !== undefined && { retryReason }),
  });
  return answer;
}
