import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { docx, paragraph } from "../support/docx.ts";
import { pdf } from "../support/pdf.ts";
import { type Product, startProduct } from "../support/product.ts";

// The story with each kind of file, in a real browser, without any key: for two people and a guest.

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"];
const QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync"];
const WAIT_MS = 30_000;
const SIZES = [
  { width: 1280, height: 800 },
  { width: 390, height: 800 },
];

/** Each holds one fact of its own, and where that stands. */
const KINDS: [
  name: string,
  content: string | Buffer,
  subject: string,
  fact: string,
  where: RegExp,
][] = [
  [
    "notes.txt",
    "Minutes.\n\nThe cormorant is painted teal.\n",
    "cormorant",
    "painted teal",
    /lines? \d/,
  ],
  [
    "plan.md",
    "# Boats\n\n## Colours\n\nThe pelican is painted ochre.\n",
    "pelican",
    "painted ochre",
    /Colours/,
  ],
  [
    "fleet.ts",
    "export function puffin(): string {\n  return 'puffin is painted mauve';\n}\n",
    "puffin",
    "painted mauve",
    /line/,
  ],
  [
    "fleet.json",
    '{"fleet": {"avocet": "avocet is painted beige"}}',
    "avocet",
    "painted beige",
    /./,
  ],
  [
    "fleet.csv",
    "boat,colour\ngannet,gannet is painted sepia\n",
    "gannet",
    "painted sepia",
    /rows? \d/,
  ],
  [
    "fleet.tsv",
    "boat\tcolour\ndunlin\tdunlin is painted khaki\n",
    "dunlin",
    "painted khaki",
    /rows? \d/,
  ],
  [
    "fleet.html",
    "<html><body><h1>Boats</h1><p>The curlew is painted coral.</p></body></html>",
    "curlew",
    "painted coral",
    /Boats/,
  ],
  [
    "fleet.docx",
    docx({ body: paragraph("The whimbrel is painted indigo.") }),
    "whimbrel",
    "painted indigo",
    /^/,
  ],
  [
    "fleet.pdf",
    pdf({ pages: [["Cover"], ["The turnstone is painted maroon."]] }),
    "turnstone",
    "painted maroon",
    /page 2/,
  ],
];

let browser: Browser;
let folder: string;
let product: Product;

beforeAll(async () => {
  if (!existsSync(CHROMIUM)) return;
  folder = await mkdtemp(path.join(tmpdir(), "docent-kinds-"));
  browser = await chromium.launch({ executablePath: CHROMIUM, args: [...ARGS, ...QUIET] });
  product = await startProduct({ DATA_DIR: path.join(folder, "data") });
});

afterAll(async () => {
  await browser?.close();
  await product?.stop();
  if (folder) await rm(folder, { recursive: true });
});

async function pageOf(viewport: { width: number; height: number }, person: string): Promise<Page> {
  const page = await browser.newPage({ viewport });
  page.setDefaultTimeout(WAIT_MS);
  await page.goto(product.url);
  await page.getByLabel("You are").selectOption(person);
  return page;
}

async function share(page: Page, channel: string): Promise<void> {
  await page.getByRole("link", { name: `#${channel}` }).click();
  await page
    .locator("#picker")
    .setInputFiles(
      KINDS.map(([name, content]) => ({ name, mimeType: "", buffer: Buffer.from(content) })),
    );
  for (const [name] of KINDS) {
    const entry = page.locator("#file-list li").filter({ hasText: name });
    await entry.getByText("Searchable").last().waitFor({ state: "attached" });
  }
}

async function ask(page: Page, question: string) {
  await page.getByLabel("Your question").fill(question);
  await page.keyboard.press("Enter");
  const thread = page.getByRole("article", { name: `Thread: ${question}` }).last();
  await thread.getByText(/I looked in/).waitFor();
  return thread;
}

const inBrowser = test.skipIf(!existsSync(CHROMIUM));

inBrowser.each(SIZES)(
  "each kind is found, cited and opened where it stands, at $width pixels",
  async (size) => {
    const [sharer, asker] = size.width > 1000 ? ["Ada", "Ben"] : ["Ben", "Ada"];
    const page = await pageOf(size, sharer ?? "");
    await share(page, "leads");
    await page.getByLabel("You are").selectOption(asker ?? "");
    for (const [name, , subject, fact, where] of KINDS) {
      const thread = await ask(page, `What colour is the ${subject} painted, in ${size.width}?`);
      const source = thread.getByRole("button", {
        name: new RegExp(`^Source 1: ${name.replace(".", "\\.")}`),
      });
      await source.first().click();
      const dialog = page.getByRole("dialog");
      await dialog.locator("mark").first().waitFor();
      expect(await dialog.locator("mark").first().textContent(), name).toContain(
        fact.split(" ")[1],
      );
      expect(
        (await dialog.getByRole("heading").first().textContent())?.slice(name.length),
        name,
      ).toMatch(where);
      await page.keyboard.press("Escape");
    }
    await page.getByLabel("You are").selectOption("Guest");
    const thread = await ask(
      page,
      `What colour is the cormorant painted, asks the guest in ${size.width}?`,
    );
    expect(await thread.getByText("teal").count()).toBe(0);
    await page.close();
  },
);
