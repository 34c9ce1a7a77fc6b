/**
 * What surfaces of our own (the web chat, the command line) may ask the core beside the chat. Types only: the
 * second half of the seam, which adapters of others' platforms do not need.
 */
import type { ChannelMode, Locator } from "./chat.ts";
import type { Place, SharedFile } from "./events.ts";

/** A passage of a file as it was read, for showing the source at a citation. */
export interface Passage {
  position: number;
  text: string;
  locator: Locator;
  where: string;
}

/** What a surface of our own may ask the core beside the chat. The caller has checked the person's access. */
export interface Library {
  /** Passages of a shared file in reading order, `count` of them from `from` on; empty when it is not searchable. */
  passages(
    file: Pick<SharedFile, "place" | "fileId">,
    from: number,
    count: number,
  ): Promise<Passage[]>;
  /** How a channel is read, and whether this person's files are. */
  settings(place: Place, userId: string): Promise<{ mode: ChannelMode; optedOut: boolean }>;
  /** What the answer to this question was made from; null when nothing is known of it. */
  inspect(place: Place, questionId: string): Promise<Inspection | null>;
  status(viewer: StatusViewer): Promise<Status>;
  /** How the models did in each of the last 24 hours, for plotting; hours without a try are left out. */
  modelHours(): Promise<ModelHour[]>;
}

/** Who looks at the status: people from outside are not told how much there is, nor all others what it costs. */
export interface StatusViewer {
  /** Null: all of them together, for the operator. */
  workspace: Pick<Place, "platform" | "workspaceId"> | null;
  wide: boolean;
  admin: boolean;
}

/** How Docent is: no names, no text; money only for admins. */
export interface Status {
  version: string;
  /** One line for people. */
  line: string;
  /** For a chat: lines of at most 40 characters. */
  details: string[];
  engine: "embedded" | "postgres";
  embedder: { state: "ready" | "off" | "failing"; note: string };
  /** In the order in which they are asked. */
  models: ModelStatus[];
  files: { searchable: number; reading: number; failed: number; withoutVectors: number };
  queue: { waiting: number; running: number; dead: number };
  /** Null for whoever is no admin, and without a key. */
  money: MoneyStatus | null;
}

export interface ModelStatus {
  id: string;
  /** `unknown`: never asked. `off`: there is no key. */
  state: "ready" | "resting" | "retired" | "no_provider" | "unknown" | "off";
  /** Why, in plain words; empty when all is well. */
  note: string;
  /** What the operator can do about it; null where nothing is to be done. */
  fix: string | null;
  /** It is what a question would be put to first now. */
  next: boolean;
  sinceMs: number | null;
  /** Until when it is passed over. */
  restingUntilMs: number | null;
  lastSuccessMs: number | null;
  /** YYYY-MM-DD, where its end is announced. */
  expiresOn: string | null;
  /** Percent of the last day, by OpenRouter's own measuring. */
  uptime: number | null;
  /** Of the last 24 hours. */
  day: {
    tries: number;
    answered: number;
    firstTokenMs: Spread | null;
    totalMs: Spread | null;
    tokensIn: number;
    tokensOut: number;
  };
}

export interface Spread {
  p50: number;
  p95: number;
}

/** In dollars. */
export interface MoneyStatus {
  key: {
    state: "unknown" | "valid" | "invalid" | "credit_out";
    note: string;
    leftUsd: number | null;
  };
  /** Of the viewer's workspace, or of each of them for the operator. */
  budgets: {
    workspace: string;
    dayUsd: number;
    dayUsdMax: number;
    monthUsd: number;
    monthUsdMax: number;
    renewsAtMs: number;
  }[];
  /** Of the last 24 hours, by model. */
  models: { id: string; usd: number }[];
}

export interface ModelHour {
  model: string;
  /** When the hour began. */
  atMs: number;
  tries: number;
  answered: number;
  firstTokenMs: number | null;
}

/** What an answer was made from: for looking into it, by whoever may read the answer. */
export interface Inspection {
  /** Where was looked, for people, and why no further. */
  scope: { channels: string[]; narrowed: string | null };
  /** What part of the question's words the best passage holds, 0 to 1; below `coverageMin` nothing counts as found. */
  coverage: number;
  coverageMin: number;
  /** Best first. Only what is still shared where this answer may look. */
  passages: InspectedPassage[];
  model: string | null;
  /** Each model that was tried, in order, with what became of it. */
  attempts: { model: string; outcome: string; note: string; totalMs: number }[];
}

export interface InspectedPassage {
  fileName: string;
  where: string;
  text: string;
  position: number;
  fileId: string;
  /** 0 to 1, comparable within one question only. */
  score: number;
  /** Null where the leg did not find it. */
  lexicalScore: number | null;
  vectorScore: number | null;
  /** The number under which the model was given it; null where it was not. */
  given: number | null;
  /** The number under which the answer cites it; null where it does not. */
  cited: number | null;
}
