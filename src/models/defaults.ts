/** The chain as shipped, asked in this order. Some of them may be retired by now: the chain passes over those. */
export const DEFAULT_MODELS: readonly string[] = [
  "openai/gpt-4o-mini",
  "openai/gpt-4o",
  "anthropic/claude-3.5-sonnet",
  "google/gemini-2.0-flash-exp",
  "meta-llama/llama-3.1-70b-instruct",
];
