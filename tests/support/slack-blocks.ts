/** Block Kit as Slack checks it, and what people see of it. */
import { SlackSays } from "./slack-methods/method.ts";

const BLOCKS_MAX = { message: 50, view: 100 };
/** Of all texts in one message's blocks. */
const BLOCKS_CHARS_MAX = 13_200;
const MARKDOWN_CHARS_MAX = 12_000;
const TYPES = new Set([
  ...["actions", "alert", "card", "context", "context_actions", "data_table", "divider"],
  ...["header", "image", "input", "markdown", "plan", "rich_text", "section", "table"],
  "task_card",
]);

export interface Text {
  type: string;
  text: string;
}

export interface Option {
  text: Text;
  value: string;
  description?: Text;
}

export interface Element {
  type: string;
  action_id?: string;
  text?: Text | string;
  value?: string;
  url?: string;
  placeholder?: Text;
  options?: Option[];
  option_groups?: { options: Option[] }[];
  positive_button?: Answer;
  negative_button?: Answer;
  initial_value?: string;
  initial_option?: Option;
}

interface Answer {
  text: Text;
  value: string;
  accessibility_label?: string;
}

export interface Block {
  type: string;
  block_id?: string;
  text?: Text | string;
  fields?: Text[];
  elements?: Element[];
  element?: Element;
  accessory?: Element;
  label?: Text;
  hint?: Text;
  optional?: boolean;
  rows?: unknown[][];
}

export interface View {
  type: "modal" | "home";
  callback_id?: string;
  private_metadata?: string;
  title?: Text;
  submit?: Text;
  close?: Text;
  blocks: Block[];
  clear_on_close?: boolean;
  notify_on_close?: boolean;
  external_id?: string;
}

/**
 * What came as JSON, checked, with the ids that Slack gives to blocks and elements that have none.
 * @throws {SlackSays} invalid_blocks_format, invalid_blocks, msg_blocks_too_long
 */
export function blocksIn(json: string | undefined): Block[] | undefined {
  if (json === undefined || json === "") return;
  const blocks = parsed(json, "invalid_blocks_format");
  if (!Array.isArray(blocks)) throw new SlackSays("invalid_blocks_format");
  return checked(blocks as Block[], BLOCKS_MAX.message);
}

/** @throws {SlackSays} invalid_arguments, invalid_blocks */
export function viewIn(json: string | undefined): View {
  const view = parsed(json ?? "", "invalid_arguments") as View;
  const isModal = view.type === "modal";
  demand(isModal || view.type === "home", "type", "invalid_arguments");
  demand(!isModal || short(view.title, 24), "title ≤ 24", "invalid_arguments");
  demand(short(view.submit, 24, true), "submit ≤ 24", "invalid_arguments");
  demand(short(view.close, 24, true), "close ≤ 24", "invalid_arguments");
  demand((view.private_metadata ?? "").length <= 3_000, "private_metadata", "invalid_arguments");
  demand((view.callback_id ?? "").length <= 255, "callback_id", "invalid_arguments");
  const hasInput = view.blocks.some(({ type }) => type === "input");
  demand(!(isModal && hasInput) || view.submit !== undefined, "submit", "invalid_arguments");
  return { ...view, blocks: checked(view.blocks, BLOCKS_MAX.view) };
}

function parsed(json: string, error: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new SlackSays(error);
  }
}

export function checked(blocks: Block[], max: number = BLOCKS_MAX.message): Block[] {
  demand(blocks.length <= max, `no more than ${max} items allowed [json-pointer:/blocks]`);
  const ids = blocks.flatMap(({ block_id }) => block_id ?? []);
  demand(new Set(ids).size === ids.length, "block_id is not unique");
  const whole = blocks.map((block, index) => withIds(block, index));
  for (const [index, block] of whole.entries()) checkBlock(block, `/blocks/${index}`);
  const texts = textsIn(whole).join("").length;
  if (texts > BLOCKS_CHARS_MAX) throw new SlackSays("msg_blocks_too_long");
  const markdown = whole.filter(({ type }) => type === "markdown").map(({ text }) => text);
  if (markdown.join("").length > MARKDOWN_CHARS_MAX) throw new SlackSays("msg_blocks_too_long");
  return whole;
}

function withIds(block: Block, index: number): Block {
  const named = (element: Element, at: number) => ({
    ...element,
    ...(element.action_id === undefined && { action_id: `a${index}.${at}` }),
  });
  const elements = block.type === "actions" ? block.elements?.map(named) : block.elements;
  return { ...block, block_id: block.block_id ?? `b${index}`, ...(elements && { elements }) };
}

function checkBlock(block: Block, at: string): void {
  demand(TYPES.has(block.type), `unsupported type: ${block.type} [json-pointer:${at}/type]`);
  demand((block.block_id ?? "").length <= 255, `block_id ≤ 255 [json-pointer:${at}]`);
  CHECKS[block.type]?.(block, at);
  const ids = elementsOf(block).flatMap(({ action_id }) => action_id ?? []);
  demand(new Set(ids).size === ids.length, `action_id is not unique [json-pointer:${at}]`);
  for (const element of elementsOf(block)) checkElement(element, `${at}/elements`);
}

