import { type Bell, createBell } from "./bell.ts";

/** The channel of NOTIFY by which processes tell each other. */
export const NOTICES = "web";

/** Ids only: what happened is in the tables. */
export interface Notice {
  channel: string;
  /**
   * part: a piece of the reply to the question `id`. message: a question or the state of its reply.
   * settings: how the channel `id` is read.
   */
  kind: "part" | "message" | "file" | "settings";
  id: string;
}

/** Hands notices from the database to those who stream to browsers in this process. */
export interface Hub {
  /** @param payload "" when notices may have been missed: everybody looks */
  tell(payload: string): void;
  watch(wanted: (notice: Notice) => boolean): Watch;
  readonly closed: boolean;
  /** Ends every stream. */
  close(): void;
}

export interface Watch extends Pick<Bell, "heard"> {
  stop(): void;
}

export function createHub(): Hub {
  const watchers = new Map<Bell, (notice: Notice) => boolean>();
  let closed = false;
  const ringAll = () => {
    for (const bell of watchers.keys()) bell.ring();
  };
  return {
    tell(payload) {
      if (payload === "") return ringAll();
      const notice: Notice = JSON.parse(payload);
      for (const [bell, wanted] of watchers) if (wanted(notice)) bell.ring();
    },
    watch(wanted) {
      const bell = createBell();
      watchers.set(bell, wanted);
      return { heard: bell.heard, stop: () => watchers.delete(bell) };
    },
    get closed() {
      return closed;
    },
    close() {
      closed = true;
      ringAll();
    },
  };
}
