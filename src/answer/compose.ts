import { BRAKED, type Brake, brakeOn } from "../brakes.ts";
import type { Adapter, ReplyPart } from "../chat.ts";
import type { RightsDeps } from "../commands/allowed.ts";
import { questionsMax } from "../commands/quota.ts";
import { takeQuestion } from "../db/quotas.ts";
import type { Chain } from "../models/chain.ts";
import { type AwaitedFile, awaitFiles } from "./await-files.ts";
import { type Draft, say } from "./draft.ts";
import { isOnlyThanks } from "./follow-up.ts";
import { type Asked, type GatherDeps, gather } from "./gather.ts";
import { nothingFound } from "./scope.ts";
import { smallTalk } from "./small-talk.ts";
import { isAloud, isSpokenCommand, runSpoken, type SpokenDeps } from "./spoken.ts";
import { StoppedByPerson } from "./stops.ts";
import { NO_KEY, questionsText } from "./trouble.ts";
import { type WriteDeps, writeAsTheyStand, writeFromPassages, writeInGeneral } from "./write.ts";

export interface ComposeDeps extends GatherDeps, SpokenDeps, RightsDeps {
  questionsByRole: Readonly<Record<string, number>>;
  /** Null: no key, so the best passages stand for an answer. */
  chain: Chain | null;
  /** When the files hold nothing: an answer by the model alone, marked as such. */
  generalAnswers: boolean;
  limits: GatherDeps["limits"] &
    WriteDeps["limits"] & { questionCharsMax: number; questionsPerDay: number };
}

const EMPTY_QUESTION =
  "What would you like to know? Ask me about the files shared here, and I answer from them.";
const YOURE_WELCOME = "You're welcome.";
const STOPPED = "Stopped, as asked.";

/** The parts of a reply, in order. What is worth keeping is written into the draft. */
export async function* compose(
  deps: ComposeDeps,
  adapter: Adapter,
  asked: Asked,
  draft: Draft,
  signal: AbortSignal,
): AsyncGenerator<ReplyPart> {
  const brake = await brakeOn(deps, asked);
  // Whoever was blocked is not answered where others read it, or they could have Docent speak all day. What is
  // theirs alone to say is heard all the same.
  if (isSpokenCommand(asked)) {
    const isSilent = brake === "blocked" && isAloud(asked);
    return yield* runSpoken(deps, adapter, { asked, isSilent }, draft);
  }
  if (brake && isAloud(asked)) return await refuseAlone(adapter, asked, brake);
  if (brake) return yield say(draft, BRAKED[brake]);
  const word = kindWord(asked.text, deps.limits.questionCharsMax);
  if (word) return yield say(draft, word);
  try {
    yield* answer(deps, adapter, asked, draft, signal);
  } catch (error) {
    if (!(signal.reason instanceof StoppedByPerson)) throw error;
    yield { kind: "footer", text: STOPPED };
  }
}

/** A crowd that may not ask could otherwise have Docent open a thread and call each of them. */
async function refuseAlone(adapter: Adapter, asked: Asked, brake: Brake): Promise<void> {
  if (brake !== "blocked") await adapter.tell(asked.place, asked.userId, { text: BRAKED[brake] });
}

/** What needs no files: nothing asked, too much, or small talk. */
function kindWord(question: string, charsMax: number): string | null {
  if (question.trim() === "") return EMPTY_QUESTION;
  if (question.length <= charsMax) {
    return smallTalk(question) ?? (isOnlyThanks(question) ? YOURE_WELCOME : null);
  }
  return `That question is too long for me: ${question.length} characters, and I read ${charsMax} at most. Please shorten it, or share the text as a file and ask about that.`;
}

async function* answer(
  deps: ComposeDeps,
  adapter: Adapter,
  asked: Asked,
  draft: Draft,
  signal: AbortSignal,
): AsyncGenerator<ReplyPart> {
  const files = yield* waited(deps, asked, signal);
  for (const note of failures(files)) yield say(draft, note);

  yield { kind: "status", text: "Looking through the files…" };
  const own = files.flatMap(({ contentId }) => contentId ?? []);
  const gathered = await gather(deps, adapter, { ...asked, ownContentIds: own }, signal);
  draft.retrieved = gathered.retrieved;
  const { chain } = deps;
  const isFound = gathered.passages.length > 0;
  if (!isFound) yield say(draft, nothingFound(gathered.scope));
  if (!chain) {
    if (isFound) yield* writeAsTheyStand(asked, gathered, draft, NO_KEY);
    return;
  }
  if (!isFound && !deps.generalAnswers) return;
  const note = await quotaNote(deps, asked);
  const write = { ...deps, chain };
  if (!isFound) yield* note ? [] : writeInGeneral(write, asked, draft, signal);
  else if (note) yield* writeAsTheyStand(asked, gathered, draft, note);
  else yield* writeFromPassages(write, asked, gathered, draft, signal);
}

/** Takes one of the asker's questions of today; empty: a model may be asked. */
async function quotaNote(deps: ComposeDeps, asked: Asked): Promise<string> {
  // A second try of ours is none of theirs.
  if (asked.retried) return "";
  const { answerId, version, payer } = asked;
  const wanted = { workspaceId: payer.workspaceId, askerId: asked.userId, answerId, version };
  const most = await questionsMax(deps, asked);
  const renewsAt = await takeQuestion(deps.db, wanted, most);
  return renewsAt ? questionsText(most, renewsAt) : "";
}

async function* waited(
  deps: ComposeDeps,
  asked: Asked,
  signal: AbortSignal,
): AsyncGenerator<ReplyPart, AwaitedFile[]> {
  const waiting = awaitFiles(deps.db, asked, signal);
  for (;;) {
    const next = await waiting.next();
    if (next.done) return next.value;
    yield { kind: "status", text: next.value };
  }
}

/** A file that came with the question and can't be read is said first. */
function failures(files: AwaitedFile[]): string[] {
  return files.flatMap(({ state, name, reason }) =>
    state === "failed" ? [`I couldn't read ${name ?? "the file"}: ${reason}\n\n`] : [],
  );
}
