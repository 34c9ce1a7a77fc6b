import { readFile } from "node:fs/promises";
import { type Context, Hono } from "hono";
import type { ModelHour, StatusViewer } from "../../../src/surface.ts";
import { adminOf, channelOf, notFound, PLATFORM, type Site, type WebEnv } from "../site.ts";
import { channelEvents, eventStream } from "../sse.ts";
import { channelsOf } from "../workspace.ts";
import { EDIT_MS_MAX } from "./afterwards.ts";

const PUBLIC = new URL("../public/", import.meta.url);
const TYPES: Record<string, string> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

/** The page itself: a few files as they are, without a build. */
export function pageRoutes(): Hono<WebEnv> {
  return new Hono<WebEnv>()
    .get("/", (c) => asset(c, "index.html"))
    .get("/:name{[a-z]+\\.(?:js|css|svg)}", (c) => asset(c, c.req.param("name")));
}

async function asset(c: Context<WebEnv>, name: string): Promise<Response> {
  const content = await readFile(new URL(name, PUBLIC)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") throw notFound("There is no such page.");
    throw error;
  });
  const type = TYPES[name.split(".").at(-1) ?? ""] ?? "application/octet-stream";
  return c.body(content, 200, { "content-type": type, "cache-control": "no-cache" });
}

/** Who is here, what changes, and how Docent is. */
export function aboutRoutes(site: Site): Hono<WebEnv> {
  return new Hono<WebEnv>()
    .get("/me", (c) => c.json(me(site, c)))
    .get("/status", async (c) => c.json(await site.library.status(viewer(site, c))))
    .get("/status/hours", async (c) => {
      const hours = await site.library.modelHours();
      return c.json({ hours: c.get("person").guest ? hours.map(shareOnly) : hours });
    })
    .get("/channels/:channel/events", (c) =>
      eventStream(channelEvents(site.hub, channelOf(site, c).id)),
    );
}

function viewer(site: Site, c: Context<WebEnv>): StatusViewer {
  const user = c.get("person");
  return {
    workspace: { platform: PLATFORM, workspaceId: site.workspace.id },
    wide: !user.guest,
    admin: user === adminOf(site),
  };
}

/** People from outside see how well it went, not how much is asked. */
function shareOnly(hour: ModelHour): ModelHour {
  return { ...hour, tries: 1, answered: hour.answered / hour.tries };
}

function me(site: Site, c: Context<WebEnv>) {
  const { workspace, fileBytesMax, questionCharsMax } = site;
  const user = c.get("person");
  return {
    user,
    admin: user === adminOf(site),
    people: workspace.people,
    channels: channelsOf(workspace, user),
    limits: { fileBytesMax, questionCharsMax, editMsMax: EDIT_MS_MAX },
  };
}
