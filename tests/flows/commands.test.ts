import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, inject, type TestContext, test, vi } from "vitest";
import { openDatabase } from "../../src/db/pool.ts";
import { inServer, urlOf } from "../support/postgres-template.ts";
import { type Product, startProduct } from "../support/product.ts";
import { type Ended, runCommand } from "../support/run-command.ts";

const embedded = inject("engine") === "embedded";
const PLAN = "# Plan\n\nThe launch of the Heron is on 14 May 2027.\n";

let folder: string;
let settings: Record<string, string>;
let databases = 0;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "docent-commands-"));
  settings = await emptyDatabase();
  const product = await startProduct(settings);
  await share(product, "plan.md", PLAN);
  await product.stop();
});

afterAll(async () => {
  for (let each = 1; each <= databases && !embedded; each++) {
    await inServer(inject("postgres").serverUrl, (client) =>
      client.query(`drop database ${nameOf(each)} with (force)`),
    );
  }
  await rm(folder, { recursive: true });
});

/** Settings for a database that nobody has used yet. */
async function emptyDatabase(): Promise<Record<string, string>> {
  databases += 1;
  const own = { DATA_DIR: path.join(folder, `data ${databases}`) };
  if (embedded) return own;
  const { serverUrl } = inject("postgres");
  const name = nameOf(databases);
  await inServer(serverUrl, (client) => client.query(`create database ${name}`));
  return { ...own, DATABASE_URL: urlOf(serverUrl, name) };
}

function nameOf(database: number): string {
  return `docent_commands_${process.pid}_${database}`;
}

async function share(product: Product, name: string, content: string): Promise<void> {
  const form = new FormData();
  form.append("file", new Blob([content]), name);
  const files = `${product.url}/api/channels/general/files`;
  await fetch(files, { method: "POST", body: form });
  const list = async () => (await fetch(files)).text();
  await vi.waitFor(async () => expect(await list()).toContain('"state":"searchable"'), {
    timeout: 30_000,
  });
}

function run(...args: string[]): Promise<Ended> {
  return runCommand(settings, ...args);
}

function linesOf(text: string): string[] {
  return text.trimEnd().split("\n");
}

/** The programs of Postgres may be missing here, or older than the server: then that is said, and no more. */
function needsTools({ code, said }: Ended, { skip }: TestContext): void {
  skip(code === 1 && /no pg_dump on the PATH|is too old/.test(said), said.trim());
}

describe.runIf(embedded)("the command line", () => {
  test("lists all commands, and tells of each", async () => {
    const { code, out } = await run("--help");
    expect(code).toBe(0);
    const names = [...out.matchAll(/^ {2}(\w+) +\w/gm)].map(([, name = ""]) => name);
    expect(names.sort()).toEqual(
      [
        "allow",
        "backup",
        "extract",
        "migrate",
        "restore",
        "search",
        "setup",
        "start",
        "status",
      ].sort(),
    );
    expect((await run("search", "--help")).out).toContain("--channel");
  });

  test.each([
    ["nonsense", "There is no command nonsense."],
    ["status --loud", "Unknown option '--loud'."],
    ["start now", "Unexpected argument 'now'."],
    ["backup", "Which file?"],
    ["backup one two", "One file only, please."],
    ["extract", "Which file?"],
    ["search heron", "Which channel? Name one with --channel."],
    ["search heron --channel general --limit many", "--limit takes a whole number from 1 to 100."],
  ])("answers %s with one sentence and the usage", async (typed, sentence) => {
    const { code, out, said } = await run(...typed.split(" "));
    expect([code, out, linesOf(said)[0]]).toEqual([2, "", sentence]);
    expect(said).toContain("Usage: npm run docent -- ");
  });

  test("says a wrong setting in one sentence", async () => {
    const { code, said } = await runCommand({ ...settings, PORT: "many" }, "status");
    expect(code).toBe(1);
    expect(said).toContain("PORT must be a whole number");
    expect(said).not.toContain("    at ");
  });
});

