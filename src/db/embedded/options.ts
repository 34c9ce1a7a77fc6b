import { PGlite, type PGliteOptions } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite-pgvector";

const SETTINGS = [
  // Instead of 128 MB: the system's file cache serves the rest.
  "shared_buffers=16MB",
  // What stays of the log of changes after a checkpoint, instead of 1 GB.
  "max_wal_size=64MB",
  "min_wal_size=32MB",
];

export const ENGINE_OPTIONS: PGliteOptions = {
  extensions: { vector },
  startParams: [...PGlite.defaultStartParams, ...SETTINGS.flatMap((setting) => ["-c", setting])],
};
