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

import("./src/main.ts").then((docent) => docent.main(process.argv.slice(2)), explain);
