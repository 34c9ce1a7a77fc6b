import type { AddressInfo } from "node:net";
import { type ServerType, serve } from "@hono/node-server";
import { Hono, type MiddlewareHandler } from "hono";
import { bearerAuth } from "hono/bearer-auth";
import type { Pool } from "pg";
import { ConfigError } from "../errors.ts";
import type { Metrics } from "../metrics.ts";
import type { Status } from "../surface.ts";

export interface Server {
  /** Where it listens, for people. */
  address: string;
  close(): Promise<void>;
}

const READY_TIMEOUT_MS = 3_000;

/** The one HTTP server: health and metrics of the process, and what adapters add to it. */
export function createRoutes(deps: {
  db: Pool;
  metrics: Metrics;
  closing(): boolean;
  /** What keeps a gateway from hearing of events, in a few words; null while nothing does. */
  trouble(): string | null;
  /** Keeps other sites' pages out. Health tells nothing, and those who ask it use names of their own. */
  guard: MiddlewareHandler;
  /** For the command line, which can't look into an embedded database itself while this process has it. */
  operator: { key: string; status(): Promise<Status> };
}): Hono {
  const routes = new Hono();
  routes.get("/healthz", (c) => c.text("ok"));
  routes.get("/readyz", async (c) => {
    const reason = await notReady(deps);
    return reason === null ? c.text("ready") : c.text(`not ready: ${reason}`, 503);
  });
  routes.get("/metrics", deps.guard, async (c) => {
    c.header("content-type", deps.metrics.registry.contentType);
    return c.body(await deps.metrics.registry.metrics());
  });
  const { key, status } = deps.operator;
  routes.get("/operator/status", deps.guard, bearerAuth({ token: key }), async (c) =>
    c.json(await status()),
  );
  return routes;
}

async function notReady(deps: {
  db: Pool;
  closing(): boolean;
  trouble(): string | null;
}): Promise<string | null> {
  if (deps.closing()) return "closing";
  return (await answers(deps.db)) ? deps.trouble() : "the database does not answer";
}

async function answers(db: Pool): Promise<boolean> {
  const late = new Promise<false>((resolve) => {
    setTimeout(resolve, READY_TIMEOUT_MS, false).unref();
  });
  return Promise.race([
    db.query("select 1").then(
      () => true,
      () => false,
    ),
    late,
  ]);
}

/** @throws {ConfigError} when the port is taken or not ours to take */
export async function listen(routes: Hono, host: string, port: number): Promise<Server> {
  const server: ServerType = serve({ fetch: routes.fetch, hostname: host, port });
  await new Promise<void>((resolve, reject) => {
    server.once("listening", resolve);
    server.once("error", (error: NodeJS.ErrnoException) => reject(explain(error, host, port)));
  });
  const { port: given } = server.address() as AddressInfo;
  const name = host.includes(":") ? `[${host}]` : host;
  return {
    address: `http://${name}:${given}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        // Streams to browsers would stay open for ever; a browser comes back by itself.
        if ("closeAllConnections" in server) server.closeAllConnections();
      }),
  };
}

function explain(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const fixes: Record<string, string> = {
    EADDRINUSE: `Port ${port} is taken by another program. Stop that, or set PORT to another number.`,
    EACCES: `Port ${port} is not open to this user. Set PORT to a number above 1023.`,
    EADDRNOTAVAIL: `This machine has no address ${host}. Set HOST to one of its own, like 127.0.0.1.`,
    ENOTFOUND: `The name ${host} leads nowhere. Set HOST to an address of this machine, like 127.0.0.1.`,
  };
  const fix = fixes[error.code ?? ""];
  return fix ? new ConfigError(fix, { cause: error }) : error;
}
