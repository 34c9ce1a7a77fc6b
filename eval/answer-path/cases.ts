import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";

const texts = v.optional(v.array(v.string()), []);
const flag = v.optional(v.boolean(), false);

const Expect = v.object({
  answered: v.optional(v.boolean()),
  cites: texts,
  contains: v.optional(v.string()),
  prompt_must_not_contain: texts,
  reply_must_not_contain: texts,
  no_citation_of: texts,
  same_reply_as_if_file_did_not_exist: flag,
  no_sources_list: flag,
  invalid_citation_removed: flag,
  unsupported_citation_removed: flag,
  not_shown_as_sourced: flag,
  quote_removed_or_flagged: flag,
  no_clickable_foreign_url: v.optional(v.string()),
  next_model_or_honest_error: flag,
  note: v.optional(v.string()),
});

// Strict where something not known would be something not checked.
const Case = v.object({
  id: v.string(),
  kind: v.picklist([
    "answerable",
    "acl",
    "acl-public-place",
    "unanswerable",
    "out-of-corpus",
    "bad-model",
  ]),
  question: v.string(),
  answer: v.nullable(v.string()),
  asker: v.string(),
  channel: v.string(),
  gold_file: v.optional(v.string()),
  expect: v.strictObject(Expect.entries),
});

const File = v.object({
  name: v.string(),
  channel: v.string(),
  canary: v.string(),
  text: v.string(),
});

export type Case = v.InferOutput<typeof Case>;
export type SetFile = v.InferOutput<typeof File>;

export interface AnswerPathSet {
  cases: Case[];
  files: SetFile[];
  /** Ids of the channels that each person is in, by the person's id. */
  members: Record<string, string[]>;
}

export const SET_FILES = ["cases.jsonl", "files.jsonl", "members.json"] as const;

export async function readSet(folder: string): Promise<AnswerPathSet> {
  const [cases, files, members] = await Promise.all(
    SET_FILES.map((name) => readFile(join(folder, name), "utf8")),
  );
  return {
    cases: rows(cases).map((row) => v.parse(Case, row)),
    files: rows(files).map((row) => v.parse(File, row)),
    members: v.parse(v.record(v.string(), v.array(v.string())), JSON.parse(members ?? "")),
  };
}

function rows(text = ""): unknown[] {
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}
