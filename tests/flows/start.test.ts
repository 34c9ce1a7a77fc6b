import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { inServer, urlOf } from "../support/postgres-template.ts";
import { type Product, refusedProduct, startProduct } from "../support/product.ts";

let folder: string;
let settings: Record<string, string>;
let product: Product;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "docent-start-"));
  settings = { DATA_DIR: path.join(folder, "data"), ...(await databaseSettings()) };
  product = await startProduct(settings);
});

afterAll(async () => {
  await product.stop();
  if (settings.DATABASE_URL) await dropDatabase();
  await rm(folder, { recursive: true });
});

const DATABASE = `docent_start_${process.pid}`;

async function databaseSettings(): Promise<Record<string, string>> {
  if (inject("engine") === "embedded") return {};
  const { serverUrl } = inject("postgres");
  await inServer(serverUrl, (client) => client.query(`create database ${DATABASE}`));
  return { DATABASE_URL: urlOf(serverUrl, DATABASE) };
}

function dropDatabase(): Promise<unknown> {
  const { serverUrl } = inject("postgres");
  return inServer(serverUrl, (client) => client.query(`drop database ${DATABASE} with (force)`));
}

async function get(route: string): Promise<{ status: number; text: string }> {
  const response = await fetch(product.url + route);
  return { status: response.status, text: await response.text() };
}

test("it starts from nothing, says where it is, and answers for its health", async () => {
  expect(product.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(await get("/healthz")).toEqual({ status: 200, text: "ok" });
  expect(await get("/readyz")).toEqual({ status: 200, text: "ready" });
  const metrics = await get("/metrics");
  expect(metrics.text).toContain('docent_queue_jobs{state="waiting"} 0');
});

test("the status says what is off and how to turn it on, and names no secret", async () => {
  const status = JSON.parse((await get("/api/status")).text);
  expect(status).toMatchObject({
    engine: inject("engine"),
    embedder: { state: "off" },
    queue: { waiting: 0, running: 0, dead: 0 },
  });
  expect(status.line).toContain("OPENROUTER_API_KEY");
  expect(status.models).toHaveLength(5);
});

test("a page elsewhere can't reach it under a name of its own", async () => {
  const { hostname, port } = new URL(product.url);
  for (const route of ["/metrics", "/api/status", "/"]) {
    const { status } = await raw(hostname, Number(port), route, "evil.example");
    expect(status, route).toBe(403);
  }
});

function raw(host: string, port: number, route: string, as: string) {
  return new Promise<{ status: number | undefined }>((resolve, reject) => {
    const asked = request({ host, port, path: route, headers: { host: as } }, (response) => {
      response.resume();
      resolve({ status: response.statusCode });
    });
    asked.on("error", reject);
    asked.end();
  });
}

test("what is wrong at the start is one plain sentence, and no stack", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  await writeFile(path.join(folder, "file"), "");
  const free = { DATA_DIR: path.join(folder, "free") };
  const cases: [Record<string, string>, RegExp][] = [
    [{ ...settings, ...free, PORT: String(port) }, /Port \d+ is taken/],
    [{ DATA_DIR: path.join(folder, "file", "below") }, /data folder/],
    [{ ...free, PORT: "many" }, /PORT must be a whole number/],
    [{ ...free, OPENROUTER_API_KEY: "a key with spaces" }, /OPENROUTER_API_KEY does not look/],
    [{ ...free, DATABASE_URL: "mysql://localhost/docent" }, /DATABASE_URL must look like/],
  ];
  if (inject("engine") === "embedded") cases.push([settings, /another|already/i]);
  for (const [wrong, sentence] of cases) {
    const { said, code } = await refusedProduct(wrong);
    const lines = said.split("\n").filter((line) => !line.startsWith('{"level":30'));
    expect(lines.join("\n")).toMatch(sentence);
    expect(said).not.toMatch(/\n {4}at /);
    expect(code).toBe(1);
  }
  other.close();
});

test("a second start on the same data is quick to find everything as it was", async () => {
  expect(await product.stop()).toBe(0);
  product = await startProduct(settings);
  expect((await get("/readyz")).status).toBe(200);
});
