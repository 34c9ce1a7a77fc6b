import type { Stops } from "../../src/answer/stops.ts";
import type { Ledger } from "../../src/money/ledger.ts";

/** Nobody counts what anything costs. */
const FREE: Ledger = { reserve: async () => ({ settle: async () => undefined }) };

/** What the core is given where a test is about something else. */
export const PLAIN = {
  scope: "audience",
  generalAnswers: false,
  adminUsers: [],
  brakes: { allowedRoles: [], blockedRoles: [], memberAgeMsMin: 0 },
  questionsByRole: {},
  modChannel: null,
  channels: { include: [], exclude: [] },
  ledger: FREE,
  command: async () => ({ done: false, text: "Nobody does that here." }),
} as const;

/** Nobody stops anything. */
export const NO_STOPS: Stops = {
  watch: () => ({ signal: new AbortController().signal, [Symbol.dispose]: () => undefined }),
};
