import { estimateTokens } from "./tokens.ts";

/** A picture that goes along with a message, for models that can see. */
export interface Picture {
  mediaType: "image/png" | "image/jpeg" | "image/webp" | "image/gif";
  base64: string;
}

export interface ChatMessage {
  role: "system" | "user" | "assistant";
  content: string;
  /** What they show is in the content as text too: a model that can't see goes without. */
  pictures?: readonly Picture[];
}

export interface ChatRequest {
  messages: ChatMessage[];
  /** How long the answer may become. Always sent: the service reserves its price beforehand. */
  tokensMax: number;
  /** Opaque. Requests of one thread have the same, so that they meet the cache of the one before. */
  session?: string;
  /** The same question with less around it, for a model that finds it too long. */
  smaller?: () => ChatRequest;
}

// Generous: a page image takes about this in most models.
const PICTURE_TOKENS = 2_000;
const MESSAGE_TOKENS = 8;

/** What a request takes to read, estimated from above. */
export function tokensOf({ messages }: ChatRequest): number {
  return messages.reduce((sum, { content, pictures = [] }) => {
    return sum + MESSAGE_TOKENS + estimateTokens(content) + pictures.length * PICTURE_TOKENS;
  }, 0);
}

/** The request as a model gets it: without pictures where it can't see, or is not known to. */
export function forEyes(request: ChatRequest, seesImages: boolean | null): ChatRequest {
  if (seesImages) return request;
  return { ...request, messages: request.messages.map(({ pictures, ...message }) => message) };
}

/**
 * The request that fits a model's context: as it is, or the smaller one.
 * @param contextTokens null: not known, so it is tried as it is
 * @returns null where even the smaller one is too long
 */
export function fitting(request: ChatRequest, contextTokens: number | null): ChatRequest | null {
  if (contextTokens === null || fits(request, contextTokens)) return request;
  const smaller = request.smaller?.();
  return smaller && fits(smaller, contextTokens) ? smaller : null;
}

function fits(request: ChatRequest, contextTokens: number): boolean {
  return tokensOf(request) + request.tokensMax <= contextTokens;
}
