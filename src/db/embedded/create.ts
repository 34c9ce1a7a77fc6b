/**
 * A program of its own, that makes the engine's files in a new folder and ends. It takes some 150 MB, and
 * threads give little of that back.
 */
import { PGlite } from "@electric-sql/pglite";
import { ENGINE_OPTIONS } from "./options.ts";

try {
  const engine = await PGlite.create(process.argv[2] ?? "", ENGINE_OPTIONS);
  await engine.close();
} catch (error) {
  // The process that started this one says it to the operator.
  process.stderr.write(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
