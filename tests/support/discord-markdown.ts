/** Discord's Markdown, as far as it decides what is a link: the rules of its client, in their order. */

type Rule = { match: RegExp; take(found: RegExpExecArray, live: string[]): void };

const TEXT = /^[\s\S]+?(?=[^0-9A-Za-z\s\u00c0-\uffff]|\n\n| {2,}\n|\w+:\S|$)/;
const LINK =
  /^\[((?:\[[^\]]*\]|[^[\]]|\](?=[^[]*\]))*)\]\(\s*<?((?:\([^)]*\)|[^\s\\]|\\.)*?)>?(?:\s+['"]([\s\S]*?)['"])?\s*\)/;
const STARRED = /^\*(?=\S)((?:\*\*|\\[\s\S]|\s+(?:\\[\s\S]|[^\s*\\]|\*\*)|[^\s*\\])+?)\*(?!\*)/;

const inside: Rule["take"] = (found, live) => read(found[1] ?? "", live);
const nothing: Rule["take"] = () => undefined;

const RULES: Rule[] = [
  { match: /^```(?:([a-z0-9_+\-.#]+?)\n)?\n*([^\n][\s\S]*?)\n*```/i, take: nothing },
  { match: /^\\([^0-9A-Za-z\s])/, take: nothing },
  {
    match: /^<([^: >]+:\/[^ >]+)>/,
    take: (found, live) => {
      if (/^[a-z]+:/i.test(found[1] ?? "")) live.push(found[0]);
    },
  },
  {
    match: /^((?:https?|steam|discord):\/\/[^\s<]+[^<.,:;"'\]\s])/,
    take: (found, live) => live.push(found[0]),
  },
  {
    match: LINK,
    take: (found, live) => {
      if (/^[a-z]+:/i.test(found[2] ?? "")) live.push(found[0]);
      else read(found[1] ?? "", live);
    },
  },
  { match: /^\*\*((?:\\[\s\S]|[^\\])+?)\*\*(?!\*)/, take: inside },
  { match: /^__((?:\\[\s\S]|[^\\])+?)__(?!_)/, take: inside },
  { match: STARRED, take: inside },
  { match: /^\b_((?:__|\\[\s\S]|[^\\_])+?)_\b/, take: inside },
  { match: /^~~([\s\S]+?)~~(?!_)/, take: inside },
  { match: /^\|\|([\s\S]+?)\|\|/, take: inside },
  { match: /^(`+)([\s\S]*?[^`])\1(?!`)/, take: nothing },
  { match: TEXT, take: nothing },
];

/** What somebody could click on. */
export function linksIn(content: string): string[] {
  const live: string[] = [];
  read(content, live);
  return live;
}

function read(content: string, live: string[]): void {
  let rest = content;
  while (rest !== "") {
    const rule = RULES.find(({ match }) => match.test(rest));
    const found = rule?.match.exec(rest);
    if (found) rule?.take(found, live);
    rest = rest.slice(found?.[0].length ?? 1);
  }
}

/** What would call somebody, or look as if it did, wherever it stands. */
const PING =
  /<@[!&]?\d+>|<#\d+>|<a?:\w+:\d+>|<\/[^>\n]+:\d+>|<(?:t|id):[\w:-]+>|@(?:everyone|here)|discord\.gg\/\w/gi;

export function pingsIn(content: string): string[] {
  return content.match(PING) ?? [];
}

/** Random numbers from 0 to 1 that are the same each time. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
