import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { vi } from "vitest";
import { createSlack, type SlackOptions } from "../../adapters/slack/slack.ts";
import type { Inbox } from "../../src/chat.ts";
import { noCommands } from "../support/inbox.ts";
import { keptOutsiders } from "../support/outsiders.ts";
import { type Envelope, startSlack } from "../support/slack.ts";
import { serve } from "../support/slack-bench.ts";
import { APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, TEAM } from "../support/slack-world.ts";
import { contract, type Delivery, type Room } from "./adapter.ts";
import { postElsewhere } from "./elsewhere.ts";

const POSTER = new URL("./slack-poster.ts", import.meta.url);
// A wrong acknowledgement would follow a rejection at once.
const GRACE_MS = 200;

const OVER_A_SOCKET = { appToken: APP_TOKEN };
const OVER_HTTP = { signingSecret: SIGNING_SECRET };

contract("slack", { open: (inbox) => open(OVER_A_SOCKET, inbox) });
contract("slack over HTTP", { open: (inbox) => open(OVER_HTTP, inbox) });

async function open(way: Partial<SlackOptions>, inbox: Inbox): Promise<Room> {
  const slack = await startSlack();
  const { apiUrl, host } = slack;
  const log = pino({ level: "silent" });
  const hosts = { apiUrl, fileHosts: [host] };
  const people = keptOutsiders(slack.world);
  const chat = createSlack({ botToken: BOT_TOKEN, ...way, ...hosts, people, paceMs: 50, log });
  const { adapter } = chat;
  const stopServing = chat.routes ? await serve(slack, chat) : async () => undefined;
  let rejected = 0;
  await adapter.listen({
    ...noCommands,
    accept: (event) =>
      inbox.accept(event).catch((error: unknown) => {
        rejected += 1;
        throw error;
      }),
  });
  const delivery = async (envelopes: Envelope[], rejectedBefore: number): Promise<Delivery> => {
    const isAcknowledged = () => envelopes.every(({ acks }) => acks > 0);
    await vi.waitUntil(() => isAcknowledged() || rejected > rejectedBefore, 10_000);
    if (!isAcknowledged()) await sleep(GRACE_MS);
    return { acknowledged: isAcknowledged() };
  };
  const say = async (text: string, files: { name: string; content: Uint8Array }[]) => {
    const before = rejected;
    const { envelopes } = await slack.say({ channel: "C1", user: "U1", text, files });
    return await delivery(envelopes, before);
  };
  return {
    adapter,
    place: { platform: "slack", workspaceId: TEAM, channelId: "C1", threadId: null },
    facts: { member: "U1", guest: "UGUEST", inner: "C2" },
    share: (file) => say("", [file]),
    ask: (text) => say(`<@UBOT> ${text}`, []),
    async redeliver() {
      const last = slack.envelopes.at(-1);
      const acks = last?.acks ?? 0;
      await slack.redeliver(last);
      await vi.waitUntil(() => (last?.acks ?? 0) > acks, 10_000);
    },
    async remove({ fileId }) {
      await slack.remove(fileId);
    },
    postElsewhere: (job) => postElsewhere(POSTER, apiUrl, job),
    shown: async ({ messageId }) =>
      slack.replies(messageId).map(({ ts, text }) => ({ id: ts, text })),
    async close() {
      await adapter.close();
      await stopServing();
      await slack.close();
    },
  };
}
