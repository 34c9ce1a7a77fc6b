import { existsSync, readFileSync } from "node:fs";
import * as v from "valibot";
import { expect, test } from "vitest";
import { madeFiles } from "../../scripts/make-docs.ts";
import { Environment } from "../../src/settings/settings.ts";

const ROOT = new URL("../../", import.meta.url);
const FOR_PEOPLE = [
  "README.md",
  "AGENTS.md",
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "adapters/web/README.md",
  "docs/commands.md",
  "docs/configuration.md",
  "docs/slack.md",
];

test.each(Object.entries(madeFiles()))("%s is as `npm run docs` writes it", (path, made) => {
  expect(readFileSync(new URL(path, ROOT), "utf8")).toBe(made);
});

test("every setting says in a sentence what it does", () => {
  const silent = Object.entries(Environment.entries).filter(
    ([, kind]) => !/^[A-Z][^.]+(?:\.[a-z][^.]*)*\.$/.test(v.getDescription(kind) ?? ""),
  );
  expect(silent.map(([name]) => name)).toEqual([]);
});

test.each(FOR_PEOPLE)("no link in %s leads to a file that is not there", (path) => {
  const page = new URL(path, ROOT);
  const targets = [...readFileSync(page, "utf8").matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)];
  const missing = targets
    .map(([, target = ""]) => target)
    .filter((target) => !existsSync(new URL(target, page)));
  expect(missing).toEqual([]);
});
