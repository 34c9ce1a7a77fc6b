/** A program: writes numbered rows into an embedded database, and says each number once it is committed. */
import { pino } from "pino";
import { openDatabase } from "../../src/db/pool.ts";

const { pool } = await openDatabase({
  databaseUrl: null,
  dataFolder: process.argv[2] ?? "",
  log: pino({ level: "silent" }),
  onFatal: () => process.exit(1),
});
await pool.query("create table note (id int primary key)");
for (let id = 1; ; id += 1) {
  await pool.query("insert into note values ($1)", [id]);
  process.stdout.write(`${id}\n`);
}
