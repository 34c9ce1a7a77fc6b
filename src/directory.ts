/**
 * THE SEAM's part on people who are no full members: guests, and people of other organisations. Types only. Where a
 * platform knows readers by roles instead, nothing of this is needed.
 */
import type { Place } from "./events.ts";

/** Somebody who is no full member of the workspace: a guest, or of another organisation. */
export interface Outsider {
  userId: string;
  kind: "guest" | "external";
}

/** What the platform has told of somebody just now. */
export interface PersonChange extends Pick<Place, "platform" | "workspaceId"> {
  userId: string;
  /** Null: a full member, or nobody any more. Unknown counts as a guest until the platform is asked. */
  outsider: Outsider["kind"] | "unknown" | null;
  /** The channel that they have just come into. */
  channelId?: string;
}

/** For a platform that tells of each person alone whether they are an outsider: the core asks it, and keeps the answers. */
export interface Directory {
  /** Those on one page of all people. @param cursor `next` of the page before; null for the first */
  outsiders(
    workspaceId: string,
    cursor: string | null,
    signal: AbortSignal,
  ): Promise<{ outsiders: Outsider[]; next: string | null }>;
  /** What this person is now, and ids of the channels that they are in (null: not to be had). Null: no outsider. */
  outsider(
    workspaceId: string,
    userId: string,
    signal: AbortSignal,
  ): Promise<{ kind: Outsider["kind"]; channels: string[] | null } | null>;
}

/** What the core keeps of a platform's outsiders, for its adapter to look up in any process. */
export interface People {
  /** Is one of these people an outsider, or anybody in this channel, or anybody at all? Null: not known. */
  outsiders(workspaceId: string, among: Among): Promise<boolean | null>;
}

export type Among = { userIds: readonly string[] } | { channelId: string } | "all";
