/**
 * What surfaces of our own (the web chat, the command line) may ask the core beside the chat. Types only: the
 * second half of the seam, which adapters of others' platforms do not need.
 */
import type { ChannelMode, Locator, Place, SharedFile } from "./chat.ts";

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
  /** @param wide with how much there is; people from outside are not told how much they may not see */
  status(wide: boolean): Promise<Status>;
}

/** How Docent is, for anybody to read: no names, no text, no money. */
export interface Status {
  version: string;
  /** One line for people. */
  line: string;
  engine: "embedded" | "postgres";
  embedder: { state: "ready" | "off" | "failing"; note: string };
  models: { id: string; state: string; note: string }[];
  files: { searchable: number; reading: number; failed: number; withoutVectors: number };
  queue: { waiting: number; running: number; dead: number };
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
