import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { EVENT_TYPES } from "../../adapters/slack/events/payloads.ts";
import { botScopes, creationLink, manifest } from "../../adapters/slack/install/manifest.ts";

const FILE = readFileSync(new URL("../../manifest.yml", import.meta.url), "utf8");
const URL_OF_US = "https://docent.example.com";
/** Slack has four events that arrive as `message`, by the kind of channel. */
const MESSAGES = ["message.channels", "message.groups", "message.im", "message.mpim"];
/** Of the agent view alone. */
const AGENT_EVENT = "agent_session_stopped";

function eventsOf(yaml: string): string[] {
  return parse(yaml).settings.event_subscriptions.bot_events;
}

describe("the Slack app's manifest", () => {
  test("subscribes to exactly the events that are listened to", () => {
    const heard = EVENT_TYPES.flatMap((type) => (type === "message" ? MESSAGES : type));
    const subscribed = eventsOf(manifest({ agent: true }));
    expect([...subscribed].sort()).toEqual([...new Set(heard)].sort());
    expect(eventsOf(FILE)).not.toContain(AGENT_EVENT);
  });

  test("asks for exactly these scopes", () => {
    expect(botScopes(FILE).sort()).toEqual(
      [
        ...["app_mentions:read", "chat:write", "commands", "files:read", "reactions:write"],
        ...["channels:history", "groups:history", "im:history", "mpim:history", "users:read"],
        ...["channels:read", "groups:read", "im:read", "mpim:read"],
      ].sort(),
    );
  });

  test("explains every scope and event in a comment", () => {
    const lines = FILE.split("\n");
    for (const list of ["    bot:", "    bot_events:"]) {
      expect(lines[lines.indexOf(list) + 1]).toMatch(/^ {6}# [A-Z].+\.$/);
    }
  });

  test("is the file itself where nothing else is wanted", () => {
    expect(manifest()).toBe(FILE);
  });

  test("lets Slack call us where HTTP is wanted, and changes nothing else", () => {
    const url = `${URL_OF_US}/slack/events`;
    const changed = parse(manifest({ http: URL_OF_US }));
    expect(changed.settings).toMatchObject({
      socket_mode_enabled: false,
      interactivity: { is_enabled: true, request_url: url },
      event_subscriptions: { request_url: url },
    });
    expect(changed.features.slash_commands).toMatchObject([{ command: "/docent", url }]);
    expect(changed.oauth_config).toEqual(parse(FILE).oauth_config);
    expect(manifest({ http: URL_OF_US })).toContain("# Be told when somebody asks with @docent.");
  });

  test("names the way back of OAuth where several workspaces are wanted", () => {
    const { oauth_config, settings } = parse(manifest({ oauth: URL_OF_US }));
    expect(oauth_config.redirect_urls).toEqual([`${URL_OF_US}/slack/oauth_redirect`]);
    expect(settings).toEqual(parse(FILE).settings);
  });

  test("has the agent view only where it is wanted", () => {
    const { features } = parse(manifest({ agent: true }));
    expect(features.agent_view.suggested_prompts.length).toBeLessThanOrEqual(4);
    expect(botScopes(manifest({ agent: true }))).toContain("assistant:write");
    expect(FILE).not.toMatch(/agent_view:|assistant:write/);
  });

  test.each([{}, { http: URL_OF_US, oauth: URL_OF_US, agent: true }])(
    "stands whole in the link that creates the app: %o",
    (variant) => {
      const link = new URL(creationLink(manifest(variant)));
      expect(link.origin + link.pathname).toBe("https://api.slack.com/apps");
      expect(link.searchParams.get("new_app")).toBe("1");
      expect(parse(link.searchParams.get("manifest_yaml") ?? "")).toEqual(parse(manifest(variant)));
      expect(link.href.length).toBeLessThan(8_000);
    },
  );

  test("keeps Slack's limits on words", () => {
    const { display_information, features } = parse(manifest({ agent: true }));
    const { description, usage_hint, should_escape } = features.slash_commands[0];
    expect(display_information.description.length).toBeLessThanOrEqual(140);
    expect(features.agent_view.agent_description.length).toBeLessThanOrEqual(300);
    expect([description.length < 2_000, usage_hint.length < 1_000]).toEqual([true, true]);
    // Otherwise nobody could tell whom `block @PERSON` names.
    expect(should_escape).toBe(true);
    expect(features.shortcuts).toMatchObject([{ type: "message", callback_id: "docent_ask" }]);
  });
});
