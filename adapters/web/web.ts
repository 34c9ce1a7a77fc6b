import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import type { Pool } from "pg";
import type { Adapter } from "../../src/chat.ts";
import type { Log } from "../../src/log.ts";
import type { Library } from "../../src/surface.ts";
import { createAdapter, type Listening } from "./adapter.ts";
import { type Bound, guard } from "./guard.ts";
import { createHub } from "./hub.ts";
import { afterwardsRoutes } from "./routes/afterwards.ts";
import { fileRoutes } from "./routes/files.ts";
import { aboutRoutes, pageRoutes } from "./routes/page.ts";
import { questionRoutes } from "./routes/questions.ts";
import { settingsRoutes } from "./routes/settings.ts";
import { signIn } from "./signIn.ts";
import { acting, type Site, type WebEnv } from "./site.ts";
import { LOCAL_WORKSPACE, type Workspace } from "./workspace.ts";

const FILE_BYTES_MAX = 100 * 1024 * 1024;
const QUESTION_CHARS_MAX = 8_000;

export interface WebDeps extends Bound {
  db: Pool;
  notifications: Listening;
  library: Library;
  log: Log;
  /** Who and what is in the chat; a small one for trying where it is left out. */
  workspace?: Workspace;
  /** What everybody must show; null where nobody signs in, which is right on loopback only. */
  token?: string | null;
  fileBytesMax?: number;
  questionCharsMax?: number;
}

/** The local web chat: a platform of its own, whose messages and files are in Postgres. */
export function createWeb(deps: WebDeps): { adapter: Adapter; routes: Hono<WebEnv> } {
  const site: Site = {
    db: deps.db,
    library: deps.library,
    log: deps.log,
    hub: createHub(),
    workspace: deps.workspace ?? LOCAL_WORKSPACE,
    fileBytesMax: deps.fileBytesMax ?? FILE_BYTES_MAX,
    questionCharsMax: deps.questionCharsMax ?? QUESTION_CHARS_MAX,
    inbox: undefined,
  };
  return { adapter: createAdapter(site, deps.notifications), routes: createRoutes(site, deps) };
}

/** Relative to `/`; to be mounted in the process's one HTTP server. */
function createRoutes(site: Site, deps: WebDeps): Hono<WebEnv> {
  const routes = new Hono<WebEnv>();
  routes.onError((error, c) => {
    if (error instanceof HTTPException) return c.json({ error: error.message }, error.status);
    site.log.error({ err: error, path: c.req.routePath }, "a request to the web chat failed");
    return c.json({ error: "Something went wrong here, and it is logged: please try again." }, 500);
  });
  routes.use(guard(deps));
  if (deps.token) routes.route("/", signIn(deps.token));
  routes.use("/api/*", acting(site));
  routes.route("/api", fileRoutes(site));
  routes.route("/api", questionRoutes(site));
  routes.route("/api", afterwardsRoutes(site));
  routes.route("/api", settingsRoutes(site));
  routes.route("/api", aboutRoutes(site));
  routes.route("/", pageRoutes());
  return routes;
}
