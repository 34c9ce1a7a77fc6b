import type { CommandReply } from "../chat.ts";
import { removeShare } from "../db/contents.ts";
import { sharesBy } from "../db/files.ts";
import { forgetQuestions, readPerson, setOptedOut, setStreams } from "../db/people.ts";
import { findWorkspace } from "../db/places.ts";
import { inTransaction } from "../db/transaction.ts";
import { dateOf } from "../operator/status/words.ts";
import type { Who } from "./allowed.ts";
import type { CommandDeps } from "./deps.ts";
import type { MeWish } from "./parse.ts";
import { countOf } from "./words.ts";

type Deps = Pick<CommandDeps, "db">;

const OPTED_OUT =
  "From now on I read nothing that you share, and use nothing of it in answers. You can turn it back on at any time.";
const OPTED_IN = "From now on I read what you share again, where the channel allows it.";
const STREAMS = "From now on you see my answers as they are written.";
const WHOLE = "From now on my answers to you come whole, once they are complete.";

/** A person's own things: nobody can name another here, so everybody may. */
export async function doForMe(deps: Deps, who: Who, wish: MeWish | null): Promise<CommandReply> {
  switch (wish) {
    case null:
      return tellMe(deps, who);
    case "off":
    case "on":
      return optOut(deps, who, wish === "off");
    case "forget":
      return forgetMe(deps, who);
    case "streaming on":
    case "streaming off": {
      const streams = wish === "streaming on";
      await setStreams(deps.db, who.place, who.userId, streams);
      return { done: true, text: streams ? STREAMS : WHOLE };
    }
    default:
      return wish satisfies never;
  }
}

export async function optOut(
  { db }: Deps,
  { place, userId }: Who,
  out: boolean,
): Promise<CommandReply> {
  await setOptedOut(db, place, userId, out);
  return { done: true, text: out ? OPTED_OUT : OPTED_IN };
}

/** What is kept of this person in the workspace. */
async function tellMe({ db }: Deps, { place, userId }: Who): Promise<CommandReply> {
  const person = await readPerson(db, await findWorkspace(db, place), userId);
  const { files, questions, optedOutAt, streams } = person;
  const lines = [
    "What I keep of you here:",
    `Files that you shared: ${files}`,
    `Questions that you asked: ${questions}`,
    optedOutAt
      ? `Your files are not read, since ${dateOf(optedOutAt)}. To have them read: me on`
      : "Your files are read, where the channel allows it. To stop that: me off",
    streams
      ? "You see answers as they are written. To get them whole: me streaming off"
      : "Answers come to you whole. To see them being written: me streaming on",
    "To have all your files and questions forgotten: me forget",
  ];
  return { done: true, text: lines.join("\n") };
}

async function forgetMe(deps: Deps, { place, userId }: Who): Promise<CommandReply> {
  const counts = await forgetAllOf(deps, place, userId);
  return { done: true, text: `I have forgotten ${counts} of yours, with the answers.` };
}

/**
 * Every file that this person shared in the workspace, and the words of what they asked.
 * @returns how many that were, in words
 */
export async function forgetAllOf(
  { db }: Deps,
  place: Who["place"],
  userId: string,
): Promise<string> {
  const workspaceId = await findWorkspace(db, place);
  if (workspaceId === null) return "nothing";
  const shares = await sharesBy(db, workspaceId, userId);
  // Each by itself: a long transaction would make others wait.
  for (const { channelId, fileId } of shares) {
    const ids = { workspaceId, channelId };
    await inTransaction(db, (client) => removeShare(client, ids, fileId));
  }
  const questions = await forgetQuestions(db, workspaceId, userId);
  return `${countOf(shares.length, "file")} and ${countOf(questions, "question")}`;
}
