/** views.* */
import { randomUUID } from "node:crypto";
import { type View, viewIn } from "../slack-blocks.ts";
import { type StoredView, TEAM, type World } from "../slack-world.ts";
import { type Args, type Caller, type Methods, SlackSays } from "./method.ts";

const TRIGGER_LIFE_MS = 3_000;

export const VIEWS: Methods = {
  "views.open": (world, args, caller) => {
    const userId = takeTrigger(world, args.trigger_id);
    return { view: viewFacts(opened(world, viewIn(args.view), userId, caller), caller) };
  },
  "views.push": (world, args, caller) => {
    const userId = takeTrigger(world, args.trigger_id);
    return { view: viewFacts(opened(world, viewIn(args.view), userId, caller), caller) };
  },
  "views.update": (world, args, caller) => {
    const stored = found(world, args);
    if (args.hash && args.hash !== stored.hash) throw new SlackSays("hash_conflict");
    stored.view = viewIn(args.view);
    stored.hash = randomUUID();
    return { view: viewFacts(stored, caller) };
  },
  "views.publish": (world, args, caller) => {
    const { user_id: userId = "" } = args;
    const { teamId = TEAM } = world.users.get(userId) ?? { teamId: "" };
    if (teamId !== caller.team.id) throw new SlackSays("user_not_found");
    const view = viewIn(args.view);
    if (view.type !== "home") throw new SlackSays("invalid_arguments", "type must be home");
    world.views = world.views.filter(
      (other) => !(other.view.type === "home" && other.userId === userId),
    );
    return { view: viewFacts(opened(world, view, userId, caller), caller) };
  },
};

/** A trigger opens one view, within three seconds of the world's clock. */
function takeTrigger(world: World, trigger: string | undefined): string {
  const known = world.triggers.get(trigger ?? "");
  if (!known) throw new SlackSays("invalid_trigger_id");
  if (known.used) throw new SlackSays("exchanged_trigger_id");
  if (world.nowMs() - known.atMs > TRIGGER_LIFE_MS) throw new SlackSays("expired_trigger_id");
  known.used = true;
  return known.userId;
}

function opened(world: World, view: View, userId: string, { team }: Caller): StoredView {
  const id = `V${world.views.length + 1}`;
  const stored = { id, teamId: team.id, userId, hash: randomUUID(), view, open: true };
  world.views.push(stored);
  return stored;
}

function found(world: World, { view_id, external_id }: Args): StoredView {
  const stored = world.views.find(
    ({ id, view }) =>
      id === view_id || (external_id !== undefined && view.external_id === external_id),
  );
  if (!stored?.open) throw new SlackSays("not_found");
  return stored;
}

/** A view as answers and submissions have it. */
export function viewFacts(stored: StoredView, { team }: Pick<Caller, "team">): object {
  return {
    id: stored.id,
    team_id: team.id,
    app_id: "A1",
    app_installed_team_id: team.id,
    bot_id: team.botId,
    close: null,
    submit: null,
    callback_id: "",
    private_metadata: "",
    external_id: "",
    clear_on_close: false,
    notify_on_close: false,
    previous_view_id: null,
    root_view_id: stored.id,
    hash: stored.hash,
    ...stored.view,
    state: { values: {} },
  };
}
