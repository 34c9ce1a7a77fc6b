/** The posting process of the in-memory adapter. */
import { boardAt, poster } from "../support/memory.ts";
import { servePost } from "./elsewhere.ts";

await servePost(poster(boardAt(process.argv[2] ?? "")));
