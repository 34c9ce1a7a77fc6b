/** Writes what is made from the table of settings: docs/configuration.md and .env.example. */
import { writeFile } from "node:fs/promises";
import * as v from "valibot";
import type { SettingWords } from "../src/settings/kinds.ts";
import { SETTING_GROUPS } from "../src/settings/settings.ts";

const LINE_CHARS_MAX = 100;

interface Described extends SettingWords {
  name: string;
  does: string;
  /** Empty where there is none. */
  fallback: string;
}

/** The text of each file by its path in the repository. */
export function madeFiles(): Record<string, string> {
  return { "docs/configuration.md": page(), ".env.example": example() };
}

function described(settings: v.ObjectEntries): Described[] {
  return Object.entries(settings).map(([name, kind]) => ({
    ...(v.getMetadata(kind) satisfies SettingWords),
    name,
    does: v.getDescription(kind) ?? "",
    fallback: String(v.getDefault(kind) ?? ""),
  }));
}

const PAGE_HEAD = `# Settings

<!-- Made by \`npm run docs\` from src/settings/. Change it there. -->

Docent reads its settings from the environment and from a file \`.env\` in its folder; the environment wins. Nothing has
to be set. To begin, copy [.env.example](../.env.example) to \`.env\` and change what you need. What is wrong is told at
the start, all at once and each with its fix; no value is ever printed.
`;

function page(): string {
  const groups = SETTING_GROUPS.map(({ title, lead, settings, elsewhere = {} }) => {
    const borrowed = Object.entries(elsewhere).map(
      ([name, does]) => `| \`${name}\` | as the AWS SDK has it | none | ${does} |`,
    );
    const rows = [...borrowed, ...described(settings).map(row)].join("\n");
    const head = "| setting | allowed | default | what it does |\n|---|---|---|---|\n";
    return `\n## ${title}\n\n${lead && `${wrapped(lead, "")}\n\n`}${head}${rows}\n`;
  });
  return PAGE_HEAD + groups.join("");
}

function row({ name, allowed, fallback, unset, does, advice, alternative }: Described): string {
  const standard = fallback ? fallback.replaceAll(/[^,]+/g, "`$&`") : (unset ?? "none");
  const other = alternative && `${alternative.why} \`${alternative.value}\``;
  const words = [does, advice, other].filter(Boolean).join(" ");
  return `| \`${name}\` | ${allowed ?? "text"} | ${standard.replaceAll("`,`", "`, `")} | ${words} |`;
}

const EXAMPLE_HEAD = `# Every setting of Docent. Copy this file to .env, and take the # away from what you change.
# Nothing here is needed to start. Made by \`npm run docs\` from src/settings/: change it there.
`;

function example(): string {
  const groups = SETTING_GROUPS.map(({ title, lead, settings, elsewhere = {} }) => {
    const borrowed = Object.entries(elsewhere).map(([name, does]) => line(name, "", does));
    const lines = [...borrowed, ...described(settings).map(entry)].join("");
    return `\n# --- ${title} ---\n\n${lead && `${comment(lead)}\n`}${lines}`;
  });
  return EXAMPLE_HEAD + groups.join("");
}

function entry({ name, does, allowed, fallback, unset, ...words }: Described): string {
  const said = [
    does,
    allowed && `Allowed: ${allowed}.`,
    !fallback && unset && `Not set: ${unset}.`,
    words.advice,
  ];
  const own = line(name, fallback || words.example || "", said.filter(Boolean).join(" "));
  const { alternative } = words;
  return alternative ? own + line(name, alternative.value, alternative.why) : own;
}

function line(name: string, value: string, said: string): string {
  return `${comment(said)}#${name}=${value}\n`;
}

function comment(markdown: string): string {
  return `${wrapped(markdown.replaceAll("`", ""), "# ")}\n`;
}

/** Breaks a paragraph between its words. @param before what every line begins with */
function wrapped(paragraph: string, before: string): string {
  const lines: string[] = [];
  let current = "";
  for (const word of paragraph.split(" ")) {
    if (current && before.length + current.length + word.length >= LINE_CHARS_MAX) {
      lines.push(current);
      current = word;
    } else current = current ? `${current} ${word}` : word;
  }
  return [...lines, current].map((text) => before + text).join("\n");
}

if (import.meta.main) {
  for (const [path, content] of Object.entries(madeFiles())) {
    await writeFile(new URL(`../${path}`, import.meta.url), content);
  }
}
