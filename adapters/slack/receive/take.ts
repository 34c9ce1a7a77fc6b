import { setTimeout as sleep } from "node:timers/promises";
import * as v from "valibot";
import type { Inbox } from "../../../src/chat.ts";
import { ConfigError, ServiceError } from "../../../src/errors.ts";
import type { FileShared, FileTouched, Incoming } from "../../../src/events.ts";
import type { Log } from "../../../src/log.ts";
import { failure, type Identity, type Slack } from "../client.ts";
import {
  cameIn,
  homeOpened,
  outsiderChange,
  toIncoming,
  touched,
  unarchived,
} from "../events/events.ts";
import { toAction } from "../events/interactions.ts";
import { named } from "../events/look-up.ts";
import { inTime } from "../in-time.ts";
import { createHomes, type Homes } from "../show/home.ts";
import { onlyFor } from "../show/private.ts";
import type { Teams } from "../teams.ts";
import type { Take } from "./app.ts";
import type { Behind } from "./behind.ts";
import { dispatch } from "./dispatch.ts";
import type { People } from "./people.ts";
import { remember } from "./remember.ts";
import { isWithin } from "./within.ts";

/** A file's message, which says more than the event of the file itself, mostly comes with it. */
const BACKSTOP_WAIT_MS = 1_000;
const FILES_SEEN_MAX = 1_000;
const LEFT_OUT_MAX = 1_000;
/** Slack's words for not having reached us: other deliveries may have been lost for good. */
const UNREACHED = new Set(["connection_failed", "http_timeout", "ssl_error", "http_error"]);

const optionalText = v.nullish(v.string());

/** Whose it is: each kind of body says so in a place of its own. */
const Owned = v.object({
  view: v.nullish(v.object({ app_installed_team_id: optionalText })),
  context_team_id: optionalText,
  team_id: optionalText,
  team: v.nullish(v.object({ id: v.string() })),
  user: v.nullish(v.object({ team_id: optionalText })),
});

/** A slash command, whose acknowledgement is read. */
const Typed = v.object({ command: v.string() });

export interface TakeDeps {
  teams: Teams;
  inbox: Inbox;
  /** Resolves once it is stored. */
  accept(event: Incoming): Promise<void>;
  /** Something did not arrive, or could not be stored. */
  missed(slack: Slack): void;
  people: People;
  behind: Behind;
  secretKey: string | null;
  /** Shorter in tests, as the next one. */
  ackWithinMs?: number | undefined;
  askWithinMs?: number | undefined;
  log: Log;
}

interface Taking extends TakeDeps {
  homes: Homes;
  seen: Set<string>;
  leftOut: Set<string>;
}

/** What to do with everything that Slack delivers, of any kind. */
export function createTake(deps: TakeDeps): Take {
  const homes = createHomes(deps.inbox);
  const taking: Taking = { ...deps, homes, seen: new Set(), leftOut: new Set() };
  return async (body, retryReason = "") => {
    const receiver = await inTime(receiverOf(taking, body), "late", deps.askWithinMs);
    if (receiver === "late") throw new ServiceError("slack", "Slack did not say who Docent is");
    if (!receiver) return undefined;
    const { slack, self } = receiver;
    if (UNREACHED.has(retryReason)) deps.missed(slack);
    await takeEvent(taking, slack, self, body);
    const context = { self, onlyFor: onlyFor.bind(null, slack, deps.secretKey) };
    const action = toAction(body, context);
    if (!action) return undefined;
    const accept = async (events: Incoming[]) => handIn(taking, slack, await named(slack, events));
    return await dispatch({ ...deps, slack, accept }, action, v.is(Typed, body));
  };
}

interface Receiver {
  slack: Slack;
  self: Identity;
}

/** Null for a body that is none of ours. */
async function receiverOf(taking: Taking, body: unknown): Promise<Receiver | null> {
  const owned = v.safeParse(Owned, body);
  const teamId = owned.success ? ownerOf(owned.output) : null;
  if (teamId === null || !(await isServed(taking, teamId))) return null;
  const slack = await taking.teams.of(teamId);
  return { slack, self: await selfOf(slack, teamId, body) };
}

function ownerOf(owned: v.InferOutput<typeof Owned>): string | null {
  const { view, context_team_id, team_id, team, user } = owned;
  const own = view?.app_installed_team_id ?? context_team_id ?? team_id;
  return own ?? team?.id ?? user?.team_id ?? null;
}

async function isServed({ teams, leftOut, log }: Taking, teamId: string): Promise<boolean> {
  if (await teams.serves(teamId)) return true;
  if (!leftOut.has(teamId)) log.info({ teamId }, "a workspace that is not served is left out");
  remember(leftOut, teamId, LEFT_OUT_MAX);
  return false;
}

/** Once Docent is uninstalled its token can't be asked any more, and nothing of it matters. */
async function selfOf(slack: Slack, teamId: string, body: unknown): Promise<Identity> {
  try {
    return await slack.identity();
  } catch (error) {
    const reason = failure(error);
    const nobody = { teamId, botUserId: "", botId: null, workspaceUrl: "" };
    const [event] = toIncoming(body, nobody);
    if (reason instanceof ConfigError && event?.kind === "workspace_gone") return nobody;
    throw reason;
  }
}

async function takeEvent(
  taking: Taking,
  slack: Slack,
  self: Identity,
  body: unknown,
): Promise<void> {
  const { people, homes } = taking;
  const person = outsiderChange(body);
  if (person) await people.changed(person);
  const came = cameIn(body, self);
  if (came) await people.came(slack, came);
  const events = await named(slack, toIncoming(body, self));
  await handIn(taking, slack, await backAgain(slack, body, events));
  await takeTouched(taking, slack, body);
  const opened = homeOpened(body);
  // Nothing of it is stored.
  if (opened) await taking.behind.leave(homes.show(slack, opened), "a Home tab failed");
}

/** An archived channel counts as gone: where Docent is still in it, it is there again. */
async function backAgain(
  slack: Slack,
  body: unknown,
  events: readonly Incoming[],
): Promise<readonly Incoming[]> {
  const channelId = unarchived(body);
  if (channelId === null || !(await isWithin(slack, channelId))) return events;
  return events.map((event) =>
    event.kind === "access_changed" ? { ...event, within: true } : event,
  );
}

async function handIn(
  { accept, missed, seen }: Taking,
  slack: Slack,
  events: readonly Incoming[],
): Promise<void> {
  for (const event of events) {
    try {
      await accept(event);
    } catch (error) {
      missed(slack);
      throw error;
    }
    if (event.kind === "file_shared") remember(seen, shareOf(event), FILES_SEEN_MAX);
  }
}

/** Of what was shared mostly a message said all: whether one did shows behind the acknowledgement. */
async function takeTouched(taking: Taking, slack: Slack, body: unknown): Promise<void> {
  const { behind, seen } = taking;
  const file = touched(body);
  if (!file) return;
  if (file.changedAt !== null) return await handIn(taking, slack, [file]);
  const standIn = async () => {
    // Aborted means that there is no time to wait.
    await sleep(BACKSTOP_WAIT_MS, undefined, { signal: behind.closing }).catch(() => undefined);
    if (!seen.has(shareOf(file))) await handIn(taking, slack, [file]);
  };
  await behind.leave(standIn(), "a shared file could not be handed in");
}

function shareOf({ place, fileId }: FileShared | FileTouched): string {
  return `${place.workspaceId} ${place.channelId} ${fileId}`;
}