const CHECKS: Record<string, (block: Block, at: string) => void> = {
  section: (block, at) => {
    demand(short(block.text, 3_000, block.fields !== undefined), `section text ≤ 3000 [${at}]`);
    demand((block.fields ?? []).length <= 10, `section fields ≤ 10 [${at}]`);
    for (const field of block.fields ?? []) demand(short(field, 2_000), `field ≤ 2000 [${at}]`);
  },
  header: (block, at) => {
    demand(short(block.text, 150) && isPlain(block.text), `header text ≤ 150, plain [${at}]`);
  },
  markdown: (block, at) => {
    demand(typeof block.text === "string" && block.text !== "", `markdown text [${at}]`);
  },
  context: (block, at) => hasElements(block, 10, at),
  actions: (block, at) => hasElements(block, 25, at),
  context_actions: (block, at) => {
    hasElements(block, 5, at);
    const kinds = new Set(["feedback_buttons", "icon_button"]);
    demand(
      (block.elements ?? []).every(({ type }) => kinds.has(type)),
      `context_actions takes feedback_buttons and icon_button alone [${at}]`,
    );
  },
  input: (block, at) => {
    demand(short(block.label, 2_000) && isPlain(block.label), `input label ≤ 2000 [${at}]`);
    demand(block.element !== undefined, `input element [${at}]`);
  },
  table: (block, at) => {
    const isSmall = (block.rows ?? []).every((row) => row.length <= 20);
    demand((block.rows ?? []).length <= 100 && isSmall, `table ≤ 100 × 20 [${at}]`);
  },
};

function hasElements({ elements = [] }: Block, max: number, at: string): void {
  demand(elements.length > 0 && elements.length <= max, `1 to ${max} elements [${at}]`);
}

function checkElement(element: Element, at: string): void {
  demand((element.action_id ?? "").length <= 255, `action_id ≤ 255 [${at}]`);
  demand((element.url ?? "").length <= 3_000, `url ≤ 3000 [${at}]`);
  demand((element.value ?? "").length <= 2_000, `value ≤ 2000 [${at}]`);
  if (element.type === "button") {
    demand(short(element.text, 75) && isPlain(element.text), `button text ≤ 75, plain [${at}]`);
  }
  if (element.type === "feedback_buttons") checkFeedback(element, at);
  const options = optionsOf(element);
  const max = element.type === "overflow" ? 5 : 100;
  demand(options.length <= max, `options ≤ ${max} [${at}]`);
  for (const option of options) {
    demand(short(option.text, 75), `option text ≤ 75 [${at}]`);
    demand(option.value.length <= 75, `option value ≤ 75 [${at}]`);
    demand(short(option.description, 75, true), `option description ≤ 75 [${at}]`);
  }
}

function checkFeedback({ positive_button, negative_button }: Element, at: string): void {
  for (const button of [positive_button, negative_button]) {
    demand(short(button?.text, 75), `feedback text ≤ 75 [${at}]`);
    const { value = "", accessibility_label = "" } = button ?? {};
    demand(value !== "" && value.length <= 2_000, `feedback value ≤ 2000 [${at}]`);
    demand(accessibility_label.length <= 75, `accessibility_label ≤ 75 [${at}]`);
  }
}

function isPlain(text: Text | string | undefined): boolean {
  return typeof text === "object" && text.type === "plain_text";
}

function short(text: Text | string | undefined, max: number, optional = false): boolean {
  if (text === undefined) return optional;
  const chars = (typeof text === "string" ? text : text.text).length;
  return chars > 0 && chars <= max;
}

function demand(holds: boolean, detail: string, error = "invalid_blocks"): void {
  if (!holds) throw new SlackSays(error, detail);
}

export function optionsOf(element: Element): Option[] {
  const grouped = (element.option_groups ?? []).flatMap(({ options }) => options);
  return [...(element.options ?? []), ...grouped];
}

/** What somebody can press or fill in, in this block. */
export function elementsOf(block: Block): Element[] {
  const own = [block.element, block.accessory].filter((element) => element !== undefined);
  const isText = block.type === "rich_text" || block.type === "table";
  return [...(isText ? [] : (block.elements ?? [])), ...own];
}

/** Every text in the blocks, in order. */
function textsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "text" && typeof inner === "string" ? [inner] : textsIn(inner),
  );
}

/** What people see of a message: its blocks in the place of its text, but under the text of a stream. */
export function seen(message: { text: string; blocks?: Block[]; streamed?: boolean }): string {
  const blocks = (message.blocks ?? []).map((block) => textsIn(block).join("\n"));
  const text = message.streamed || blocks.length === 0 ? [message.text] : [];
  return [...text, ...blocks].filter((part) => part !== "").join("\n");
}
