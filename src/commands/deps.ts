import type { Inbox } from "../chat.ts";
import type { Status, StatusViewer } from "../surface.ts";
import type { RightsDeps } from "./allowed.ts";

export interface CommandDeps extends RightsDeps, Pick<Inbox, "accept"> {
  status(viewer: StatusViewer): Promise<Status>;
  scope: "audience" | "channel";
  limits: { questionsPerDay: number };
  questionsByRole: Readonly<Record<string, number>>;
  sentTo: SentTo;
}

/** To whom what people share and ask is sent, for telling them. */
export interface SentTo {
  /** Which of OpenRouter's providers may see it; null: no model is asked. */
  openrouter: "deny" | "allow" | "zdr" | null;
  /** Null: no vectors are made. */
  awsRegion: string | null;
}
