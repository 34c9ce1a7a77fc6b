import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { expect, test } from "vitest";
import { createEmbedder, hasCredentialHints } from "../../src/embed/credentials.ts";

const NOWHERE = "/nonexistent";

test.each([
  [{}, false],
  [{ AWS_ACCESS_KEY_ID: " ", AWS_REGION: "us-east-1" }, false],
  [{ AWS_ACCESS_KEY_ID: "AKID" }, true],
  [{ AWS_PROFILE: "team" }, true],
  [{ AWS_BEARER_TOKEN_BEDROCK: "key" }, true],
  [{ AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "/v2/x" }, true],
  [{ BEDROCK_REGION: "us-east-1" }, true],
])("the environment %j is a hint of credentials: %s", async (env, expected) => {
  expect(await hasCredentialHints(env, NOWHERE)).toBe(expected);
});

test("a credentials file at home is a hint too", async () => {
  const home = await mkdtemp(join(tmpdir(), "docent-home-"));
  await mkdir(join(home, ".aws"));
  await writeFile(join(home, ".aws/credentials"), "[default]\n");
  expect(await hasCredentialHints({}, home)).toBe(true);
  await rm(home, { recursive: true });
});

test("without credentials there is no embedder, and the log says once what would turn it on", async () => {
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(line) });
  const options = { region: "us-east-1", concurrencyMax: 8, log, homeFolder: NOWHERE };
  expect(await createEmbedder({ ...options, env: {} })).toBeNull();
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain("give AWS credentials");
  expect(await createEmbedder({ ...options, env: { AWS_PROFILE: "team" } })).not.toBeNull();
});
