/** What the HTTP API answers, as the page reads it. */
export interface Person {
  id: string;
  name: string;
  guest: boolean;
}

export interface Channel {
  id: string;
  name: string;
  visibility: "public" | "private" | "direct";
  members: string[];
}

export interface Me {
  user: Person;
  admin: boolean;
  people: Person[];
  channels: Channel[];
  limits: { fileBytesMax: number; questionCharsMax: number; editMsMax: number };
}

export interface SharedFile {
  id: string;
  name: string;
  bytes: number;
  messageId: string;
  sharedBy: string;
  sharedAt: string;
  state: "received" | "reading" | "searchable" | "failed" | "unread";
  pages: number | null;
  pagesDone: number | null;
  reason: string | null;
  note: string | null;
}

export interface Citation {
  number: number;
  file: { place: { channelId: string }; fileId: string; userId: string };
  fileName: string;
  locator: { page?: number };
  where: string;
  quote: string;
  position: number;
  sharedAtMs: number;
  /** It counts before other files. */
  official?: boolean;
  /** The file was deleted since. */
  gone?: boolean;
}

export type Part =
  | { kind: "status" | "text" | "footer"; text: string }
  | { kind: "restart"; note: string }
  | { kind: "citations"; citations: Citation[] };

export interface Message {
  id: string;
  thread: string | null;
  user: string;
  text: string;
  at: string;
  replyTo: string | null;
  fileId: string | null;
  /** Ids of the files that came with a question. */
  files: string[];
  editedAt: string | null;
  deleted: boolean;
  reply: { parts: Part[]; next: number; finished: boolean } | null;
}

export interface Passage {
  position: number;
  text: string;
  where: string;
}

export interface ServerEvent {
  event: string;
  id: string;
  data: unknown;
}

export type Mode = "auto" | "ask" | "off";

export interface Settings {
  mode: Mode;
  optedOut: boolean;
  mayChangeMode: boolean;
}

export interface Inspection {
  scope: { channels: string[]; narrowed: string | null };
  coverage: number;
  coverageMin: number;
  passages: InspectedPassage[];
  model: string | null;
  attempts: { model: string; outcome: string; note: string; totalMs: number }[];
}

export interface InspectedPassage {
  fileName: string;
  where: string;
  text: string;
  position: number;
  fileId: string;
  /** Where the file is to be opened; null where this person can't. */
  channelId: string | null;
  score: number;
  lexicalScore: number | null;
  vectorScore: number | null;
  given: number | null;
  cited: number | null;
}

export interface Status {
  version: string;
  line: string;
  embedder: { state: "ready" | "off" | "failing"; note: string };
  models: ModelStatus[];
  files: { searchable: number; reading: number; failed: number; withoutVectors: number };
  queue: { waiting: number; running: number; dead: number };
  /** Null for whoever is no admin. */
  money: MoneyStatus | null;
}

export interface ModelStatus {
  id: string;
  state: "ready" | "resting" | "retired" | "no_provider" | "unknown" | "off";
  note: string;
  fix: string | null;
  next: boolean;
  restingUntilMs: number | null;
  lastSuccessMs: number | null;
  /** YYYY-MM-DD */
  expiresOn: string | null;
  /** Percent. */
  uptime: number | null;
  day: Tries & { firstTokenMs: Spread | null; totalMs: Spread | null };
}

export interface Spread {
  p50: number;
  p95: number;
}

export interface Tries {
  tries: number;
  answered: number;
}

export interface MoneyStatus {
  key: {
    state: "unknown" | "valid" | "invalid" | "credit_out";
    note: string;
    leftUsd: number | null;
  };
  budgets: {
    workspace: string;
    dayUsd: number;
    dayUsdMax: number;
    monthUsd: number;
    monthUsdMax: number;
    renewsAtMs: number;
  }[];
  models: { id: string; usd: number }[];
}

/** How a model did in one hour; there is none for an hour without a try. */
export interface ModelHour extends Tries {
  model: string;
  atMs: number;
  firstTokenMs: number | null;
}

/** A place in a file, for opening it there. */
export interface Source {
  channelId: string;
  fileId: string;
  fileName: string;
  where: string;
  page: number | undefined;
  position: number;
  /** What to mark in the passage; all of it where this is empty. */
  quote: string;
  /** Who shared it and when; empty where that isn't known. */
  about: string;
}

export type Rating = "up" | "down";

/** What the elements of the page may do, and what they may know. */
export interface Page {
  nameOf(userId: string): string;
  open(source: Source): void;
  /** Resolves false when it was refused. */
  ask(text: string, thread: string | null): Promise<boolean>;
  originalOf(file: SharedFile): string;
  mayDelete(file: SharedFile): boolean;
  remove(file: SharedFile): void;
  mayEdit(question: Message): boolean;
  /** Is it one's own, or is one the admin? */
  mayManage(question: Message): boolean;
  edit(question: Message, text: string): Promise<boolean>;
  removeQuestion(question: Message): void;
  stop(question: Message): void;
  regenerate(question: Message): void;
  rate(question: Message, rating: Rating, reason: string): Promise<boolean>;
  inspect(question: Message): void;
  copy(text: string): void;
}
