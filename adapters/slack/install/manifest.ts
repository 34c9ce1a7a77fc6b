/** The app's manifest: manifest.yml, and what changes in it where Slack is used in another than the plainest way. */
import { readFileSync } from "node:fs";
import * as v from "valibot";
import { type Document, parse, parseDocument, stringify } from "yaml";

const FILE = new URL("../../../manifest.yml", import.meta.url);
const NEW_APP = "https://api.slack.com/apps";

/** Where Slack sends what happens, and people who want to add the app, or have agreed to it. */
export const PATHS = {
  events: "/slack/events",
  install: "/slack/install",
  installed: "/slack/oauth_redirect",
} as const;

export interface ManifestVariant {
  /** Events come over HTTP, to the server at this origin, in the place of Socket Mode. */
  http?: string | undefined;
  /** Several workspaces are added, at the server at this origin. */
  oauth?: string | undefined;
  /** With Slack's agent view: on paid plans, and not for guests. */
  agent?: boolean | undefined;
}

const Scopes = v.object({
  oauth_config: v.object({ scopes: v.object({ bot: v.array(v.string()) }) }),
});

const AGENT_VIEW = {
  agent_description: "Answers from the files your team shares, with a link to each source",
  suggested_prompts: [
    { title: "What can you do?", message: "help" },
    { title: "Which files do you know?", message: "files" },
    { title: "What do you keep, and who sees it?", message: "privacy" },
  ],
};
const AGENT_SCOPE = "assistant:write";
const AGENT_EVENT = "agent_session_stopped";

/** As YAML with its comments, as people read it. */
export function manifest({ http, oauth, agent }: ManifestVariant = {}): string {
  const document = parseDocument(readFileSync(FILE, "utf8"));
  if (http !== undefined) useHttp(document, http + PATHS.events);
  if (oauth !== undefined) {
    document.setIn(["oauth_config", "redirect_urls"], [oauth + PATHS.installed]);
  }
  if (agent) useAgentView(document);
  return document.toString({ lineWidth: 0 });
}

/** Slack's own page, with everything filled in. */
export function creationLink(yaml: string): string {
  const link = new URL(NEW_APP);
  // The comments are for people, and would make it too long.
  link.search = `new_app=1&manifest_yaml=${encodeURIComponent(stringify(parse(yaml), { indent: 1 }))}`;
  return link.href;
}

/** What the bot may do. */
export function botScopes(yaml: string): string[] {
  return v.parse(Scopes, parse(yaml)).oauth_config.scopes.bot;
}

function useHttp(document: Document, url: string): void {
  document.setIn(["settings", "socket_mode_enabled"], false);
  document.setIn(["settings", "event_subscriptions", "request_url"], url);
  document.setIn(["settings", "interactivity", "request_url"], url);
  document.setIn(["features", "slash_commands", 0, "url"], url);
}

function useAgentView(document: Document): void {
  document.setIn(["features", "agent_view"], document.createNode(AGENT_VIEW));
  const scope = document.createNode(AGENT_SCOPE);
  scope.commentBefore = " Be Slack's agent view.";
  document.addIn(["oauth_config", "scopes", "bot"], scope);
  const event = document.createNode(AGENT_EVENT);
  event.commentBefore = " Somebody stopped an answer.";
  document.addIn(["settings", "event_subscriptions", "bot_events"], event);
}
