import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { Adapter, FileShared, FileState, Mention, ReplyPart } from "../../src/chat.ts";
import type { Database } from "../../src/db/pool.ts";
import { openTestDatabase } from "../support/database.ts";
import { noCommands } from "../support/inbox.ts";
import { scriptedLibrary, serveWeb, webOn } from "../support/web.ts";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"];
const WAIT_MS = 15_000;
const QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync"];

const PASSAGES = Array.from({ length: 20 }, (_, position) => ({
  position,
  text:
    position === 12 ? "We counted the ducks.\nThere are   forty-two ducks in the pond." : "Text.",
  locator: { page: position },
  where: `page ${position}`,
}));

let browser: Browser;
let database: Database;
let adapter: Adapter;
let server: Awaited<ReturnType<typeof serveWeb>>;
let page: Page;
/** What the browser complained about, and what it asked of other servers. */
let complaints: string[];
let shared: FileShared[];
let asked: Mention[];

beforeAll(async () => {
  if (!existsSync(CHROMIUM)) return;
  browser = await chromium.launch({ executablePath: CHROMIUM, args: [...ARGS, ...QUIET] });
  database = await openTestDatabase();
});

afterAll(async () => {
  await browser?.close();
  await database?.close();
});

beforeEach(async ({ skip }) => {
  skip(!existsSync(CHROMIUM), `no browser at ${CHROMIUM}: set CHROMIUM to one`);
  [complaints, shared, asked] = [[], [], []];
  await startServer();
  page = await browser.newPage();
  page.setDefaultTimeout(WAIT_MS);
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (line) => line.type() === "error" && complaints.push(line.text()));
  page.on("request", (request) => {
    if (!/^(blob|data):/.test(request.url()) && !request.url().startsWith(server.url)) {
      complaints.push(`asked for ${request.url()}`);
    }
  });
  await page.goto(server.url);
});

afterEach(async () => {
  await page?.close();
  await server?.close();
  await database?.pool.query("delete from web_message");
});

async function startServer(port = 0): Promise<void> {
  const web = webOn(database, { library: scriptedLibrary(PASSAGES) });
  adapter = web.adapter;
  await adapter.listen({
    ...noCommands,
    async accept(event) {
      if (event.kind === "file_shared") shared.push(event);
      if (event.kind === "mention") asked.push(event);
    },
  });
  server = await serveWeb(web, port);
}

async function dropFile(name: string): Promise<void> {
  const carried = await page.evaluateHandle(
    `(() => {
      const carried = new DataTransfer();
      carried.items.add(new File(["There are forty-two ducks."], ${JSON.stringify(name)}));
      return carried;
    })()`,
  );
  await page.dispatchEvent("body", "dragenter", { dataTransfer: carried });
  await page.getByText("Drop to share in #general").waitFor();
  await page.dispatchEvent("body", "drop", { dataTransfer: carried });
}

function mark(state: FileState): Promise<void> {
  const event = shared.at(-1);
  if (!event) throw new Error("no file was shared");
  return adapter.mark(event, state);
}

async function answer(parts: AsyncIterable<ReplyPart>): Promise<void> {
  const question = asked.at(-1);
  if (!question) throw new Error("nothing was asked");
  const posts = { posted: [], onPosted: async () => undefined };
  await adapter.post(question, parts, posts, AbortSignal.timeout(WAIT_MS));
}

/** Stops once when the first words are out, until the page shows them. */
async function* ducks(firstWordsShown: Promise<unknown>): AsyncGenerator<ReplyPart> {
  yield { kind: "status", text: "Looking through 1 file…" };
  yield { kind: "text", text: "There are " };
  await firstWordsShown;
  yield {
    kind: "text",
    text: "**forty-two** ducks [1]. <img src=x onerror=alert(1)>\n\n- in the `pond`",
  };
  const file = shared.at(-1);
  if (!file) throw new Error("no file was shared");
  const citation = {
    number: 1,
    file,
    fileName: file.name,
    locator: { page: 12 },
    where: "page 12",
    quote: "There are forty-two ducks in the pond.",
    position: 12,
    permalink: null,
    sharedAtMs: file.sharedAtMs,
  };
  yield { kind: "citations", citations: [citation] };
  yield { kind: "footer", text: "I looked in #general only, because guests can read it." };
}

async function* words(...texts: string[]): AsyncGenerator<ReplyPart> {
  for (const text of texts) yield { kind: "text", text };
}

function fileList() {
  return page.getByRole("complementary", { name: "Files" });
}

async function askFor(text: string): Promise<void> {
  await page.getByLabel("Your question").fill(text);
  await page.keyboard.press("Enter");
  await page.getByText("Waiting for an answer…").waitFor();
}

