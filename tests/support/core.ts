import type { Stops } from "../../src/answer/stops.ts";

/** What the core is given where a test is about something else. */
export const PLAIN = {
  scope: "audience",
  generalAnswers: false,
  adminUsers: [],
  channels: { include: [], exclude: [] },
} as const;

/** Nobody stops anything. */
export const NO_STOPS: Stops = {
  watch: () => ({ signal: new AbortController().signal, [Symbol.dispose]: () => undefined }),
};
