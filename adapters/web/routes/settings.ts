import { type Context, Hono } from "hono";
import * as v from "valibot";
import { jsonOf, smallBody } from "../body.ts";
import { adminOf, channelOf, command, placeIn, type Site, type WebEnv } from "../site.ts";
import { tell } from "../store/files.ts";

const MODE = "A channel's mode is “auto”, “ask” or “off”.";
const OPTED_OUT = "“optedOut” is true or false.";
const WANTED = v.object(
  {
    mode: v.optional(v.picklist(["auto", "ask", "off"], MODE)),
    optedOut: v.optional(v.boolean(OPTED_OUT)),
  },
  `${MODE} ${OPTED_OUT}`,
);

/** How a channel is read, and whether this person's files are. */
export function settingsRoutes(site: Site): Hono<WebEnv> {
  const path = "/channels/:channel/settings";
  return new Hono<WebEnv>()
    .get(path, async (c) => c.json(await settings(site, c)))
    .put(path, smallBody("These settings are too long."), (c) => change(site, c));
}

async function settings(site: Site, c: Context<WebEnv>) {
  const { id } = channelOf(site, c);
  const person = c.get("person");
  const found = await site.library.settings(placeIn(site, id, null), person.id);
  return { ...found, mayChangeMode: person === adminOf(site) };
}

async function change(site: Site, c: Context<WebEnv>): Promise<Response> {
  const { id } = channelOf(site, c);
  const { mode, optedOut } = await jsonOf(c, WANTED);
  const place = placeIn(site, id, null);
  const userId = c.get("person").id;
  const texts: string[] = [];
  if (mode !== undefined) {
    texts.push(await command(site, { kind: "set_mode", place, userId, mode }));
  }
  if (optedOut !== undefined) {
    texts.push(await command(site, { kind: "opt_out", place, userId, out: optedOut }));
  }
  await tell(site.db, { channel: id, kind: "settings", id });
  return c.json({ ...(await settings(site, c)), text: texts.join(" ") });
}