test("a dropped file is followed in words until it is searchable, then deleted", async () => {
  await dropFile("ducks.txt");
  await fileList().getByText("Received, will be read soon").waitFor();
  await mark({ kind: "reading", pagesDone: 12, pages: 190 });
  await fileList().getByText("Reading, page 12 of 190").waitFor();
  await mark({ kind: "searchable", pages: 190, note: null });
  await fileList().getByText("Searchable, 190 pages").waitFor();
  page.once("dialog", (dialog) => dialog.accept());
  await page.getByRole("button", { name: "Delete ducks.txt" }).click();
  await page.getByText("Nothing here yet.").waitFor();
  expect(complaints).toEqual([]);
});

test("an answer streams in, and its citation opens the source with the quote marked", async () => {
  await dropFile("ducks.txt");
  await fileList().getByText("Received").waitFor();
  await askFor("How many ducks are there?");
  const posting = answer(ducks(page.locator(".said", { hasText: "There are" }).waitFor()));
  await page.getByText("forty-two", { exact: true }).waitFor();
  await posting;
  await page.getByText("I looked in #general only").waitFor();
  expect(await page.locator(".said img").count()).toBe(0);
  expect(await page.locator(".said li code").textContent()).toBe("pond");
  expect(await page.locator("#live").textContent()).toContain("Docent answered: There are");

  const citation = page.getByRole("button", { name: "Source 1: ducks.txt, page 12" });
  await citation.click();
  const source = page.getByRole("dialog", { name: "ducks.txt, page 12" });
  expect(await source.locator("mark").textContent()).toContain("forty-two ducks in the pond.");
  const original = source.getByRole("link", { name: "Open the original at page 12" });
  expect(await original.getAttribute("href")).toMatch(/\/original\?user=ada#page=12$/);
  await page.keyboard.press("Escape");
  await source.waitFor({ state: "hidden" });
  const focused = await page.evaluate("document.activeElement?.getAttribute('aria-label')");
  expect(focused).toBe("Source 1: ducks.txt, page 12");
  expect(complaints).toEqual([]);
});

test("a follow-up is asked and answered in its thread", async () => {
  await askFor("How many ducks are there?");
  await answer(words("Forty-two."));
  await page.getByRole("button", { name: "Follow up" }).click();
  await page.getByLabel("Follow-up question").fill("And geese?");
  await page.keyboard.press("Enter");
  await page.getByText("Waiting for an answer…").waitFor();
  expect(asked[1]?.place.threadId).toBe(asked[0]?.messageId);
  await answer(words("None."));
  const thread = page.getByRole("article", { name: "Thread: How many ducks are there?" });
  await thread.getByText("None.").waitFor();
  expect(complaints).toEqual([]);
});

test("a guest sees neither the private channel nor how to delete what others shared", async () => {
  await dropFile("ducks.txt");
  await page.getByRole("button", { name: "Delete ducks.txt" }).waitFor();
  await page.getByRole("link", { name: "#leads" }).click();
  await page.getByText("Private channel: Ada, Ben").waitFor();
  await page.getByLabel("You are").selectOption("Guest");
  await page.getByText("Public channel: Ada, Ben, Guest").waitFor();
  await fileList().getByRole("link", { name: "ducks.txt" }).waitFor();
  expect(await page.getByRole("link", { name: "#leads" }).count()).toBe(0);
  expect(await page.getByRole("button", { name: "Delete ducks.txt" }).count()).toBe(0);
  expect(complaints).toEqual([]);
});

test("the page finds back after a restart of the server, and shows what is true then", async () => {
  await askFor("How many ducks are there?");
  await server.close();
  await page.getByText("The connection is lost").waitFor();
  await startServer(server.port);
  await answer(words("Forty-two."));
  await page.locator(".said", { hasText: "Forty-two." }).waitFor();
  await page.getByText("Ready: answers from your files").waitFor();
});

test("what is refused is said in one sentence, and what was written stays", async () => {
  await page.getByLabel("Your question").fill("x".repeat(8_001));
  await page.keyboard.press("Enter");
  await page.getByRole("alert").getByText("at most 8,000 characters").waitFor();
  expect((await page.getByLabel("Your question").inputValue()).length).toBe(8_001);
});

test("a phone's width is enough", async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  await dropFile(`${"a-very-long-name-".repeat(9)}.txt`);
  await page.getByRole("button", { name: "Files", exact: true }).click();
  await fileList().getByText("Received").waitFor();
  await page.getByRole("button", { name: "Back to the chat" }).click();
  await askFor("How many ducks are there?");
  const overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
  expect(await page.evaluate(overflow)).toBe(0);
});
