/** What people do with buttons, menus, forms, shortcuts and the slash command, and the payloads of it. */
import { randomUUID } from "node:crypto";
import {
  type Block,
  type Element,
  elementsOf,
  type Option,
  optionsOf,
  viewIn,
} from "./slack-blocks.ts";
import { createHook, type Press, show } from "./slack-hooks.ts";
import { messageFacts } from "./slack-methods/conversations.ts";
import { viewFacts } from "./slack-methods/views.ts";
import type { Envelope } from "./slack-post.ts";
import {
  APP_ID,
  type HookPost,
  messageAt,
  type StoredView,
  type Team,
  teamOf,
  type World,
} from "./slack-world.ts";

const COMMAND = "/docent";

export interface Pressing {
  user: string;
  /** Which of two feedback buttons: its value. */
  value?: string;
  /** Which option of a menu: its value. */
  option?: string;
}

export interface Gestures {
  /** Presses a button or chooses from a menu, of a message (by ts, also one for a person alone) or a view (by id). */
  press(on: string, actionId: string, by: Pressing): Promise<Envelope>;
  /** Chooses a message shortcut on a message. */
  shortcut(callbackId: string, messageTs: string, user: string): Promise<Envelope>;
  /** Sends a form off; `values` by action id: a text, or the value of an option. */
  submit(viewId: string, values: Record<string, string>, user: string): Promise<Envelope>;
  /** Closes a form. Slack tells only where the view asked for it; here always. */
  closeView(viewId: string, user: string): Promise<Envelope>;
  /** Types `/docent` and this text. */
  slash(text: string, from: { user: string; channel: string }): Promise<Envelope>;
  /** What was posted to the response_url of this gesture, oldest first. */
  responses(envelope: Envelope): HookPost[];
  /** The view that is open for this person, the newest first. */
  openView(user: string): StoredView;
}

type Dispatch = (type: Envelope["type"], payload: object) => Promise<Envelope>;

interface Desk {
  world: World;
  url: string;
}

export function createGestures(world: World, url: string, dispatch: Dispatch): Gestures {
  const desk = { world, url };
  return {
    press: (on, actionId, by) => dispatch("interactive", pressed(desk, on, actionId, by)),
    shortcut: (callbackId, messageTs, user) =>
      dispatch("interactive", chosen(desk, callbackId, messageTs, user)),
    submit: (viewId, values, user) =>
      dispatch("interactive", submitted(world, viewId, values, user)),
    closeView: (viewId, user) => dispatch("interactive", closed(world, viewId, user)),
    slash: (text, from) => dispatch("slash_commands", typed(desk, text, from)),
    responses: ({ payload }) => {
      const id = "response_url" in payload ? String(payload.response_url).split("/").at(-1) : "";
      return world.hooks.get(id ?? "")?.posts ?? [];
    },
    openView: (user) => {
      const found = world.views.findLast(({ userId, open }) => open && userId === user);
      if (!found) throw new Error(`${user} has no view open`);
      return found;
    },
  };
}

/** What an acknowledgement says, Slack does: shows a command's answer, keeps a form open that has errors. */
export function showAnswer(world: World, { type, payload, answers }: Envelope): void {
  const said = answers.at(-1);
  const answer = typeof said === "string" ? { text: said } : said;
  if (typeof answer !== "object" || answer === null) return;
  if (type === "slash_commands" && ("text" in answer || "blocks" in answer)) {
    const { channel_id: channel, user_id: user } = payload as ReturnType<typeof typed>;
    show(world, { channel, user }, answer as HookPost);
  }
  if (!("response_action" in answer && "view" in payload)) return;
  const { id } = payload.view as Pick<StoredView, "id">;
  const stored = world.views.find((view) => view.id === id);
  if (!stored) return;
  stored.open = answer.response_action !== "clear";
  if ("view" in answer) stored.view = viewIn(JSON.stringify(answer.view));
}

function pressed(desk: Desk, on: string, actionId: string, by: Pressing): object {
  const { world } = desk;
  const view = world.views.find(({ id }) => id === on);
  if (view) return pressedInView(world, view, actionId, by);
  const ephemeral = world.ephemerals.find(({ ts }) => ts === on);
  const message = ephemeral ?? messageAt(world, on);
  const action = actionOn(message.blocks ?? [], actionId, by, world.nextTs());
  const { channel, ts, threadTs } = message;
  const is_ephemeral = ephemeral !== undefined;
  const container = { type: "message", message_ts: ts, channel_id: channel, is_ephemeral };
  return {
    type: "block_actions",
    ...common(world, by.user, teamOf(world, world.channels.get(channel))),
    container: { ...container, ...(threadTs !== null && { thread_ts: threadTs }) },
    channel: named(world, channel),
    // Of a message for one person alone Slack sends nothing but where it was.
    ...(!("reactions" in message) ? {} : { message: messageFacts(world, message, desk.url) }),
    state: { values: {} },
    response_url: responseUrl(desk, { channel, user: by.user, originalTs: ts }),
    trigger_id: triggerId(world, by.user),
    actions: [action],
  };
}

function pressedInView(world: World, stored: StoredView, actionId: string, by: Pressing): object {
  const team = teamOf(world, { teamId: stored.teamId });
  return {
    type: "block_actions",
    ...common(world, by.user, team),
    container: { type: "view", view_id: stored.id },
    view: viewFacts(stored, { team }),
    trigger_id: triggerId(world, by.user),
    actions: [actionOn(stored.view.blocks, actionId, by, world.nextTs())],
  };
}

