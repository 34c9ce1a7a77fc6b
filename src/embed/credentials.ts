import { access } from "node:fs/promises";
import { join } from "node:path";
import type { Embedder, EmbedderState } from "./embedder.ts";
import { createNova, type NovaOptions } from "./nova.ts";

const HINTS = [
  "AWS_ACCESS_KEY_ID",
  "AWS_PROFILE",
  "AWS_BEARER_TOKEN_BEDROCK",
  "AWS_WEB_IDENTITY_TOKEN_FILE",
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
  "AWS_SHARED_CREDENTIALS_FILE",
  // An explicit region is the wish to use Bedrock, also where an instance role gives the credentials.
  "BEDROCK_REGION",
];
const FILES = [".aws/credentials", ".aws/config"];

/** What the status says where there is no embedder at all. */
export const EMBEDDER_OFF: EmbedderState = {
  state: "off",
  note:
    "Files are found by their words alone. For finding by meaning, give AWS credentials that allow Amazon Nova " +
    "embeddings on Bedrock (see .env.example) and start again.",
};

/**
 * Is there anything that AWS credentials could come from? Without, the SDK must not be started: its last resort is
 * asking the network.
 */
export async function hasCredentialHints(
  env: Record<string, string | undefined>,
  homeFolder: string,
): Promise<boolean> {
  if (HINTS.some((name) => env[name]?.trim())) return true;
  const found = await Promise.all(FILES.map((file) => exists(join(homeFolder, file))));
  return found.includes(true);
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    // Unreadable is as good as absent: the SDK could not read it either.
    () => false,
  );
}

export interface EmbedderOptions extends NovaOptions {
  env: Record<string, string | undefined>;
  homeFolder: string;
}

/** The embedder, or null where no credentials are in sight, which is said once in the log. */
export async function createEmbedder(options: EmbedderOptions): Promise<Embedder | null> {
  const { env, homeFolder, ...nova } = options;
  if (await hasCredentialHints(env, homeFolder)) return createNova(nova);
  nova.log.info(EMBEDDER_OFF.note);
  return null;
}
