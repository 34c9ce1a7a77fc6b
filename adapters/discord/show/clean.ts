/** Makes untrusted text harmless: nobody is pinged, and nothing is a link that isn't one of ours. */

/** A space without width: it is not seen, and parts what Discord would take as a command. */
const APART = "\u200B";
const MENTION = /<(?=[@#]|(?:t|id|mailto|tel|sms|sound):|\+\d|[^\s<>@]+@|[^\s<>:]+:\/)/gi;
/** The end of a custom emoji, or of a link to a command. */
const ID_END = /:(?=\d+>)/g;
const EVERYBODY = /@(?=everyone|here)/gi;
/** Discord makes a card of these, without a scheme before them as well. */
const INVITE = /(discord(?:app)?)\.(?=(?:gg|gift|new|com\/(?:invite|template|gifts|events))\b)/gi;

const ESCAPED = /\\[^0-9A-Za-z\s]/;
const BACKSLASH = /\\/;
const CODE_SPAN = /(?<run>`+)(?!`)(?<code>.{0,999}?[^`])\k<run>(?!`)/;
const TICKS = /`+/;
const LINK = /[a-z][a-z0-9+.-]{0,30}:\/\/[^\s`<>]*[^\s`<>.,;:!?'")\]}*_~|\\]/;
const SCHEME = /:\/\//;
const SPOILER = /\|\|/;
/** Discord looks for the end of an address on other lines too. */
const OPENING = /<(?! )/;
const STARS = /(?<stars>\*{1,3})(?=[^\s*])(?<starred>(?:[^*`\\]|`[^*`]*`)+)(?<!\s)\k<stars>(?!\*)/;
const LOWS =
  /(?<!\w)(?<lows>_{1,3})(?=[^\s_])(?<lowered>(?:[^_`\\]|`[^_`]*`)+)(?<!\s)\k<lows>(?!\w)/;
const TILDES = /(?<tildes>~~)(?=[^\s~])(?<struck>(?:[^~`\\]|`[^~`]*`)+)(?<!\s)~~(?![~_])/;
const MARK = /[*_]|~~/;
const TOKEN = new RegExp(
  [ESCAPED, BACKSLASH, CODE_SPAN, TICKS, LINK, SCHEME, SPOILER, OPENING, STARS, LOWS, TILDES, MARK]
    .map(({ source }) => source)
    .join("|"),
  "gi",
);
const INERT: Record<string, string> = {
  "\\": "\\\\",
  "||": "\\|\\|",
  "://": `:${APART}//`,
  "<": "\\<",
  "~~": "\\~\\~",
  "*": "\\*",
  _: "\\_",
};
const MESSAGE_PATH = /^\/channels\/(\d+)\/[\d/]+$/;
const ORIGIN = "https://discord.com";

/**
 * One line of text. Links are live outside of code, so what is code in it is written so that Discord can't see it
 * otherwise: backticks and marks of emphasis come in pairs within the line, or are escaped. Discord takes the first
 * mark that fits for the end of emphasis, be it in code.
 * @param guildId links to messages of this guild stay links
 */
export function inline(line: string, guildId?: string): string {
  return inert(written(line, guildId).replaceAll("``", `\`${APART}\``));
}

type Groups = Partial<Record<"code" | "starred" | "lowered" | "struck", string>>;

function written(text: string, guildId: string | undefined): string {
  return text.replaceAll(TOKEN, (found: string, ...rest: unknown[]) => {
    const literal = INERT[found];
    if (literal !== undefined) return literal;
    if (found.startsWith("\\")) return found;
    const { code, starred, lowered, struck } = rest.at(-1) as Groups;
    if (code !== undefined && !code.includes("`")) return `\`${code}\``;
    if (found.startsWith("`")) return literalCode(found);
    const inner = starred ?? lowered ?? struck;
    if (inner !== undefined) return found.replace(inner, () => written(inner, guildId));
    return isOurs(found, guildId) ? found : `\`${found}\``;
  });
}

/** The inside of a block of code, which nothing in it ends. */
export function inCode(text: string): string {
  return inert(text.replaceAll(/`(?=``)/g, `\`${APART}`));
}

/** Without what means something to Discord in code as well, or reaches into it: the label of a link may begin before. */
export function inert(text: string): string {
  return text
    .replaceAll("](", "] (")
    .replaceAll(MENTION, `<${APART}`)
    .replaceAll(ID_END, `:${APART}`)
    .replaceAll(EVERYBODY, `@${APART}`)
    .replaceAll(INVITE, `$1.${APART}`);
}

/** Backticks that pair with none, or stand in code themselves. */
function literalCode(text: string): string {
  const plain = text.replaceAll(/[\\`*_~|<]/g, "\\$&");
  return plain.replaceAll("://", `:${APART}//`);
}

function isOurs(link: string, guildId: string | undefined): boolean {
  if (guildId === undefined) return false;
  const url = URL.parse(link);
  return url?.origin === ORIGIN && MESSAGE_PATH.exec(link.slice(ORIGIN.length))?.[1] === guildId;
}

/** Names and quotes, which are no Markdown: on one line, and as they are. */
export function escaped(text: string, charsMax: number): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  const cut = line.length > charsMax ? `${whole(line.slice(0, charsMax))}…` : line;
  const literal = cut.replaceAll(/[\\`*_~|<[\]]/g, "\\$&").replaceAll("://", `:${APART}//`);
  return inert(literal);
}

/** Half of a surrogate pair is no character. */
function whole(text: string): string {
  return /[\uD800-\uDBFF]$/.test(text) ? text.slice(0, -1) : text;
}
