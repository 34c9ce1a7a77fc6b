import type { Place } from "../../src/events.ts";

export function placeOf(workspaceId: string, channelId: string, threadId: string | null): Place {
  return { platform: "slack", workspaceId, channelId, threadId };
}

/** @param ids of the workspace first, then of what happened there */
export function keyOf(...ids: string[]): string {
  return ["slack", ...ids].join(":");
}

/** A direct message with Docent, of one person: all that is written there is for it. */
export function isDirect(channelId: string): boolean {
  return channelId.startsWith("D");
}

/** For people, to a message. @param workspaceUrl with a slash at its end */
export function permalinkOf(workspaceUrl: string, place: Place, ts: string): string {
  const { channelId, threadId } = place;
  const link = `${workspaceUrl}archives/${channelId}/p${ts.replace(".", "")}`;
  return threadId === ts ? link : `${link}?thread_ts=${threadId}&cid=${channelId}`;
}
