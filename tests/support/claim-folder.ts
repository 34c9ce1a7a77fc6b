/** A program: claims a data folder, says so, and keeps it until it is killed. */
import { claimFolder } from "../../src/db/embedded/folder.ts";

try {
  await claimFolder(process.argv[2] ?? "");
  process.stdout.write("claimed\n");
  process.stdin.resume();
} catch (error) {
  process.stdout.write(`${error}\n`);
}
