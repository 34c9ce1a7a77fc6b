const CHANNEL = /<#(?:C|G)\w+\|([^>]+)>/g;
const LABELLED_LINK = /<((?:https?|mailto):[^|>]+)\|([^>]+)>/g;
const BARE_LINK = /<((?:https?|mailto):[^|>]+)>/g;
const SPACES = /[ \t]{2,}/g;

/** Slack's own markup as the words that people see, without the mentions of the bot itself. */
export function plain(text: string, botUserId: string): string {
  return text
    .replaceAll(new RegExp(`<@${botUserId}(?:\\|[^>]*)?>`, "g"), "")
    .replaceAll(CHANNEL, "#$1")
    .replaceAll(LABELLED_LINK, "$2")
    .replaceAll(BARE_LINK, "$1")
    .replaceAll(SPACES, " ")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&")
    .trim();
}
