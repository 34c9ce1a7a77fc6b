import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openTo, workspaceOf } from "../answer-path/audience.ts";
import { type AnswerPathSet, type Case, readSet, SET_FILES } from "../answer-path/cases.ts";
import type { Asked, Library } from "../answer-path/check.ts";
import { measure } from "../answer-path/measures.ts";
import { type Reply, replyOf } from "../answer-path/reply.ts";
import { atOnce } from "../at-once.ts";
import { createFront, type Front } from "../front.ts";
import { withProduct } from "../product.ts";
import type { Report } from "../report.ts";
import { startScriptedModel } from "../scripted-model.ts";
import type { SetKind, SetToRun } from "./kind.ts";

const QUESTIONS_AT_ONCE = 4;
const MODEL_PROGRAM = "scripted_llm.mjs";

/**
 * Questions with what must and must not become of them: files in channels, askers who may read some of them, and
 * a model that misbehaves as each case says.
 */
export const answerPath: SetKind = { files: SET_FILES, run };

async function run(toRun: SetToRun, signal: AbortSignal): Promise<Report[]> {
  const startedMs = performance.now();
  const set = await readSet(join(toRun.folder, toRun.name));
  const { replies, prompts, library } = await askAll(toRun, set, signal);
  const without = await askWithout(toRun, set, signal);
  const asked = set.cases.map((of, index) => ({
    of,
    reply: replies[index] ?? replyOf([]),
    prompts: prompts.filter((prompt) => prompt.includes(of.question)),
    without: without.get(of) ?? null,
  }));
  return [reportOf(toRun, asked, library, startedMs)];
}

function reportOf(
  { name: set, engine }: SetToRun,
  asked: Asked[],
  library: Library,
  startedMs: number,
): Report {
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  return { set, engine, cases: asked.length, seconds, ...measure(asked, library) };
}

interface Run {
  /** In the order of the cases. */
  replies: Reply[];
  prompts: string[];
  library: Library;
}

/** Starts everything, shares the set's files, asks its cases. */
async function askAll(
  { folder, name, engine }: SetToRun,
  set: AnswerPathSet,
  signal: AbortSignal,
): Promise<Run> {
  await using stack = new AsyncDisposableStack();
  const logs = await mkdtemp(join(tmpdir(), "docent-eval-model-"));
  stack.defer(() => rm(logs, { recursive: true, force: true }));
  const cases = join(folder, name, "cases.jsonl");
  const program = join(folder, MODEL_PROGRAM);
  const model = stack.use(await startScriptedModel(program, cases, join(logs, "prompts.jsonl")));
  const settings = {
    // Few people ask all of the set's questions, in a minute.
    QUESTIONS_PER_DAY: "10000",
    BUDGET_USD_PER_DAY: "1000",
    BUDGET_USD_PER_MONTH: "1000",
    OPENROUTER_API_KEY: "scripted-model",
    OPENROUTER_BASE_URL: model.baseUrl,
    GENERAL_ANSWERS: "off",
  };
  const workspace = workspaceOf(set);
  return await withProduct({ engine, workspace, settings }, async (url) => {
    const front = createFront(url, signal);
    const library = await shareAll(front, set);
    const replies = await atOnce(QUESTIONS_AT_ONCE, set.cases, (one) => ask(front, one));
    return { replies, prompts: await model.prompts(), library };
  });
}

/** The cases whose reply must be the same where no hidden file ever was, asked in such a place. */
async function askWithout(
  toRun: SetToRun,
  set: AnswerPathSet,
  signal: AbortSignal,
): Promise<Map<Case, Reply>> {
  const cases = set.cases.filter(({ expect }) => expect.same_reply_as_if_file_did_not_exist);
  if (cases.length === 0) return new Map();
  const hidden = new Set(cases.map((one) => one.gold_file));
  const files = set.files.filter((file) => !hidden.has(file.name));
  const { replies } = await askAll(toRun, { ...set, cases, files }, signal);
  return new Map(cases.map((one, index) => [one, replies[index] ?? replyOf([])]));
}

async function ask(front: Front, { asker: by, channel, question: text }: Case): Promise<Reply> {
  return replyOf(await front.ask({ by, channel, text }));
}

/** Each file is shared by a member of its channel. */
async function shareAll(front: Front, set: AnswerPathSet): Promise<Library> {
  const { files } = set;
  const workspace = workspaceOf(set);
  const members = new Map(workspace.channels.map(({ id, members }) => [id, members[0] ?? ""]));
  const passages = new Map<string, string[]>();
  const ids: { by: string; channel: string; id: string }[] = [];
  for (const { channel, name, text } of files) {
    const by = members.get(channel) ?? "";
    ids.push({ by, channel, id: await front.share({ by, channel, name, text }) });
  }
  for (const [channel, by] of members) await front.searchable(by, channel);
  for (const { by, channel, id } of ids) {
    passages.set(id, await front.passages(by, channel, id));
  }
  const open = (place: string) => {
    const channels = openTo(workspace, place);
    return new Set(files.flatMap(({ name, channel }) => (channels.has(channel) ? name : [])));
  };
  return {
    files,
    openTo: open,
    passage: ({ file, position }) => passages.get(file.fileId)?.[position] ?? "",
  };
}
