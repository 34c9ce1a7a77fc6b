import * as v from "valibot";
import { ConfigError, ServiceError } from "../errors.ts";

const CREDENTIALS_NAMES = new Set([
  "CredentialsProviderError",
  "TokenProviderError",
  "NotAuthorizedException",
  "ExpiredToken",
  "ExpiredTokenException",
  "UnrecognizedClientException",
  "InvalidClientTokenId",
  "InvalidSignatureException",
  "IncompleteSignature",
  "MissingAuthenticationTokenException",
  "MissingAuthenticationToken",
]);

// Some settings that are wrong come as a ValidationException, which is else about the one passage.
const WRONG_MODEL = /model identifier is invalid|on-demand throughput|operation not allowed/i;
const CONTENT_RULES = /RAI_|INVALID_CONTENT|responsible ai|content (policy|filter)|deflection/i;

const RawError = v.object({
  name: v.fallback(v.string(), "Error"),
  message: v.fallback(v.string(), ""),
  $metadata: v.fallback(v.object({ httpStatusCode: v.optional(v.number()) }), {}),
});

export type NovaFailure =
  | { kind: "refused"; reason: string }
  | { kind: "failed"; error: ConfigError | ServiceError };

/**
 * What an error of the client means. The service's own words are left out: they may hold an account's name, a
 * session token (in a signature's canonical form) or the passage.
 */
export function novaFailure(raw: unknown, region: string): NovaFailure {
  const parsed = v.safeParse(RawError, raw);
  if (!parsed.success) return failed(new ServiceError("bedrock", "Bedrock failed."));
  const { name, message } = parsed.output;
  const status = parsed.output.$metadata.httpStatusCode;
  const fix = settingToFix(name, status, message, region);
  if (fix !== null) return failed(new ConfigError(`${fix} (${name})`));
  if (CONTENT_RULES.test(message)) {
    return { kind: "refused", reason: "The embedding model refuses its content." };
  }
  if (name === "ValidationException") {
    return { kind: "refused", reason: "The embedding model does not accept it as input." };
  }
  const facts = status === undefined ? {} : { status };
  return failed(new ServiceError("bedrock", `Bedrock failed: ${name}.`, facts));
}

function failed(error: ConfigError | ServiceError): NovaFailure {
  return { kind: "failed", error };
}

/** One sentence for the operator, or null where no setting is to blame. */
function settingToFix(
  name: string,
  status: number | undefined,
  message: string,
  region: string,
): string | null {
  if (CREDENTIALS_NAMES.has(name)) {
    return "Bedrock does not accept the AWS credentials, or there are none: renew them, or sign in again.";
  }
  if (name === "ResourceNotFoundException" || WRONG_MODEL.test(message)) {
    return `Nova embeddings are not to be had in ${region}: use BEDROCK_REGION=us-east-1 and allow the model there.`;
  }
  if (name === "AccessDeniedException" || status === 401 || status === 403) {
    return "Bedrock denies access: allow bedrock:InvokeModel for the Nova embedding model.";
  }
  return null;
}
