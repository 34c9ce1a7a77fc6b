import { expect, test } from "vitest";
import { dueThreads } from "../../adapters/slack/receive/due-threads.ts";

const HOUR_MS = 3_600_000;
const sinceMs = 1_000 * HOUR_MS;
const threads = Array.from({ length: 290 }, (_, index) => ({
  ...{ platform: "slack", workspaceId: "T1", channelId: "C1" },
  threadId: `${1_700_000_000 + index}.000100`,
}));
const round = (number: number) => dueThreads(threads, sinceMs, { number, everyMs: HOUR_MS });

test("after a gap all threads are read, from its beginning on", () => {
  const due = dueThreads(threads, sinceMs, null);
  expect(due).toHaveLength(290);
  expect(new Set(due.map((thread) => thread.sinceMs))).toEqual(new Set([sinceMs]));
});

test("of the hourly readings each sees the newest threads, and a few of the others", () => {
  const due = round(7);
  expect(due).toHaveLength(50 + 10);
  expect(due.slice(0, 50).map(({ threadId }) => threadId)).toEqual(
    threads.slice(0, 50).map(({ threadId }) => threadId),
  );
});

test("within a day each thread has its turn, which sees all since the turns before", () => {
  const due = Array.from({ length: 24 }, (_, number) => round(number)).flat();
  expect(new Set(due.map(({ threadId }) => threadId)).size).toBe(290);
  const byTurns = due.filter((thread) => thread.sinceMs < sinceMs);
  expect(byTurns).toHaveLength(240);
  expect(byTurns[0]?.sinceMs).toBe(sinceMs - 48 * HOUR_MS);
});

test("a channel as such is no thread", () => {
  const [thread] = threads;
  const channel = thread ? [{ ...thread, threadId: null }] : [];
  expect(dueThreads(channel, sinceMs, null)).toEqual([]);
});
