/** A message as the bot sends it: Discord's limits on everything in it. */
import {
  type APIAllowedMentions,
  type APIEmbed,
  type APIMessageTopLevelComponent,
  ComponentType,
  MessageFlags,
} from "discord.js";
import { type Body, DiscordSays, invalidForm } from "./route.ts";

const CONTENT_MAX = 2_000;
const EMBEDS_MAX = 10;
const EMBEDS_CHARS_MAX = 6_000;
const FIELDS_MAX = 25;
const ROWS_MAX = 5;
const BUTTONS_MAX = 5;
const V2_COMPONENTS_MAX = 40;
const V2_CHARS_MAX = 4_000;
const CUSTOM_ID_MAX = 100;
const OPTIONS_MAX = 25;
const LABEL_MAX = 80;
const PLACEHOLDER_MAX = 150;
const OPTION_MAX = 100;
const PINGED_MAX = 100;
const FILES_MAX = 10;
const FILE_BYTES_MAX = 10 * 1024 * 1024;

export interface Form {
  content?: string;
  embeds?: APIEmbed[];
  components?: APIMessageTopLevelComponent[];
  flags?: number;
  allowed?: APIAllowedMentions;
}

/** What of a message is in a body, checked. `null` empties a field, as in an edit. */
export function formOf(body: Body): Form {
  const form: Form = {};
  if (body.content !== undefined) form.content = textIn("content", body.content, CONTENT_MAX);
  if (body.embeds !== undefined) form.embeds = embedsIn(body.embeds);
  if (body.flags !== undefined && body.flags !== null) form.flags = flagsIn(body.flags);
  const isV2 = ((form.flags ?? 0) & MessageFlags.IsComponentsV2) !== 0;
  if (isV2 && (form.content || form.embeds?.length)) {
    throw invalidForm(
      "flags",
      "The 'content' and 'embeds' fields cannot be used with components V2.",
    );
  }
  if (body.components !== undefined) form.components = componentsIn(body.components, isV2);
  if (body.allowed_mentions) form.allowed = allowedIn(body.allowed_mentions);
  return form;
}

/** @throws {DiscordSays} 50006 for a message with nothing in it */
export function checkNotEmpty({ content, embeds, components }: Form, files: number): void {
  if (content || embeds?.length || components?.length || files > 0) return;
  throw new DiscordSays(400, 50006, "Cannot send an empty message");
}

export function checkFiles(files: { content: Uint8Array }[]): void {
  if (files.length > FILES_MAX) throw invalidForm("files", `Must be ${FILES_MAX} or fewer.`);
  if (files.some(({ content }) => content.length > FILE_BYTES_MAX)) {
    throw new DiscordSays(413, 40005, "Request entity too large");
  }
}

/** What a bot can set: the rest is Discord's to say. */
const FLAGS =
  MessageFlags.SuppressEmbeds |
  MessageFlags.SuppressNotifications |
  MessageFlags.Ephemeral |
  MessageFlags.IsVoiceMessage |
  MessageFlags.IsComponentsV2;

function flagsIn(value: unknown): number {
  const flags = Number(value);
  if (!Number.isInteger(flags) || (flags & ~FLAGS) !== 0) {
    throw invalidForm("flags", "These flags can't be set.");
  }
  return flags;
}

function textIn(field: string, value: unknown, max: number): string {
  const text = value === null ? "" : String(value);
  if (text.length > max) throw invalidForm(field, `Must be ${max} or fewer in length.`);
  return text;
}

function listIn<T>(field: string, value: unknown, max: number): T[] {
  if (value === null) return [];
  if (!Array.isArray(value)) throw invalidForm(field, "Only iterables may be used in a ListType.");
  if (value.length > max) throw invalidForm(field, `Must be ${max} or fewer in length.`);
  return value;
}

/** Where a text of an embed is, and how long it may be. */
const EMBED_TEXTS: [path: string, max: number, of: (embed: APIEmbed) => string | undefined][] = [
  ["title", 256, ({ title }) => title],
  ["description", 4_096, ({ description }) => description],
  ["footer.text", 2_048, ({ footer }) => footer?.text],
  ["author.name", 256, ({ author }) => author?.name],
];
const FIELD_NAME_MAX = 256;
const FIELD_VALUE_MAX = 1_024;

function embedsIn(value: unknown): APIEmbed[] {
  const embeds = listIn<APIEmbed>("embeds", value, EMBEDS_MAX);
  const sizes = embeds.map((embed, at) => charsOf(embed, `embeds.${at}`));
  if (sizes.reduce((sum, size) => sum + size, 0) > EMBEDS_CHARS_MAX) {
    throw invalidForm("embeds", `Embed size exceeds maximum size of ${EMBEDS_CHARS_MAX}`);
  }
  return embeds.map((embed) => ({ type: "rich" as APIEmbed["type"] & string, ...embed }));
}

