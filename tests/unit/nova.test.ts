import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createNova, type NovaOptions } from "../../src/embed/nova.ts";
import { ConfigError, ServiceError } from "../../src/errors.ts";
import { type BedrockLoopback, type EmbedReply, startBedrock } from "../support/bedrock.ts";
import { fastClock } from "../support/clock.ts";

const SECRET = "bedrock-key-0123456789";
const SIGNAL = new AbortController().signal;

let bedrock: BedrockLoopback;
let lines: string[];

beforeEach(async () => {
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
  vi.stubEnv("AWS_BEARER_TOKEN_BEDROCK", SECRET);
  vi.stubEnv("AWS_REGION", "eu-central-1");
  lines = [];
  bedrock = await startBedrock();
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await bedrock.close();
});

function novaWith(options: Partial<NovaOptions> = {}) {
  const log = pino({ level: "trace" }, { write: (line: string) => void lines.push(line) });
  const clock = fastClock();
  const settings = { region: "us-east-1", endpoint: bedrock.url, concurrencyMax: 8, log, clock };
  return { nova: createNova({ ...settings, ...options }), clock };
}

/** What embedding threw; it and the log hold no secret. */
async function failure(nova: ReturnType<typeof novaWith>["nova"], text = "a passage") {
  const error: unknown = await nova.embed(text, "index", SIGNAL).catch((thrown: unknown) => thrown);
  log(error);
  const written = lines.join("");
  for (const secret of [SECRET, "SECRET-TOKEN", "arn:aws", text])
    expect(written).not.toContain(secret);
  return error;
}

function log(err: unknown): void {
  pino({ level: "trace" }, { write: (line: string) => void lines.push(line) }).error({ err });
}

test("a passage and a question are sent as Nova wants them", async () => {
  const { nova } = novaWith();
  const passage = await nova.embed("The discount is 12 %", "index", SIGNAL);
  await nova.embed("what discount?", "query", SIGNAL);
  expect(passage).toMatchObject({ kind: "vector", tokens: 5, vector: { length: 1024 } });
  const [first, second] = bedrock.requests;
  expect(first?.path).toBe("/model/amazon.nova-2-multimodal-embeddings-v1%3A0/invoke");
  expect(first?.headers).toMatchObject({
    "content-type": "application/json",
    accept: "application/json",
    authorization: `Bearer ${SECRET}`,
  });
  expect(first?.body).toEqual({
    schemaVersion: "nova-multimodal-embed-v1",
    taskType: "SINGLE_EMBEDDING",
    singleEmbeddingParams: {
      embeddingPurpose: "GENERIC_INDEX",
      embeddingDimension: 1024,
      text: { truncationMode: "END", value: "The discount is 12 %" },
    },
  });
  expect(second?.body.singleEmbeddingParams.embeddingPurpose).toBe("TEXT_RETRIEVAL");
});

test("requests are signed for the embedder's own region, whatever AWS_REGION says", async () => {
  vi.stubEnv("AWS_BEARER_TOKEN_BEDROCK", undefined);
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKID");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
  await novaWith().nova.embed("text", "index", SIGNAL);
  expect(bedrock.requests[0]?.headers.authorization).toContain("/us-east-1/bedrock/");
});

test.each<EmbedReply>(["throttled", "not_ready", "internal", "unavailable", "reset", "not_json"])(
  "%s is waited out, and the vector comes",
  async (reply) => {
    const { nova, clock } = novaWith();
    bedrock.script(reply, reply);
    expect(await nova.embed("text", "index", SIGNAL)).toMatchObject({ kind: "vector" });
    expect(bedrock.requests).toHaveLength(3);
    expect(clock.sleptMs.every((ms) => ms >= 1000)).toBe(true);
    expect(nova.state().state).toBe("ready");
  },
);

test.each<EmbedReply>(["wrong_length", "not_normalised", "unavailable", "throttled"])(
  "constant %s ends in an error that time may help",
  async (reply) => {
    const { nova } = novaWith({ limits: { attemptsMax: 2 } });
    bedrock.always(reply);
    const error = await failure(nova);
    expect(error).toBeInstanceOf(ServiceError);
    expect(error).toMatchObject({ service: "bedrock", retryable: true });
    expect(bedrock.requests).toHaveLength(2);
  },
);

