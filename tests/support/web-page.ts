/** The web chat in a real browser, with a scripted library and core behind it. */
import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import type { Adapter, ChannelMode, FileState, ReplyPart } from "../../src/chat.ts";
import type { Database } from "../../src/db/pool.ts";
import type { FileShared, Incoming, Mention } from "../../src/events.ts";
import type { Inspection, ModelHour, Status, StatusViewer } from "../../src/surface.ts";
import { openTestDatabase } from "./database.ts";
import { noCommands } from "./inbox.ts";
import { STATUS, scriptedLibrary, serveWeb, webOn } from "./web.ts";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"];
const QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync"];
export const WAIT_MS = 15_000;

export const PASSAGES = Array.from({ length: 20 }, (_, position) => ({
  position,
  text:
    position === 12 ? "We counted the ducks.\nThere are   forty-two ducks in the pond." : "Text.",
  locator: { page: position },
  where: `page ${position}`,
}));

export interface Bench {
  page: Page;
  /** What the browser complained about, and what it asked of other servers. */
  complaints: string[];
  events: Incoming[];
  settings: { mode: ChannelMode; optedOut: boolean };
  inspection: Inspection | undefined;
  status(viewer: StatusViewer): Status;
  hours: ModelHour[];
  server: Awaited<ReturnType<typeof serveWeb>>;
  startServer(port?: number, token?: string): Promise<void>;
  shared(name?: string): FileShared;
  asked(): Mention[];
  mark(state: FileState, name?: string): Promise<void>;
  answer(parts: AsyncIterable<ReplyPart>, to?: Mention): Promise<void>;
  askFor(text: string): Promise<void>;
  fileList(): ReturnType<Page["getByRole"]>;
}

/** A page on a fresh chat for each test; all is skipped where there is no browser. */
export function useWebPage(): Bench {
  let browser: Browser | undefined;
  let database: Database;
  let adapter: Adapter;
  const bench = {} as Bench;

  Object.assign(
    bench,
    actionsOn(bench, () => adapter),
    {
      async startServer(port = 0, token?: string) {
        const { settings } = bench;
        const script = {
          ...{ passages: PASSAGES, settings },
          ...(bench.inspection && { inspection: bench.inspection }),
        };
        const library = {
          ...scriptedLibrary(script),
          status: async (viewer: StatusViewer) => bench.status(viewer),
          modelHours: async () => bench.hours,
        };
        const web = webOn(database, { library, token: token ?? null });
        adapter = web.adapter;
        await adapter.listen({
          ...noCommands,
          accept: async (event) => void bench.events.push(event),
          async command(command) {
            if (command.kind === "set_mode") settings.mode = command.mode;
            if (command.kind === "opt_out") settings.optedOut = command.out;
            return { done: true, text: "Done." };
          },
        });
        bench.server = await serveWeb(web, port);
      },
    },
  );

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
    if (!browser) return skip(`no browser at ${CHROMIUM}: set CHROMIUM to one`);
    Object.assign(bench, {
      complaints: [],
      events: [],
      inspection: undefined,
      hours: [],
      status: () => STATUS,
    });
    bench.settings = { mode: "auto", optedOut: false };
    await bench.startServer();
    bench.page = await browser.newPage();
    watch(bench);
    await bench.page.goto(bench.server.url);
  });
  afterEach(async () => {
    await bench.page?.close();
    await bench.server?.close();
    await database?.pool.query("delete from web_message");
  });
  return bench;
}

function watch({ page, server, complaints }: Bench): void {
  page.setDefaultTimeout(WAIT_MS);
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (line) => line.type() === "error" && complaints.push(line.text()));
  page.on("request", (request) => {
    if (!/^(blob|data):/.test(request.url()) && !request.url().startsWith(server.url)) {
      complaints.push(`asked for ${request.url()}`);
    }
  });
}

function actionsOn(bench: Bench, adapter: () => Adapter): Partial<Bench> {
  const shared = (name?: string) => {
    const file = bench.events.findLast(
      (event) => event.kind === "file_shared" && (name === undefined || event.name === name),
    );
    if (file?.kind !== "file_shared") throw new Error("no file was shared");
    return file;
  };
  const asked = () => bench.events.filter((event) => event.kind === "mention");
  return {
    shared,
    asked,
    mark: (state, name) => adapter().mark(shared(name), state),
    async answer(parts, to = asked().at(-1)) {
      if (!to) throw new Error("nothing was asked");
      const posts = { posted: [], onPosted: async () => undefined };
      await adapter().post(to, parts, posts, AbortSignal.timeout(WAIT_MS));
    },
    async askFor(text) {
      await bench.page.getByLabel("Your question", { exact: true }).fill(text);
      await bench.page.keyboard.press("Enter");
      await bench.page.getByText("Waiting for an answer…").waitFor();
    },
    fileList: () => bench.page.getByRole("complementary", { name: "Files" }),
  };
}

/** Drops files on an element, as from the desktop. */
export async function dropFiles({ page }: Bench, names: string[], on = "body"): Promise<void> {
  const carried = await page.evaluateHandle(
    `(() => {
      const carried = new DataTransfer();
      for (const name of ${JSON.stringify(names)}) {
        carried.items.add(new File(["There are forty-two ducks."], name));
      }
      return carried;
    })()`,
  );
  await page.dispatchEvent("body", "dragenter", { dataTransfer: carried });
  await page.getByText("Drop to share in #general").waitFor();
  await page.getByText("Drop here to ask about it").waitFor();
  await page.dispatchEvent(on, "drop", { dataTransfer: carried });
}

export async function* words(...texts: string[]): AsyncGenerator<ReplyPart> {
  for (const text of texts) yield { kind: "text", text };
}

/** An answer with one source; stops once when the first words are out, until the page shows them. */
export async function* ducks(
  file: FileShared,
  firstWordsShown: Promise<unknown> = Promise.resolve(),
): AsyncGenerator<ReplyPart> {
  yield { kind: "status", text: "Looking through 1 file…" };
  yield { kind: "text", text: "There are " };
  await firstWordsShown;
  yield {
    kind: "text",
    text: "**forty-two** ducks [1]. <img src=x onerror=alert(1)>\n\n- in the `pond`",
  };
  const citation = {
    ...{ number: 1, file, fileName: file.name, locator: { page: 12 }, where: "page 12" },
    ...{ quote: "There are forty-two ducks in the pond.", position: 12, permalink: null },
    sharedAtMs: file.sharedAtMs,
  };
  yield { kind: "citations", citations: [citation] };
  yield { kind: "footer", text: "I looked in #general only, because guests can read it." };
}
