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
  limits: { fileBytesMax: number; questionCharsMax: number };
}

export interface SharedFile {
  id: string;
  name: string;
  bytes: number;
  messageId: string;
  sharedBy: string;
  sharedAt: string;
  state: "received" | "reading" | "searchable" | "failed";
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
