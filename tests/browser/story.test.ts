import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type BedrockLoopback, startBedrock } from "../support/bedrock.ts";
import { type OpenRouterLoopback, startOpenRouter } from "../support/openrouter.ts";
import { pdf } from "../support/pdf.ts";
import { type Product, startProduct } from "../support/product.ts";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"];
const QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync"];
const WAIT_MS = 40_000;
const PAGES = 190;

let browser: Browser;
let folder: string;
let bedrock: BedrockLoopback;
let openrouter: OpenRouterLoopback;
let product: Product;
let page: Page;

beforeAll(async () => {
  if (!existsSync(CHROMIUM)) return;
  folder = await mkdtemp(path.join(tmpdir(), "docent-story-"));
  browser = await chromium.launch({ executablePath: CHROMIUM, args: [...ARGS, ...QUIET] });
  bedrock = await startBedrock();
  openrouter = await startOpenRouter();
  product = await start();
});

afterAll(async () => {
  await browser?.close();
  await product?.stop();
  await bedrock?.close();
  await openrouter?.close();
  if (folder) await rm(folder, { recursive: true });
});

beforeEach(async ({ skip }) => {
  skip(!existsSync(CHROMIUM), `no browser at ${CHROMIUM}: set CHROMIUM to one`);
  await page?.close();
  page = await browser.newPage();
  page.setDefaultTimeout(WAIT_MS);
  await page.goto(product.url);
});

function start(port = "0"): Promise<Product> {
  return startProduct({
    PORT: port,
    DATA_DIR: path.join(folder, "data"),
    OPENROUTER_API_KEY: "sk-or-story-key",
    OPENROUTER_BASE_URL: openrouter.url,
    AWS_ACCESS_KEY_ID: "story",
    AWS_SECRET_ACCESS_KEY: "story-secret",
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrock.url,
  });
}

/** A report in which each page holds one fact that no other page holds. */
function report(name: string): { name: string; mimeType: string; buffer: Buffer } {
  const filler = "The committee looked at the accounts of that year and found them in order.";
  const pages = Array.from({ length: PAGES }, (_, index) => [
    `The lighthouse at ${FACTS[index] ?? `harbour ${index}`} was painted by crew ${index * 7 + 3}.`,
    ...Array<string>(12).fill(filler),
  ]);
  return { name, mimeType: "application/pdf", buffer: pdf({ pages }) };
}

const FACTS: Record<number, string> = { 56: "Skagen", 120: "Fastnet" };

async function share(file: ReturnType<typeof report>): Promise<void> {
  await page.locator("#picker").setInputFiles(file);
}

function files() {
  return page.getByRole("complementary", { name: "Files" });
}

async function ask(text: string): Promise<void> {
  await page.getByLabel("Your question").fill(text);
  await page.keyboard.press("Enter");
}

test("a report of 190 pages is read, asked about, and cited on the right page, where it opens", async () => {
  await share(report("report.pdf"));
  await files().getByText(`Searchable, ${PAGES} pages`).waitFor();
  await ask("Which crew painted the lighthouse at Skagen?");
  await page.getByText("crew 395", { exact: false }).first().waitFor();
  await page.getByRole("button", { name: "Source 1: report.pdf, page 57" }).click();
  const source = page.getByRole("dialog", { name: "report.pdf, page 57" });
  expect(await source.locator("mark").textContent()).toContain("Skagen was painted by crew 395");
  const original = source.getByRole("link", { name: "Open the original at page 57" });
  const response = await page.request.get(
    new URL((await original.getAttribute("href")) ?? "", product.url).href,
  );
  expect(response.headers()["content-type"]).toBe("application/pdf");
});

test("killed in the middle of reading, it reads the file after the restart", async () => {
  // The first batch of a hundred gets its vectors, the next one waits for them.
  bedrock.script(...Array<"vector">(120).fill("vector"));
  bedrock.always("hang");
  const other = report("other.pdf");
  // Other bytes, or it would be known at once.
  await share({ ...other, buffer: Buffer.concat([other.buffer, Buffer.from("% again\n")]) });
  await files()
    .getByText(/Reading, page [1-9]\d* of 190/)
    .waitFor();
  await product.kill();
  bedrock.always("vector");
  product = await start(new URL(product.url).port);
  const entry = files().getByRole("listitem").filter({ hasText: "other.pdf" });
  await entry.getByText(`Searchable, ${PAGES} pages`).waitFor();
  await ask("Which crew painted the lighthouse at Fastnet?");
  await page.getByText("crew 843", { exact: false }).first().waitFor();
});

test("a private channel's file is not used in the public one, and is in its own", async () => {
  await page.getByRole("link", { name: "#leads" }).click();
  await page.getByText("Private channel").waitFor();
  const salaries = Buffer.from("The salary of the director is 91,250 crowns a month.\n");
  await share({ name: "salaries.txt", mimeType: "text/plain", buffer: salaries });
  await files().getByText("Searchable").waitFor();
  await ask("What is the salary of the director?");
  await page.getByText("91,250 crowns").first().waitFor();

  await page.getByRole("link", { name: "#general" }).click();
  await files().getByRole("link", { name: "report.pdf" }).waitFor();
  const asked = openrouter.requests.length;
  await ask("What is the salary of the director?");
  await page
    .getByText(/I looked in #general only/)
    .last()
    .waitFor();
  expect(await page.getByText("91,250").count()).toBe(0);
  const prompts = JSON.stringify(openrouter.requests.slice(asked));
  expect(prompts).not.toMatch(/91,250|salaries/);
});

test("what it wrote to its log holds no key and no words of people", async () => {
  expect(product.said()).not.toMatch(/sk-or-story|story-secret|lighthouse|salary/);
  expect(await product.stop()).toBe(0);
});