function charsOf(embed: APIEmbed, at: string): number {
  let chars = 0;
  for (const [path, max, of] of EMBED_TEXTS) {
    chars += textIn(`${at}.${path}`, of(embed) ?? "", max).length;
  }
  const fields = listIn<{ name: string; value: string }>(
    `${at}.fields`,
    embed.fields ?? [],
    FIELDS_MAX,
  );
  for (const { name, value } of fields) {
    chars += textIn(`${at}.fields.name`, name, FIELD_NAME_MAX).length;
    chars += textIn(`${at}.fields.value`, value, FIELD_VALUE_MAX).length;
    if (!(name && value)) throw invalidForm(`${at}.fields`, "This field is required");
  }
  return chars;
}

/** As components are nested: only what is checked here. */
export interface Nested {
  type: ComponentType;
  custom_id?: string;
  label?: string;
  content?: string;
  disabled?: boolean;
  url?: string;
  emoji?: object;
  placeholder?: string;
  options?: { label?: string; value?: string; description?: string }[];
  components?: Nested[];
  accessory?: Nested;
}

/** All components, with those inside others. */
export function flat(components: readonly Nested[]): Nested[] {
  return components.flatMap((one) => [
    one,
    ...flat(one.components ?? []),
    ...flat(one.accessory ? [one.accessory] : []),
  ]);
}

function componentsIn(value: unknown, isV2: boolean): APIMessageTopLevelComponent[] {
  const max = isV2 ? V2_COMPONENTS_MAX : ROWS_MAX;
  const components = listIn<APIMessageTopLevelComponent>("components", value, max);
  const all = flat(components as Nested[]);
  if (isV2) checkV2(all);
  else checkRows(components as Nested[]);
  checkCustomIds(all);
  for (const row of all) if (row.type === ComponentType.ActionRow) checkRow(row);
  return components;
}

function checkV2(all: Nested[]): void {
  if (all.length > V2_COMPONENTS_MAX)
    throw invalidForm("components", `Must be ${V2_COMPONENTS_MAX} or fewer.`);
  const texts = all.filter(({ type }) => type === ComponentType.TextDisplay);
  const chars = texts.reduce((sum, { content = "" }) => sum + content.length, 0);
  if (chars > V2_CHARS_MAX) throw invalidForm("components", `Text exceeds ${V2_CHARS_MAX}`);
}

function checkRows(rows: Nested[]): void {
  if (rows.every(({ type }) => type === ComponentType.ActionRow)) return;
  throw invalidForm("components.0", 'Value of field "type" must be one of (1,).');
}

function checkRow({ components = [] }: Nested): void {
  const isOneSelect = components.length === 1;
  const buttons = components.filter(({ type }) => type === ComponentType.Button).length;
  const isWellMade = isOneSelect || (buttons === components.length && buttons > 0);
  if (!isWellMade || buttons > BUTTONS_MAX) {
    throw invalidForm(
      "components.0.components",
      "The specified component exceeds the maximum width",
    );
  }
}

function checkCustomIds(all: Nested[]): void {
  const ids = all.flatMap(({ custom_id }) => (custom_id === undefined ? [] : [custom_id]));
  if (ids.some((id) => id.length === 0 || id.length > CUSTOM_ID_MAX)) {
    throw invalidForm(
      "components.0.custom_id",
      `Must be between 1 and ${CUSTOM_ID_MAX} in length.`,
    );
  }
  if (new Set(ids).size < ids.length) {
    throw invalidForm("components.0.custom_id", "Component custom id cannot be duplicated");
  }
  for (const one of all) {
    if (one.type === ComponentType.Button) checkButton(one);
    if (one.type === ComponentType.StringSelect) checkSelect(one);
  }
}

function checkButton({ label = "", emoji }: Nested): void {
  if (label.length > LABEL_MAX)
    throw invalidForm("components.0.label", `Must be ${LABEL_MAX} or fewer.`);
  if (label === "" && !emoji)
    throw invalidForm("components.0", "A button must have a label or an emoji.");
}

function checkSelect({ placeholder = "", options = [] }: Nested): void {
  if (placeholder.length > PLACEHOLDER_MAX)
    throw invalidForm("components.0.placeholder", `Must be ${PLACEHOLDER_MAX} or fewer.`);
  if (options.length === 0 || options.length > OPTIONS_MAX)
    throw invalidForm("components.0.options", "Must be between 1 and 25 in length.");
  for (const { label = "", value = "", description = "" } of options) {
    const isLong = [label, value, description].some((text) => text.length > OPTION_MAX);
    if (isLong || label === "" || value === "")
      throw invalidForm("components.0.options.0", `Must be between 1 and ${OPTION_MAX} in length.`);
  }
  if (new Set(options.map(({ value }) => value)).size < options.length)
    throw invalidForm("components.0.options", "The specified option value is already used");
}

function allowedIn(value: unknown): APIAllowedMentions {
  const allowed = value as APIAllowedMentions;
  const parses = (what: string) => allowed.parse?.some((one) => one === what) ?? false;
  const isBoth = (what: "users" | "roles") => parses(what) && (allowed[what]?.length ?? 0) > 0;
  if (isBoth("users") || isBoth("roles")) {
    throw invalidForm("allowed_mentions", "parse and a list are mutually exclusive.");
  }
  if ([allowed.users, allowed.roles].some((ids) => (ids?.length ?? 0) > PINGED_MAX)) {
    throw invalidForm("allowed_mentions", `Must be ${PINGED_MAX} or fewer in length.`);
  }
  return allowed;
}