describe("status", () => {
  test("tells what is so, whether Docent runs or not", async () => {
    const { out, code } = await run("status");
    // Of a Postgres nobody can tell who works on it.
    const isKnownToRest = !settings.DATABASE_URL;
    expect(code).toBe(isKnownToRest ? 1 : 0);
    const [first, ...rest] = linesOf(out).slice(isKnownToRest ? 2 : 0);
    expect(out.includes("Docent is not running")).toBe(isKnownToRest);
    expect(first).toContain("1 file searchable");
    expect(Math.max(...rest.map((line) => line.length))).toBeLessThanOrEqual(80);

    const token = "a-token-of-some-length";
    const withToken = { ...settings, WEB_TOKEN: token };
    const product = await startProduct(withToken);
    const running = await runCommand(withToken, "status", "--json");
    const headers = { authorization: `Bearer ${token}` };
    const told = await (await fetch(`${product.url}/api/status`, { headers })).json();
    await product.stop();
    expect(JSON.parse(running.out)).toEqual(told);
    expect(JSON.parse((await run("status", "--json")).out)).toEqual(told);
  });

  test("tells the operator of all models and of the money, and nobody else", async () => {
    const withKey = {
      ...settings,
      ...{ OPENROUTER_API_KEY: "sk-or-a-key-of-a-test", OPENROUTER_BASE_URL: "http://127.0.0.1:9" },
    };
    const product = await startProduct(withKey);
    const { out } = await runCommand(withKey, "status");
    const refused = await fetch(`${product.url}/operator/status`);
    await product.stop();
    expect(linesOf(out)[0]).toMatch(/^✅ Working · 1 file searchable/);
    expect(out).toContain("1 openai/gpt-4o-mini: not asked yet, answers next");
    expect(out).toContain("$0.00 of $1.00 today");
    expect(Math.max(...linesOf(out).map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(refused.status).toBe(401);
  });

  test("makes no database where there is none", async () => {
    const { code, said } = await runCommand(await emptyDatabase(), "status");
    expect(code).toBe(1);
    expect(said).toMatch(/There is no Docent in .* yet\. Start it first/);
  });
});

test("migrate brings an empty database to the newest version, once", async () => {
  const empty = await emptyDatabase();
  const first = JSON.parse((await runCommand(empty, "migrate", "--json")).out);
  expect(first.from).toEqual({ schema: 0, queue: 0 });
  expect(first.to.schema).toBeGreaterThan(0);
  expect(first.to.queue).toBeGreaterThan(0);
  const again = await runCommand(empty, "migrate");
  expect(again.out).toContain("at the newest version already");
});

describe("search", () => {
  test("finds a passage with its scores, for machines and for people", async () => {
    const asked = ["search", "When is the launch of the Heron?", "--channel", "general"];
    const { hits } = JSON.parse((await run(...asked, "--json")).out);
    expect(hits).toMatchObject([
      { rank: 1, score: 1, vectorScore: null, file: "plan.md", where: "Plan, lines 1–3" },
    ]);
    expect(hits[0].lexicalScore).toBeGreaterThan(0);
    expect(hits[0].text).toContain("14 May 2027");
    expect((await run(...asked)).out).toContain("1. plan.md, Plan, lines 1–3");
  });

  test("says so where nothing is found, and where there is no such channel", async () => {
    const nothing = await run("search", "zebra", "--channel", "general");
    expect([nothing.code, nothing.out]).toEqual([0, "Nothing was found in general.\n"]);
    const nowhere = await run("search", "heron", "--channel", "attic");
    expect([nowhere.code, nowhere.out]).toEqual([1, ""]);
    expect(nowhere.said).toContain("Nothing was shared in a channel attic of web yet.");
  });
});

describe("a backup", () => {
  test("is restored into an empty database, where its file is found again", async (context) => {
    const file = path.join(folder, "backup");
    needsTools(await run("backup", file), context);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const other = await emptyDatabase();
    const restored = await runCommand(other, "restore", file);
    expect(restored.out).toContain("1 file is searchable");
    const found = await runCommand(other, "search", "Heron", "--channel", "general", "--json");
    expect(JSON.parse(found.out).hits).toHaveLength(1);
  });

  test("replaces a database only when forced, and keeps what was there", async (context) => {
    const file = path.join(folder, "of-nothing");
    const empty = await emptyDatabase();
    await runCommand(empty, "migrate");
    needsTools(await runCommand(empty, "backup", file), context);
    const other = await emptyDatabase();
    const plan = path.join(folder, "full");
    await run("backup", plan);
    await runCommand(other, "restore", plan);

    const refused = await runCommand(other, "restore", file);
    expect(refused.code).toBe(1);
    expect(refused.said).toContain("With --force");
    const cut = path.join(folder, "cut");
    await writeFile(cut, (await readFile(plan)).subarray(0, 50_000));
    const damaged = await runCommand(other, "restore", cut, "--force");
    expect(damaged.code).toBe(1);
    expect((await runCommand(other, "status")).out).toContain("1 file searchable");

    const forced = await runCommand(other, "restore", file, "--force");
    expect(forced.out).toContain("0 files are searchable");
    const kept = /kept in (.+)\.$/m.exec(forced.out)?.[1] ?? "";
    expect((await stat(kept)).isDirectory()).toBe(embedded);
  });

  test("needs Docent to stop only where it must, and then says so", async (context) => {
    const product = await startProduct(settings);
    const file = path.join(folder, "while-running");
    const made = await run("backup", file);
    const restored = await run("restore", file, "--force");
    await product.stop();
    if (embedded) expect(made.said).toMatch(/Stop it first, or use the newest dump of .*dumps/);
    else needsTools(made, context);
    expect(made.code).toBe(embedded ? 1 : 0);
    expect(restored.code).toBe(1);
  });

  test.runIf(embedded)("is made by a running Docent each night, and restored as well", async () => {
    const database = await openDatabase({
      databaseUrl: null,
      dataFolder: path.join(settings.DATA_DIR ?? "", "postgres"),
      log: pino({ level: "silent" }),
      onFatal: () => undefined,
    });
    await database.pool.query("update schema_version set applied_at = now() - interval '2 days'");
    await database.close();
    const product = await startProduct(settings);
    await vi.waitFor(() => expect(product.said()).toContain("the nightly dump is made"), {
      timeout: 30_000,
    });
    await product.stop();
    const dumps = path.join(settings.DATA_DIR ?? "", "dumps");
    const [dump = ""] = await readdir(dumps);
    const other = await emptyDatabase();
    await runCommand(other, "restore", path.join(dumps, dump));
    const found = await runCommand(other, "search", "Heron", "--channel", "general");
    expect(found.out).toContain("1. plan.md");
  });

  test.runIf(embedded)("of an embedded database is refused by a wrong file's name", async () => {
    const nowhere = await run("backup", path.join(folder, "no", "such", "folder"));
    expect(nowhere.said).toContain("its folder does not exist");
    const missing = await run("restore", path.join(folder, "missing"), "--force");
    expect(missing.said).toContain("There is no file");
  });
});

test.runIf(embedded)("commands that need the database to themselves say who has it", async () => {
  const product = await startProduct(settings);
  const commands = [["migrate"], ["search", "heron", "--channel", "general"]];
  const ended = await Promise.all(commands.map((command) => run(...command)));
  await product.stop();
  for (const { code, said } of ended) {
    expect(code).toBe(1);
    expect(said).toContain("Another Docent is running");
  }
});

describe.runIf(embedded)("extract", () => {
  async function file(name: string, content: string): Promise<string> {
    const at = path.join(folder, name);
    await writeFile(at, content);
    return at;
  }

  test("prints a line for each passage, with its place", async () => {
    const plan = await file("plan.md", PLAN);
    const { code, out } = await run("extract", plan, "--json");
    expect(code).toBe(0);
    expect(linesOf(out).map((line) => JSON.parse(line))).toEqual([
      {
        file: plan,
        position: 0,
        text: PLAN.trimEnd(),
        locator: { headings: ["Plan"], lines: [1, 3] },
      },
    ]);
    expect((await run("extract", plan)).out).toContain("plan.md, Plan, lines 1–3\n# Plan");
  });

  test("prints one line with the reason for what can't be read, and reads the rest", async () => {
    const files = [
      await file("empty.txt", ""),
      await file("broken.pdf", "%PDF-1.7\nnot much of one"),
      await file("photo.heic", "\0\0\0\x18ftypheic\0\0\0\0mif1heic"),
      path.join(folder, "missing.txt"),
      await file("big.txt", "x".repeat(2 * 1024 * 1024)),
      await file("fine.txt", "fine"),
    ];
    const small = { ...settings, FILE_MIB_MAX: "1" };
    const { code, out } = await runCommand(small, "extract", ...files, "--json");
    expect(code).toBe(3);
    const lines = linesOf(out).map((line) => JSON.parse(line));
    expect(lines.map((line) => line.file)).toEqual(files);
    expect(lines.map((line) => line.error?.kind ?? line.text)).toEqual([
      "empty",
      "malformed",
      "unsupported",
      "refused",
      "too_large",
      "fine",
    ]);
    for (const { error } of lines.slice(0, -1)) expect(error.message).toMatch(/^[A-Z].+\.$/);
  });
});
