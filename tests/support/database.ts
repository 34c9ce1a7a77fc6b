import { randomUUID } from "node:crypto";
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import { inject } from "vitest";
import { type Database, openDatabase } from "../../src/db/pool.ts";
import { inServer, urlOf } from "./postgres-template.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The engine that this project's tests run on. */
    engine: Database["engine"];
    /** Holds the migrated `template` folder; whatever else is put in `folder` goes at the end of the run. */
    embedded: { folder: string; template: string };
    postgres: { serverUrl: string; template: string };
  }
}

/** A fresh, migrated and empty database of the project's engine. Closing it leaves nothing behind. */
export async function openTestDatabase(): Promise<Database> {
  return inject("engine") === "embedded" ? openFolder() : openCopy();
}

async function openFolder(): Promise<Database> {
  const { folder, template } = inject("embedded");
  const dataFolder = join(folder, randomUUID());
  await cp(template, dataFolder, { recursive: true });
  const remove = () => rm(dataFolder, { recursive: true, force: true });
  return closingWith(await open(null, dataFolder), remove);
}

async function openCopy(): Promise<Database> {
  const { serverUrl, template } = inject("postgres");
  const name = `${template}_${randomUUID().replaceAll("-", "")}`;
  await inServer(serverUrl, (client) =>
    client.query(`create database ${name} template ${template}`),
  );
  const drop = () =>
    inServer(serverUrl, (client) => client.query(`drop database ${name} with (force)`));
  return closingWith(await open(urlOf(serverUrl, name), ""), drop);
}

function open(databaseUrl: string | null, dataFolder: string): Promise<Database> {
  const onFatal = (error: Error) => {
    throw error;
  };
  return openDatabase({ databaseUrl, dataFolder, log: pino({ level: "silent" }), onFatal });
}

function closingWith(database: Database, cleanUp: () => Promise<void>): Database {
  return {
    ...database,
    async close() {
      await database.close();
      await cleanUp();
    },
  };
}
