import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { reachPostgres } from "../../src/db/postgres.ts";
import { ConfigError } from "../../src/errors.ts";

const PASSWORD = "s3cret-word";

let server: Server;
let url: string;
/** What the server answers to each connection in turn: the code of an error. */
let codes: string[];

beforeEach(async () => {
  codes = [];
  server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.end(errorResponse(codes.shift() ?? "XX000")));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  url = `postgres://docent:${PASSWORD}@127.0.0.1:${port}/docs`;
});
afterEach(() => {
  server.close();
});

function errorResponse(code: string): Buffer {
  const body = Buffer.from(`SFATAL\0C${code}\0Mno\0\0`);
  const head = Buffer.from("E\0\0\0\0");
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

async function refusal(databaseUrl: string, waitMs = 0): Promise<ConfigError> {
  const error: unknown = await reachPostgres(databaseUrl, waitMs).catch((reason) => reason);
  if (!(error instanceof ConfigError)) throw new Error("It should have been refused.");
  expect(error.message).not.toContain(PASSWORD);
  return error;
}

test.each([
  ["28P01", "refuses the password of user docent"],
  ["28000", "does not let user docent in"],
  ["3D000", "has no database named docs"],
  ["53300", "no connection left"],
  ["57P03", "still starting"],
])("a Postgres that refuses with %s is reported as: %s", async (code, sentence) => {
  codes = [code];
  expect((await refusal(url)).message).toContain(sentence);
});

test("a Postgres that is still starting is waited for", async () => {
  codes = ["57P03", "57P03", "3D000"];
  expect((await refusal(url, 60_000)).message).toContain("no database");
  expect(codes).toEqual([]);
});

test("a port where nobody listens is named", async () => {
  server.close();
  expect((await refusal(url)).message).toContain("No Postgres answers at 127.0.0.1");
});

test("an URL that cannot be read is not repeated", async () => {
  const error = await refusal(`postgres://docent:${PASSWORD}@[::1/docs`);
  expect(error.message).toContain("DATABASE_URL cannot be read");
  expect(error.cause).toBeUndefined();
});
