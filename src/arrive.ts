import path from "node:path";
import type { Pool } from "pg";
import type { Adapter, ChannelMode, Readers } from "./chat.ts";
import { ensurePlace, type PlaceIds } from "./db/places.ts";
import type { Place } from "./events.ts";

export interface ArriveDeps {
  db: Pool;
  adapterOf(platform: string): Adapter;
  /** By name, with * for anything: how a channel is read until somebody sets its mode. */
  channels: { include: readonly string[]; exclude: readonly string[] };
}

/** What the platform says of a place now, and our own ids for it, made if it is new to us. */
export async function arrive(
  deps: ArriveDeps,
  place: Place,
): Promise<{ ids: PlaceIds; readers: Readers }> {
  const adapter = deps.adapterOf(place.platform);
  const readers = await adapter.readers(place);
  const mode = firstMode(deps.channels, readers, adapter);
  return { readers, ids: await ensurePlace(deps.db, place, readers, mode) };
}

/**
 * A group without a name is a conversation of its people alone, a channel shared with other organisations is not only
 * ours, and in a community strangers come and go: nothing there is read by itself, unless the settings name it.
 */
export function firstMode(
  { include, exclude }: ArriveDeps["channels"],
  { visibility, channelName: name, external = false, ageRestricted = false }: Readers,
  { communities }: Pick<Adapter, "communities"> = {},
): ChannelMode {
  if (name === null) return visibility === "direct" ? "auto" : "ask";
  const isNamed = (globs: readonly string[]) => globs.some((glob) => path.matchesGlob(name, glob));
  if (isNamed(exclude)) return "off";
  const isWanted = isNamed(include) || (include.length === 0 && !external && !communities);
  // What is for adults alone is never read by itself.
  return isWanted && !ageRestricted ? "auto" : "ask";
}
