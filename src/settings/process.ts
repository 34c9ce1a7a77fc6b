import * as v from "valibot";
import { choice, list, publicAddress, setting, text, textLike, url, whole } from "./kinds.ts";

/** The process itself: where it listens, and keeps its data. */
export const PROCESS = {
  HOST: setting(
    text("127.0.0.1"),
    "Where the web chat, `/healthz`, `/readyz` and `/metrics` listen.",
    { allowed: "an address of this machine; one that others can reach needs `WEB_TOKEN`" },
  ),
  PORT: setting(whole(3000, 0, 65_535), "The port there; with 0, any free one."),
  PUBLIC_URL: setting(
    publicAddress(),
    "Under which address a proxy in front of it makes it reachable; the web chat then answers to that name too.",
    { example: "https://docent.example.com", unset: "its own address alone" },
  ),
  WEB_TOKEN: setting(
    textLike(/^\S{16,}$/, "must be 16 characters or more, without spaces"),
    "What everybody shows to get into the web chat.",
    { allowed: "16 characters or more, no spaces", unset: "nobody signs in" },
  ),
  WEB_WORKSPACE: setting(
    v.optional(v.string()),
    "A file that names the people and channels of the web chat.",
    {
      allowed: "the path of a JSON file",
      unset: "two people, a guest, a public and a private channel",
    },
  ),
  SECRET_KEY: setting(
    textLike(/^\S{32,}$/, "must be 32 characters or more, without spaces"),
    "What tokens are sealed with before they are stored.",
    {
      allowed: "32 characters or more, no spaces",
      unset: "no tokens are stored",
      advice:
        "Make one with `openssl rand -hex 32`, and keep it: with another, they can't be read.",
    },
  ),
  DATA_DIR: setting(
    text("./data"),
    "The folder of the embedded database, its nightly dumps, and files while they are read.",
    { allowed: "a folder that this user may write" },
  ),
  DATABASE_URL: setting(
    v.optional(
      url(["postgres:", "postgresql:"], "must look like postgres://user:password@host:5432/docent"),
    ),
    "A Postgres with pgvector in the place of the embedded database.",
    {
      allowed: "PostgreSQL 15 or newer, pgvector 0.7 or newer",
      example: "postgres://docent:password@localhost:5432/docent",
      unset: "the embedded database",
    },
  ),
  ROLES: setting(
    v.pipe(
      list(["gateway", "worker"]),
      v.everyItem(
        (role) => role === "gateway" || role === "worker",
        "may hold gateway and worker, with a comma",
      ),
      v.minLength(1, "must name gateway, worker or both"),
    ),
    "What this process does: a gateway listens to the chats, a worker reads files and answers.",
    { allowed: "`gateway`, `worker` or both; one alone needs `DATABASE_URL`" },
  ),
  LOG_LEVEL: setting(
    choice(["trace", "debug", "info", "warn", "error", "fatal", "silent"], "info"),
    "The least important lines that are still logged.",
  ),
};
