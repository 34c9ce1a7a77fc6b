#!/usr/bin/env node
// The way in. Any Node can run this file, which is why it is plain JavaScript and imports the rest late.
import "./scripts/check-node.mjs";

function explain(error) {
  const missing =
    error.code === "ERR_MODULE_NOT_FOUND" && /cannot find package/i.test(error.message);
  if (!missing) throw error;
  process.stderr.write("Docent's libraries are not installed: run `npm ci` first.\n");
  process.exit(1);
}

// npm's shell ends without a word to what it started. Whoever stops npm means to stop Docent.
// biome-ignore lint/style/noProcessEnv: it is about who started the process, not a setting
if (process.env.npm_lifecycle_event) {
  const shell = process.ppid;
  setInterval(() => process.ppid !== shell && process.kill(process.pid, "SIGTERM"), 500).unref();
}

import("./src/main.ts").then((docent) => docent.main(process.argv.slice(2)), explain);
