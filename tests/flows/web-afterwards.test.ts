import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "../../src/db/pool.ts";
import type { Inspection } from "../../src/surface.ts";
import { openTestDatabase } from "../support/database.ts";
import { noCommands } from "../support/inbox.ts";
import { scriptedLibrary, webOn } from "../support/web.ts";
import {
  asked,
  askOn,
  errorOf,
  lastQuestion,
  messagesOn,
  openWebSite,
  postOn,
  shareOn,
  type WebSite,
} from "../support/web-site.ts";

const INSPECTION: Inspection = {
  scope: { channels: ["#general"], narrowed: null },
  coverage: 0.7,
  coverageMin: 0.4,
  passages: [],
  model: "a/model",
  attempts: [],
};
const PASSAGE = {
  ...{ fileName: "ducks.txt", where: "page 1", text: "Ducks: 42.", position: 0, score: 1 },
  ...{ lexicalScore: 3, vectorScore: null, given: 1, cited: null },
};

let database: Database;
let site: WebSite;
let inspection: Inspection;

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

beforeEach(async () => {
  inspection = { ...INSPECTION };
  site = await openWebSite(database, { library: scriptedLibrary({ inspection }) });
});
afterEach(() => site.close());

const question = (id: string, what = "") => `/channels/general/questions/${id}${what}`;
const words = (text: string) => [{ kind: "text", text } as const];

function last() {
  return site.events.at(-1);
}

describe("files that come with a question", () => {
  test("are handed in with it, and shown with it instead of by themselves", async () => {
    const body = new FormData();
    body.append("file", new Blob(["Ducks: 42."]), "ducks.txt");
    const sent = await site.api("/channels/general/files?with=question", { method: "POST", body });
    const { id } = (await sent.json()) as { id: string };
    expect(last()).toMatchObject({ kind: "file_shared", handedOver: true });
    expect((await messagesOn(site)).map(({ fileId }) => fileId)).toEqual([id]);
    const { fileIds } = await asked(site, "How many?", { files: [id, id] });
    expect(fileIds).toEqual([id]);
    expect((await messagesOn(site)).map(({ files }) => files)).toEqual([[id]]);
  });

  test("stand by themselves again when the question is gone", async () => {
    const { id } = await shareOn(site, "Ducks: 42.");
    const { messageId } = await asked(site, "How many?", { files: [id] });
    await site.api(question(messageId), { method: "DELETE" });
    expect((await messagesOn(site)).map(({ fileId }) => fileId)).toEqual([id]);
  });

  test("must be files of that channel", async () => {
    const { id } = await shareOn(site, "Ducks: 42.");
    const elsewhere = { text: "How many?", files: [id] };
    const refused = await site.json("POST", "/channels/leads/questions", elsewhere);
    expect([refused.status, await errorOf(refused)]).toEqual([
      404,
      "One of these files is no longer in this channel.",
    ]);
    expect((await askOn(site, "How many?", { files: Array(11).fill(id) })).status).toBe(400);
  });
});

describe("an edited question", () => {
  test("is handed in as changed, marked, and its reply is written anew", async () => {
    const mention = await asked(site, "How many dugs?");
    await postOn(site, words("What is a dug?"));
    const edited = await site.json("PUT", question(mention.messageId), { text: "How many ducks?" });
    expect(edited.status).toBe(200);
    expect(last()).toMatchObject({
      ...{ kind: "message_changed", messageId: mention.messageId, text: "How many ducks?" },
      key: expect.stringMatching(/^web:edited:\d+:\d{13}$/),
    });
    await postOn(site, words("Forty-two."), mention);
    const [shown, reply] = await messagesOn(site);
    expect(shown).toMatchObject({ text: "How many ducks?", editedAt: expect.any(String) });
    expect(reply?.reply).toMatchObject({
      parts: [{ kind: "restart", note: "" }, { text: "Forty-two." }],
      finished: true,
    });
  });

  test("is its asker's alone, and only for ten minutes", async () => {
    const { messageId } = await asked(site, "How many dugs?", { as: "ben" });
    const edit = (as: string) => site.json("PUT", question(messageId), { text: "Ducks?" }, as);
    expect(await errorOf(await edit("ada"))).toBe("Only who asked can change the question.");
    await database.pool.query("update web_message set created_at = now() - interval '11 minutes'");
    const late = await edit("ben");
    expect([late.status, await errorOf(late)]).toEqual([
      403,
      expect.stringContaining("ten minutes"),
    ]);
    expect((await messagesOn(site))[0]?.text).toBe("How many dugs?");
  });

  test("stays as it was when the edit can't be handed in", async () => {
    const { messageId } = await asked(site, "How many dugs?");
    site.core.accepting = () => Promise.reject(new Error("the queue is away"));
    const response = await site.json("PUT", question(messageId), { text: "Ducks?" });
    expect(response.status).toBe(503);
    expect((await messagesOn(site))[0]).toMatchObject({ text: "How many dugs?", editedAt: null });
  });

  test("is handed in again after a crash, under the same key", async () => {
    const { messageId } = await asked(site, "How many dugs?");
    await site.json("PUT", question(messageId), { text: "Ducks?" });
    const edit = last();
    const again = webOn(database).adapter;
    const heard: unknown[] = [];
    await again.listen({ ...noCommands, accept: async (event) => void heard.push(event) });
    await again.close();
    expect(heard).toContainEqual(edit);
  });
});