function chosen(desk: Desk, callback_id: string, message_ts: string, user: string): object {
  const { world } = desk;
  const message = messageAt(world, message_ts);
  const { channel } = message;
  return {
    type: "message_action",
    ...common(world, user, teamOf(world, world.channels.get(channel))),
    action_ts: world.nextTs(),
    callback_id,
    channel: named(world, channel),
    message_ts,
    message: messageFacts(world, message, desk.url),
    response_url: responseUrl(desk, { channel, user, originalTs: null }),
    trigger_id: triggerId(world, user),
  };
}

function submitted(
  world: World,
  viewId: string,
  values: Record<string, string>,
  user: string,
): object {
  const stored = viewAt(world, viewId);
  stored.open = false;
  const team = teamOf(world, { teamId: stored.teamId });
  const state = { values: filled(stored.view.blocks, values) };
  return {
    type: "view_submission",
    ...common(world, user, team),
    trigger_id: triggerId(world, user),
    view: { ...viewFacts(stored, { team }), state },
    response_urls: [],
  };
}

function closed(world: World, viewId: string, user: string): object {
  const stored = viewAt(world, viewId);
  stored.open = false;
  const team = teamOf(world, { teamId: stored.teamId });
  const view = viewFacts(stored, { team });
  return { type: "view_closed", ...common(world, user, team), view, is_cleared: false };
}

function typed(desk: Desk, text: string, { user, channel }: { user: string; channel: string }) {
  const { world } = desk;
  const team = teamOf(world, world.channels.get(channel));
  return {
    token: "loopback",
    team_id: team.id,
    team_domain: domainOf(team),
    channel_id: channel,
    channel_name: named(world, channel).name,
    user_id: user,
    user_name: user.toLowerCase(),
    command: COMMAND,
    text,
    api_app_id: APP_ID,
    is_enterprise_install: "false",
    response_url: responseUrl(desk, { channel, user, originalTs: null }),
    trigger_id: triggerId(world, user),
  };
}

/** What every gesture but a command says of who and where. */
function common(world: World, user: string, team: Team): object {
  const name = user.toLowerCase();
  const team_id = world.users.get(user)?.teamId ?? team.id;
  return {
    api_app_id: APP_ID,
    token: "loopback",
    team: { id: team.id, domain: domainOf(team) },
    user: { id: user, username: name, name, team_id },
    enterprise: null,
    is_enterprise_install: false,
  };
}

function domainOf({ url }: Team): string {
  return new URL(url).hostname.split(".")[0] ?? "";
}

function named(world: World, id: string): { id: string; name: string } {
  const channel = world.channels.get(id);
  const name = { im: "directmessage", mpim: "mpdm", private: "privategroup", public: "" };
  return { id, name: name[channel?.kind ?? "im"] || (channel?.name ?? id.toLowerCase()) };
}

function responseUrl({ world, url }: Desk, press: Press): string {
  return `${url}/hooks/${createHook(world, press)}`;
}

function triggerId(world: World, userId: string): string {
  const id = `1.2.${randomUUID()}`;
  world.triggers.set(id, { userId, atMs: world.nowMs(), used: false });
  return id;
}

function viewAt(world: World, id: string): StoredView {
  const stored = world.views.find((view) => view.id === id && view.open);
  if (!stored) throw new Error(`no open view ${id}`);
  return stored;
}

function actionOn(
  blocks: Block[],
  actionId: string,
  { value, option }: Pressing,
  action_ts: string,
): object {
  const block = blocks.find((one) => elementsOf(one).some((e) => e.action_id === actionId));
  const element = block && elementsOf(block).find(({ action_id }) => action_id === actionId);
  if (!element) throw new Error(`nothing to press: ${actionId}`);
  const { type } = element;
  const base = { type, action_id: actionId, block_id: block?.block_id, action_ts };
  if (type === "feedback_buttons") return { ...base, ...feedback(element, value) };
  if (optionsOf(element).length > 0) return { ...base, selected_option: optionOf(element, option) };
  return { ...base, text: element.text, ...(element.value && { value: element.value }) };
}

function feedback({ positive_button, negative_button }: Element, value: string | undefined) {
  const pressed = [positive_button, negative_button].find((button) => button?.value === value);
  if (!pressed) throw new Error(`no feedback button says ${value}`);
  return { text: pressed.text, value: pressed.value };
}

function optionOf(element: Element, value: string | undefined): Option {
  const found = optionsOf(element).find((option) => option.value === value);
  if (!found) throw new Error(`no option ${value}`);
  return found;
}

/** The state of a form. @throws {Error} where Slack would not let it go: something must be filled in */
function filled(blocks: Block[], values: Record<string, string>): object {
  const inputs = blocks.filter(({ type }) => type === "input");
  return Object.fromEntries(
    inputs.map(({ block_id = "", element, optional = false }) => {
      const { action_id = "", type = "" } = element ?? {};
      const value = values[action_id] ?? element?.initial_value ?? null;
      if (value === null && !optional) throw new Error(`Slack wants ${action_id} filled in`);
      const isMenu = element !== undefined && optionsOf(element).length > 0;
      const chosen = isMenu && value !== null ? optionOf(element, value) : null;
      const state = isMenu ? { type, selected_option: chosen } : { type, value };
      return [block_id, { [action_id]: state }];
    }),
  );
}
