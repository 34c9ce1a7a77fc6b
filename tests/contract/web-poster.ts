/** The posting process of the web adapter: it has nothing but the database. */
import { pino } from "pino";
import { openDatabase } from "../../src/db/pool.ts";
import { webOn } from "../support/web.ts";
import { servePost } from "./elsewhere.ts";

const database = await openDatabase({
  databaseUrl: process.argv[2] ?? "",
  dataFolder: "",
  log: pino({ level: "silent" }),
  onFatal: (error) => {
    throw error;
  },
});
await servePost(webOn(database).adapter);
await database.close();
