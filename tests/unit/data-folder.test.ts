import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { claimFolder } from "../../src/db/embedded/folder.ts";
import { ConfigError } from "../../src/errors.ts";
import { startProgram } from "../support/program.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "docent-folder-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("a second process on the same folder is refused, and told what to do", async () => {
  const claim = await claimFolder(folder);
  const second = startProgram("claim-folder.ts", folder);
  expect(await second.line()).toBe(
    `ConfigError: Another Docent is running on the folder ${folder}. ` +
      "Stop it, or give this one another DATA_DIR.",
  );
  await second.kill();
  claim.release();
  (await claimFolder(folder)).release();
});

test("a folder whose holder was killed can be used at once", async () => {
  const holder = startProgram("claim-folder.ts", folder);
  expect(await holder.line()).toBe("claimed");
  await expect(claimFolder(folder)).rejects.toThrow(ConfigError);
  await holder.kill();
  (await claimFolder(folder)).release();
});

test("of six processes that start together exactly one gets the folder", async () => {
  const programs = Array.from({ length: 6 }, () => startProgram("claim-folder.ts", folder));
  const said = await Promise.all(programs.map((program) => program.line()));
  expect(said.filter((line) => line === "claimed")).toHaveLength(1);
  expect(said.filter((line) => line?.includes("Another Docent"))).toHaveLength(5);
  await Promise.all(programs.map((program) => program.kill()));
});

test("a missing folder is made, with a path of any length and any characters", async () => {
  const claim = await claimFolder(join(folder, "ein Ordner, 資料 #1?".repeat(5), "x".repeat(100)));
  expect(claim.isNew).toBe(true);
  claim.release();
});

test("a file in the place of the folder is refused by name", async () => {
  const path = join(folder, "file");
  await writeFile(path, "");
  const refused = claimFolder(path);
  await expect(refused).rejects.toThrow(ConfigError);
  await expect(refused).rejects.toThrow(`cannot write to its folder ${path}`);
});

test("files of another Postgres are refused, and the folder is free again", async () => {
  await mkdir(join(folder, "postgres"));
  await writeFile(join(folder, "postgres", "PG_VERSION"), "17\n");
  await expect(claimFolder(folder)).rejects.toThrow(
    /Postgres 17; this Docent brings Postgres 18.*Run the Docent that made it/,
  );
  await writeFile(join(folder, "postgres", "PG_VERSION"), "18\n");
  (await claimFolder(folder)).release();
});