describe("a deleted question", () => {
  test("takes its reply along, and is told of before it goes", async () => {
    const { messageId } = await asked(site, "How many?", { as: "ben" });
    await postOn(site, words("Forty-two."));
    const remove = (as: string) => site.api(question(messageId), { method: "DELETE", as });
    expect((await remove("guest")).status).toBe(403);
    expect((await remove("ada")).status).toBe(204);
    expect(last()).toMatchObject({ kind: "message_deleted", messageId });
    expect(await messagesOn(site)).toEqual([]);
    expect((await remove("ada")).status).toBe(404);
  });

  test("leaves the reply where somebody wrote after it, also when the core wants it back", async () => {
    const { messageId, place } = await asked(site, "How many?");
    await postOn(site, words("Forty-two."));
    const [, reply] = await messagesOn(site);
    await asked(site, "And geese?", { thread: messageId, as: "ben" });
    await site.api(question(messageId), { method: "DELETE" });
    await site.adapter.retract(place, [reply?.id ?? ""]);
    expect(await messagesOn(site)).toMatchObject([
      { text: "(deleted)", deleted: true },
      { reply: { parts: [{ text: "Forty-two." }] } },
      { text: "And geese?" },
    ]);
    const edited = await site.json("PUT", question(messageId), { text: "Ducks?" });
    expect(edited.status).toBe(404);
  });

  test("gets no reply any more", async () => {
    const mention = await asked(site, "How many?");
    await asked(site, "And geese?", { thread: mention.messageId });
    await site.api(question(mention.messageId), { method: "DELETE" });
    await postOn(site, words("Forty-two."), mention);
    expect((await messagesOn(site)).some(({ reply }) => reply)).toBe(false);
  });
});

describe("an answer", () => {
  test("is stopped and made anew for who asked and the first person, and twice is once", async () => {
    const { messageId } = await asked(site, "How many?", { as: "ben" });
    const post = (what: string, as: string) =>
      site.json("POST", question(messageId, `/${what}`), {}, as);
    expect(await errorOf(await post("stop", "guest"))).toBe(
      "Only who asked, or Ada, can stop the answer.",
    );
    expect((await post("stop", "ben")).status).toBe(202);
    expect(last()).toMatchObject({ kind: "stopped", messageId, userId: "ben" });
    await postOn(site, words("Forty-"));
    expect((await post("regenerate", "guest")).status).toBe(403);
    expect((await post("regenerate", "ada")).status).toBe(202);
    const first = last();
    await post("regenerate", "ada");
    expect(first).toMatchObject({ kind: "regenerate_wanted", messageId, userId: "ada" });
    expect(last()?.key).toBe(first?.key);
  });

  test("is rated by whoever reads it, with a reason or without", async () => {
    const { messageId } = await asked(site, "How many?");
    const rate = (body: unknown, as = "guest") =>
      site.json("POST", question(messageId, "/rating"), body, as);
    expect((await rate({ rating: "down", reason: "Geese." })).status).toBe(202);
    expect(last()).toMatchObject({ kind: "rated", rating: "down", reason: "Geese.", messageId });
    expect((await rate({ rating: "up" })).status).toBe(202);
    expect(last()).toMatchObject({ kind: "rated", rating: "up", reason: "" });
    expect((await rate({ rating: "meh" })).status).toBe(400);
    expect((await rate({ rating: "down", reason: "x".repeat(501) })).status).toBe(400);
  });

  test("is looked into by whoever reads the channel, and its sources open where they may", async () => {
    const { id } = await shareOn(site, "Ducks: 42.");
    const { messageId } = await asked(site, "How many?");
    inspection.passages = [
      { ...PASSAGE, fileId: id },
      { ...PASSAGE, fileId: "gone" },
    ];
    const response = await site.api(question(messageId, "/inspection"), { as: "guest" });
    expect(await response.json()).toMatchObject({
      coverage: 0.7,
      passages: [{ channelId: "general" }, { channelId: null }],
    });
    const elsewhere = `/channels/leads/questions/${messageId}/inspection`;
    expect((await site.api(elsewhere, { as: "guest" })).status).toBe(404);
  });

  test("is written by the last who began it: an earlier writer is shut out", async () => {
    const mention = await asked(site, "How many?");
    let goOn: () => void = () => undefined;
    const waits = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const early = postOn(
      site,
      (async function* () {
        yield { kind: "text", text: "Early." } as const;
        await waits;
        yield { kind: "text", text: "Too late." } as const;
      })(),
    );
    await expect.poll(async () => (await messagesOn(site))[1]?.reply?.parts.length).toBe(1);
    await postOn(site, words("Forty-two."), mention);
    goOn();
    await expect(early).rejects.toThrow("Another process writes this reply.");
    const [, reply] = await messagesOn(site);
    expect(reply?.reply).toMatchObject({ parts: [{}, { text: "Forty-two." }], finished: true });
    expect(lastQuestion(site)).toBe(mention);
  });
});