test.each<[EmbedReply, string]>([
  ["denied", "bedrock:InvokeModel"],
  ["expired", "credentials"],
  ["unknown_model", "BEDROCK_REGION=us-east-1"],
  ["wrong_region", "BEDROCK_REGION=us-east-1"],
])("%s is the operator's, is asked again once a minute, and heals", async (reply, fix) => {
  const { nova, clock } = novaWith();
  bedrock.always(reply);
  expect(await failure(nova)).toBeInstanceOf(ConfigError);
  expect(await failure(nova)).toBeInstanceOf(ConfigError);
  expect(bedrock.requests).toHaveLength(1);
  expect(nova.state()).toMatchObject({ state: "failing", note: expect.stringContaining(fix) });
  await clock.sleep(60_000, SIGNAL);
  expect(await failure(nova)).toBeInstanceOf(ConfigError);
  expect(bedrock.requests).toHaveLength(2);
  expect(
    lines.filter((line) => line.includes('"level":50') && !line.includes('"err"')),
  ).toHaveLength(1);
  bedrock.always("vector");
  await clock.sleep(60_000, SIGNAL);
  expect(await nova.embed("text", "index", SIGNAL)).toMatchObject({ kind: "vector" });
  expect(nova.state().state).toBe("ready");
});

test("credentials that appear later are found without a restart", async () => {
  const folder = await mkdtemp(join(tmpdir(), "docent-aws-"));
  const file = join(folder, "credentials");
  const write = (key: string) =>
    writeFile(file, `[default]\naws_access_key_id=${key}\naws_secret_access_key=s\n`);
  vi.stubEnv("AWS_BEARER_TOKEN_BEDROCK", undefined);
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", file);
  vi.stubEnv("AWS_CONFIG_FILE", join(folder, "config"));
  const { nova, clock } = novaWith();
  expect(await failure(nova)).toBeInstanceOf(ConfigError);
  expect(bedrock.requests).toHaveLength(0);
  await write("OLDKEY");
  bedrock.script("expired");
  await clock.sleep(60_000, SIGNAL);
  expect(await failure(nova)).toBeInstanceOf(ConfigError);
  await write("NEWKEY");
  await clock.sleep(60_000, SIGNAL);
  expect(await nova.embed("text", "index", SIGNAL)).toMatchObject({ kind: "vector" });
  const keys = bedrock.requests.map(
    ({ headers }) => /Credential=(\w+)/.exec(headers.authorization ?? "")?.[1],
  );
  expect(keys).toEqual(["OLDKEY", "NEWKEY"]);
  await rm(folder, { recursive: true });
});

test.each<EmbedReply>(["invalid", "refused"])(
  "a passage that is %s is refused for good, and the others go on",
  async (reply) => {
    const { nova } = novaWith();
    bedrock.script(reply);
    expect(await nova.embed("bad", "index", SIGNAL)).toMatchObject({ kind: "refused" });
    expect(await nova.embed("good", "index", SIGNAL)).toMatchObject({ kind: "vector" });
    expect(bedrock.requests).toHaveLength(2);
  },
);

test("a text that was cut is told in the log, by its length alone", async () => {
  bedrock.script("truncated");
  await novaWith().nova.embed("a very private passage", "index", SIGNAL);
  expect(lines.join("")).toContain('"truncatedAt":20000');
  expect(lines.join("")).not.toContain("private");
});

test("a request that is never answered ends by itself", async () => {
  bedrock.always("hang");
  const { nova } = novaWith({ limits: { requestTimeoutMs: 20, attemptsMax: 2 } });
  expect(await failure(nova)).toMatchObject({ name: "ServiceError", retryable: true });
});

test("a question does not wait long for its vector", async () => {
  const { nova } = novaWith({ limits: { queryTimeoutMs: 20 } });
  bedrock.always("hang");
  await expect(nova.embed("a question", "query", SIGNAL)).rejects.toMatchObject({
    name: "ServiceError",
    retryable: true,
  });
});

test("embedding that is no longer wanted ends at once", async () => {
  bedrock.always("hang");
  const gone = new AbortController();
  const embedding = novaWith().nova.embed("text", "index", gone.signal);
  await expect.poll(() => bedrock.requests.length).toBe(1);
  gone.abort(new Error("no longer wanted"));
  await expect(embedding).rejects.toThrow("no longer wanted");
});
