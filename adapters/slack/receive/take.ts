import { setTimeout as sleep } from "node:timers/promises";
import * as v from "valibot";
import type { Inbox } from "../../../src/chat.ts";
import { ConfigError } from "../../../src/errors.ts";
import type { Incoming } from "../../../src/events.ts";
import type { Log } from "../../../src/log.ts";
import { failure, type Identity, reasonOf, type Slack } from "../client.ts";
import { backstop, changed, outsiderChange, toIncoming } from "../events/events.ts";
import { toAction } from "../events/interactions.ts";
import { named, sharesOf } from "../events/look-up.ts";
import { onlyFor } from "../show/private.ts";
import type { Teams } from "../teams.ts";
import type { Take } from "./app.ts";
import { dispatch } from "./dispatch.ts";

/** A file's message, which says more than the event of the file itself, mostly comes with it. */
const BACKSTOP_WAIT_MS = 1_000;
const FILES_SEEN_MAX = 1_000;
const LEFT_OUT_MAX = 1_000;

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
  accept(slack: Slack, event: Incoming): Promise<void>;
  /** Who somebody is in the workspace has changed. */
  changePerson(slack: Slack, change: PersonChange): void;
  secretKey: string | null;
  ackWithinMs?: number | undefined;
  log: Log;
}

export type PersonChange = NonNullable<ReturnType<typeof outsiderChange>>;

interface Taking extends TakeDeps {
  seen: Set<string>;
  leftOut: Set<string>;
}

/** What to do with everything that Slack delivers, of any kind. */
export function createTake(deps: TakeDeps): Take {
  const taking: Taking = { ...deps, seen: new Set(), leftOut: new Set() };
  return async (body) => {
    const owned = v.safeParse(Owned, body);
    const teamId = owned.success ? ownerOf(owned.output) : null;
    if (teamId === null || !(await isServed(taking, teamId))) return undefined;
    const slack = await deps.teams.of(teamId);
    const self = await selfOf(slack, teamId, body);
    await takeEvent(taking, slack, self, body);
    const context = { self, onlyFor: onlyFor.bind(null, slack, deps.secretKey) };
    const action = toAction(body, context);
    if (!action) return undefined;
    const accept = async (events: Incoming[]) => handIn(taking, slack, await named(slack, events));
    return await dispatch({ ...deps, slack, accept }, action, v.is(Typed, body));
  };
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
  const events = await named(slack, toIncoming(body, self));
  await handIn(taking, slack, events);
  const person = outsiderChange(body);
  if (person) taking.changePerson(slack, person);
  const change = changed(body);
  if (change) await handIn(taking, slack, await sharesOf(slack, change));
  await standIn(taking, slack, body);
}

async function handIn(
  { accept, seen }: Taking,
  slack: Slack,
  events: readonly Incoming[],
): Promise<void> {
  for (const event of events) {
    await accept(slack, event);
    if (event.kind === "file_shared") remember(seen, event.fileId, FILES_SEEN_MAX);
  }
}

/** Looks up a file whose message did not come. Best effort: mostly it did, to this process or another. */
async function standIn(taking: Taking, slack: Slack, body: unknown): Promise<void> {
  const lookup = backstop(body);
  if (!lookup) return;
  await sleep(BACKSTOP_WAIT_MS, undefined, { ref: false });
  if (taking.seen.has(lookup.fileId)) return;
  try {
    await handIn(taking, slack, await sharesOf(slack, lookup));
  } catch (error) {
    const reason = reasonOf(error);
    slack.log.info({ fileId: lookup.fileId, reason }, "a shared file could not be looked up");
  }
}

/** Sets keep the order of insertion: the first is the oldest. */
function remember(ids: Set<string>, id: string, max: number): void {
  ids.add(id);
  const [oldest] = ids;
  if (ids.size > max && oldest !== undefined) ids.delete(oldest);
}
