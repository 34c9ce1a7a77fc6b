import type { types } from "@slack/bolt";
import { split } from "../../shared/split.ts";
import { literal, literalWithLinks } from "./clean.ts";

const TEXT_CHARS_MAX = 4_000;
const SECTION_CHARS_MAX = 3_000;
const WORD_CHARS_MAX = 10_000;
const LINK = /\[((?:[^\]\\]|\\.)*)\]\([^\s)]*\)/g;
const MARKERS = /\*\*|\\(?=[\\`*_~[\]])|^> /gm;

/** What a message says. Where there are blocks, the text is for notifications and screen readers. */
export interface Body {
  text: string;
  blocks?: types.KnownBlock[];
}

/** @param markdown as clean.ts makes it harmless; at most 12,000 characters */
export function body(markdown: string, under: types.KnownBlock[] = []): Required<Body> {
  const spoken = literal(markdown.replaceAll(LINK, "$1").replaceAll(MARKERS, ""));
  return {
    text: spoken.slice(0, TEXT_CHARS_MAX),
    blocks: [{ type: "markdown", text: markdown }, ...under],
  };
}

/**
 * A few plain lines of ours, with names and quotes of others in them.
 * @param workspaceUrl links to its messages stay links
 */
export function word(text: string, workspaceUrl?: string): Body {
  const cut = text.length > WORD_CHARS_MAX ? `${text.slice(0, WORD_CHARS_MAX)}…` : text;
  return { text: workspaceUrl === undefined ? literal(cut) : literalWithLinks(cut, workspaceUrl) };
}

/** @param said as `literal` makes it harmless; what does not fit into so many sections is left out */
export function sections(said: string, sectionsMax: number): types.SectionBlock[] {
  return split(said, SECTION_CHARS_MAX)
    .slice(0, sectionsMax)
    .map((text) => ({ type: "section", text: { type: "mrkdwn", text, verbatim: true } }));
}

/** Nothing that stands in a message calls anybody or opens a preview. */
export const MANNERS = { parse: "none", link_names: false } as const;
export const NO_PREVIEW = { unfurl_links: false, unfurl_media: false } as const;
