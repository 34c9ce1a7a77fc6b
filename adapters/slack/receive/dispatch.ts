import type { Inbox } from "../../../src/chat.ts";
import type { Incoming } from "../../../src/events.ts";
import { reasonOf, type Slack } from "../client.ts";
import type { Action } from "../events/interactions.ts";
import { inTime } from "../in-time.ts";
import { type Body, sections } from "../show/body.ts";
import { literalWithLinks } from "../show/clean.ts";
import { sayAlone, type Way } from "../show/private.ts";
import type { Ephemeral } from "./app.ts";
import { isWithin } from "./within.ts";

/** Slack waits three seconds for an acknowledgement, and says that Docent failed after that. */
const ACK_WITHIN_MS = 2_500;
const SECTIONS_MAX = 4;
const TEXT_CHARS_MAX = 4_000;

const ONE_MOMENT = "One moment…";
const SORRY = "That did not work just now. Please try again in a minute.";

export interface DispatchDeps {
  slack: Slack;
  inbox: Pick<Inbox, "command">;
  accept(events: Incoming[]): Promise<void>;
  /** Shorter in tests. */
  ackWithinMs?: number | undefined;
}

/**
 * Does what a click, a form or a command wants.
 * @param inAck whether the person reads what the acknowledgement says
 * @returns what to say with it
 */
export async function dispatch(
  deps: DispatchDeps,
  action: Action,
  inAck: boolean,
): Promise<Ephemeral | undefined> {
  switch (action.do) {
    case "accept":
      await deps.accept(action.events);
      return undefined;
    case "open":
      await deps.accept(action.events);
      await soon(deps, open(deps.slack, action));
      return undefined;
    case "command":
      return await command(deps, action, inAck);
    default:
      return action satisfies never;
  }
}

type Kind<D extends Action["do"]> = Extract<Action, { do: D }>;

async function command(
  deps: DispatchDeps,
  action: Kind<"command">,
  inAck: boolean,
): Promise<Ephemeral | undefined> {
  const reply = done(deps, action);
  const said = inAck ? await soon(deps, reply) : "late";
  if (said !== "late") return said && { response_type: "ephemeral", ...said };
  const told = reply.then((words) => words && tellAlone(deps, action.respond, words));
  if (inAck) return { response_type: "ephemeral", ...wordsOf(ONE_MOMENT, "") };
  await soon(deps, told);
  return undefined;
}

/** Nobody delivers a command twice: whoever gave it is told that it failed. */
async function done(
  { slack, inbox }: DispatchDeps,
  { command }: Kind<"command">,
): Promise<Body | undefined> {
  try {
    const { workspaceUrl } = await slack.identity();
    const { text } = await inbox.command(command);
    return text === "" ? undefined : wordsOf(text, workspaceUrl);
  } catch (error) {
    slack.log.error({ err: error, kind: command.kind }, "a command failed");
    return wordsOf(SORRY, "");
  }
}

async function open(slack: Slack, { triggerId, view, within }: Kind<"open">): Promise<void> {
  // What Slack does not say counts as no: nothing is handed in of a place that is none of ours.
  const isFit = !within || (await isWithin(slack, within.channelId));
  try {
    await slack.write.views.open({ trigger_id: triggerId, view: isFit ? view : within.otherwise });
  } catch (error) {
    slack.log.warn({ reason: reasonOf(error) }, "a form could not be opened");
  }
}

/** Waits as long as the acknowledgement may. */
function soon<T>(deps: DispatchDeps, work: Promise<T>): Promise<T | "late"> {
  return inTime(work, "late", deps.ackWithinMs ?? ACK_WITHIN_MS);
}

/** Best effort. */
async function tellAlone({ slack }: DispatchDeps, way: Way, words: Body): Promise<void> {
  try {
    await sayAlone(slack, way, words);
  } catch (error) {
    slack.log.warn({ reason: reasonOf(error) }, "a word to one person could not be shown");
  }
}

/** Plain text, in which only messages of this workspace are linked. */
function wordsOf(text: string, workspaceUrl: string): Body {
  const said = literalWithLinks(text, workspaceUrl);
  return { text: said.slice(0, TEXT_CHARS_MAX), blocks: sections(said, SECTIONS_MAX) };
}
