import { Hono } from "hono";
import { expect, test } from "vitest";
import { type Bound, guard } from "../../adapters/web/guard.ts";

const PUBLIC_URL = "https://docent.example.com";

async function asked(bound: Bound, headers: Record<string, string>, method = "GET") {
  const site = new Hono().use(guard(bound)).all("/", (c) => c.text("in"));
  return (await site.request("/", { method, headers })).status;
}

test.each([
  ["docent.example.com", 200],
  ["DOCENT.example.com", 200],
  ["127.0.0.1:3000", 200],
  ["docent.example.com:8443", 403],
  ["evil.example.com", 403],
  ["docent.example.com.evil.example", 403],
])("behind a proxy, %s gets %i", async (host, status) => {
  const bound = { host: "127.0.0.1", port: 3000, publicUrl: PUBLIC_URL };
  expect(await asked(bound, { host })).toBe(status);
});

test("without a public address, its name is a stranger's", async () => {
  expect(await asked({ host: "127.0.0.1", port: 3000 }, { host: "docent.example.com" })).toBe(403);
});

test("at the public address too, another site's form is refused", async () => {
  const bound = { host: "127.0.0.1", port: 3000, publicUrl: PUBLIC_URL };
  const from = (origin: string) => asked(bound, { host: "docent.example.com", origin }, "POST");
  expect(await from(PUBLIC_URL)).toBe(200);
  expect(await from("https://evil.example.com")).toBe(403);
});
