import type { Place } from "../events.ts";

/** No model answered a question, and it is time to ask them once more. It comes from ourselves, not from a platform. */
export interface RetryDue {
  kind: "retry_due";
  place: Place;
  userId: string;
  /** The question's. */
  messageId: string;
}
