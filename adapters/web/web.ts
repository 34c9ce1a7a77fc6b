import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import type { Pool } from "pg";
import type { Adapter, Inbox, Library, SharedFile } from "../../src/chat.ts";
import { FileRejected } from "../../src/errors.ts";
import type { Log } from "../../src/log.ts";
import { type Bound, guard } from "./guard.ts";
import { createHub, NOTICES } from "./hub.ts";
import { showReply } from "./post.ts";
import { fileRoutes, sharedEvent } from "./routes/files.ts";
import { aboutRoutes, pageRoutes } from "./routes/page.ts";
import { questionEvent, questionRoutes } from "./routes/questions.ts";
import { acting, PLATFORM, type Site, type WebEnv } from "./site.ts";
import {
  dropUnfinished,
  filePieces,
  filesReceived,
  filesThere,
  findFile,
  setFileState,
} from "./store/files.ts";
import { questionsUnanswered } from "./store/messages.ts";
import { channelsOf, LOCAL_WORKSPACE, readersOf, type Workspace } from "./workspace.ts";

const FILE_BYTES_MAX = 100 * 1024 * 1024;
const QUESTION_CHARS_MAX = 8_000;

export interface WebDeps extends Bound {
  db: Pool;
  /** Calls the handler with each payload of NOTIFY, and with "" when some may have been missed. */
  notifications: {
    listen(channel: string, handler: (payload: string) => void): Promise<() => void>;
  };
  library: Library;
  log: Log;
  workspace?: Workspace;
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
function createRoutes(site: Site, bound: Bound): Hono<WebEnv> {
  const routes = new Hono<WebEnv>();
  routes.onError((error, c) => {
    if (error instanceof HTTPException) return c.json({ error: error.message }, error.status);
    site.log.error({ err: error, path: c.req.routePath }, "a request to the web chat failed");
    return c.json({ error: "Something went wrong here, and it is logged: please try again." }, 500);
  });
  routes.use(guard(bound));
  routes.use("/api/*", acting(site));
  routes.route("/api", fileRoutes(site));
  routes.route("/api", questionRoutes(site));
  routes.route("/api", aboutRoutes(site));
  routes.route("/", pageRoutes());
  return routes;
}

function createAdapter(site: Site, notifications: WebDeps["notifications"]): Adapter {
  const { db, hub, workspace } = site;
  let stopListening: (() => void) | undefined;
  return {
    platform: PLATFORM,
    async listen(inbox) {
      stopListening = await notifications.listen(NOTICES, hub.tell);
      site.inbox = inbox;
      await handInAgain(site, inbox);
    },
    async close() {
      site.inbox = undefined;
      stopListening?.();
      hub.close();
    },
    download: (file, bytesMax, signal) => download(site, file, bytesMax, signal),
    post: (to, reply, posts, signal) => showReply(db, to, reply, posts, signal),
    async mark(file, state) {
      try {
        await setFileState(db, file.fileId, state);
      } catch (error) {
        site.log.warn({ err: error, fileId: file.fileId }, "a file's state could not be shown");
      }
    },
    readers: async ({ channelId }) => readersOf(workspace, channelId),
    async readable(workspaceId, userId) {
      const person = workspace.people.find(({ id }) => id === userId);
      if (workspaceId !== workspace.id || !person) return [];
      return channelsOf(workspace, person).map(({ id }) => id);
    },
    async present(files) {
      const ids = files.map((file) => file.fileId);
      const there = await filesThere(db, ids);
      return files.filter((file) => there.get(file.fileId) === file.place.channelId);
    },
  };
}

/** A process may have ended between storing and handing in. The events' keys make a second time harmless. */
async function handInAgain(site: Site, inbox: Inbox): Promise<void> {
  await dropUnfinished(site.db);
  for (const file of await filesReceived(site.db)) await inbox.accept(sharedEvent(site, file));
  for (const question of await questionsUnanswered(site.db)) {
    await inbox.accept(questionEvent(site, question));
  }
}

async function* download(
  { db }: Site,
  file: SharedFile,
  bytesMax: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const found = await findFile(db, file.place.channelId, file.fileId);
  let bytes = 0;
  for await (const piece of filePieces(db, file.fileId)) {
    signal.throwIfAborted();
    bytes += piece.length;
    if (bytes > bytesMax) throw new FileRejected("too_large", "This file is too large to be read.");
    yield piece;
  }
  if (bytes !== found?.bytes) {
    throw new FileRejected("refused", "This file is no longer in the chat.");
  }
}
