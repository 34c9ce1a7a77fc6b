import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ReplyPart } from "../../src/chat.ts";
import type { Database } from "../../src/db/pool.ts";
import { openTestDatabase } from "../support/database.ts";
import { eventsOf } from "../support/web.ts";
import {
  asked,
  askOn,
  citing,
  lastQuestion,
  openWebSite,
  postOn,
  shareOn,
  type WebSite,
} from "../support/web-site.ts";

let database: Database;
let site: WebSite;

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

beforeEach(async () => {
  site = await openWebSite(database);
});
afterEach(() => site.close());
describe("questions", () => {
  test("an answer streams part by part while it is made", async () => {
    const response = await askOn(site, "How many ducks?");
    const shown = eventsOf(response);
    expect((await shown.next()).value).toMatchObject({
      event: "accepted",
      data: { id: lastQuestion(site).messageId, thread: lastQuestion(site).place.threadId },
    });
    let goOn: () => void = () => undefined;
    const seen = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const posting = postOn(
      site,
      (async function* (): AsyncGenerator<ReplyPart> {
        yield { kind: "status", text: "Looking…" };
        yield { kind: "text", text: "Forty" };
        await seen;
        yield { kind: "text", text: "-two [1]." };
        yield citing("gone", "ducks.txt");
        yield { kind: "footer", text: "by a model" };
      })(),
    );
    expect((await shown.next()).value).toMatchObject({ event: "status" });
    expect((await shown.next()).value).toMatchObject({ event: "text", data: { text: "Forty" } });
    goOn();
    const rest = await Array.fromAsync(shown);
    expect(rest.map(({ event }) => event)).toEqual(["text", "citations", "footer", "end"]);
    await posting;
  });

  test("a reply that was lost on the way is taken up where it broke off", async () => {
    await asked(site, "How many ducks?");
    const { messageId } = lastQuestion(site);
    await postOn(site, [
      { kind: "text", text: "A lot." },
      { kind: "footer", text: "done" },
    ]);
    const all = await Array.fromAsync(eventsOf(await site.api(`/replies/${messageId}/stream`)));
    expect(all.map(({ event, id }) => [event, id])).toEqual([
      ["text", "0"],
      ["footer", "1"],
      ["end", undefined],
    ]);
    const rest = await Array.fromAsync(
      eventsOf(await site.api(`/replies/${messageId}/stream?from=1`)),
    );
    expect(rest.map(({ event }) => event)).toEqual(["footer", "end"]);
  });

  test("who streams already is told that a retry begins again", async () => {
    const shown = eventsOf(await askOn(site, "How many ducks?"));
    await shown.next();
    const broken = (async function* (): AsyncGenerator<ReplyPart> {
      yield { kind: "text", text: "Wrong" };
      throw new Error("the process died");
    })();
    await expect(postOn(site, broken)).rejects.toThrow("the process died");
    expect((await shown.next()).value).toMatchObject({ event: "text", data: { text: "Wrong" } });
    await postOn(site, [{ kind: "text", text: "Right" }]);
    const rest = await Array.fromAsync(shown);
    expect(rest.map(({ event }) => event)).toEqual(["restart", "text", "end"]);
  });

  test("a follow-up stays in its thread, and the thread is listed with its replies", async () => {
    await asked(site, "How many ducks?");
    const thread = lastQuestion(site).messageId;
    await postOn(site, [
      { kind: "text", text: "For" },
      { kind: "restart", note: "Another model." },
      { kind: "text", text: "Forty-" },
      { kind: "text", text: "two." },
    ]);
    await asked(site, "And geese?", { thread, as: "ben" });
    expect(lastQuestion(site).place.threadId).toBe(thread);
    const response = await site.api("/channels/general/messages");
    const { messages } = (await response.json()) as { messages: Record<string, unknown>[] };
    expect(messages).toMatchObject([
      { user: "ada", text: "How many ducks?", thread: null },
      {
        replyTo: thread,
        reply: {
          finished: true,
          parts: [{ kind: "restart" }, { kind: "text", text: "Forty-two." }],
        },
      },
      { user: "ben", text: "And geese?", thread },
    ]);
  });

  test("a deleted file takes its name and quote out of past answers", async () => {
    const made = await shareOn(site, "Ducks: 42.");
    await asked(site, "How many ducks?");
    await postOn(site, [{ kind: "text", text: "42 [1]." }, citing(made.id, "ducks.txt")]);
    const page = async () => (await site.api("/channels/general/messages")).text();
    expect(await page()).toContain("Ducks: 42.");
    await site.api(`/channels/general/files/${made.id}`, { method: "DELETE" });
    expect(await page()).not.toMatch(/Ducks: 42\.|ducks\.txt/);
  });

  test("a reply to a question that is gone is quietly dropped", async () => {
    await asked(site, "How many ducks?");
    await database.pool.query("delete from web_message");
    await postOn(site, [{ kind: "text", text: "Forty-two." }]);
    const { rows } = await database.pool.query("select count(*)::int as left from web_message");
    expect(rows).toEqual([{ left: 0 }]);
  });

  test("whoever watches a channel hears of its changes", async () => {
    const heard = eventsOf(await site.api("/channels/general/events?user=guest"));
    expect((await heard.next()).value).toMatchObject({ event: "changed" });
    await shareOn(site, "x");
    expect((await heard.next()).value).toMatchObject({ event: "changed" });
    await heard.return(undefined);
  });
});
