/** The shapes of what people do with Docent's buttons, menus, forms and commands, as far as we read them. */
import * as v from "valibot";

const WithId = v.object({ id: v.string() });
const optionalText = v.nullish(v.string());

const by = {
  team: v.nullish(WithId),
  user: v.object({ id: v.string(), team_id: optionalText }),
};

export const ButtonPressed = v.object({
  type: v.literal("block_actions"),
  ...by,
  channel: v.nullish(WithId),
  trigger_id: v.string(),
  response_url: optionalText,
  actions: v.tupleWithRest(
    [
      v.object({
        action_id: v.string(),
        block_id: v.string(),
        value: optionalText,
        selected_option: v.nullish(v.object({ value: v.string() })),
      }),
    ],
    v.unknown(),
  ),
});

export const ShortcutUsed = v.object({
  type: v.literal("message_action"),
  ...by,
  callback_id: v.string(),
  channel: WithId,
  trigger_id: v.string(),
  /** When it was used: looks like a message's id, and no message has it. */
  action_ts: v.string(),
  message: v.object({
    ts: v.string(),
    thread_ts: optionalText,
    user: optionalText,
    files: v.nullish(v.array(WithId)),
  }),
});

const Field = v.object({ value: optionalText });

export const FormSent = v.object({
  type: v.literal("view_submission"),
  ...by,
  view: v.object({
    id: v.string(),
    callback_id: v.string(),
    private_metadata: v.string(),
    app_installed_team_id: optionalText,
    state: v.object({ values: v.record(v.string(), v.record(v.string(), Field)) }),
  }),
});

/** These come as a form's fields: `/docent files`. */
export const CommandTyped = v.object({
  command: v.string(),
  text: optionalText,
  team_id: v.string(),
  user_id: v.string(),
  channel_id: v.string(),
  response_url: v.string(),
  trigger_id: v.string(),
});

export const Interaction = v.variant("type", [ButtonPressed, ShortcutUsed, FormSent]);

export type ButtonPressed = v.InferOutput<typeof ButtonPressed>;
export type ShortcutUsed = v.InferOutput<typeof ShortcutUsed>;
export type FormSent = v.InferOutput<typeof FormSent>;
export type CommandTyped = v.InferOutput<typeof CommandTyped>;

/** What the form "Ask about this" keeps of the message it is about. Slack takes 3,000 characters of it. */
export const AskedAbout = v.object({
  target: v.string(),
  messageId: v.string(),
  sharerId: v.string(),
  fileIds: v.array(v.string()),
});
