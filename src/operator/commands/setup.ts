import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Command, EXIT, UsageError } from "./command.ts";
import { converse, type Input } from "./setup/conversation.ts";
import { type DiscordSide, setUpDiscord } from "./setup/discord.ts";
import { type SlackSide, setUpSlack, type Variant } from "./setup/slack.ts";
import type { Setting } from "./setup/steps.ts";

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

export interface SetupDeps {
  /** With what stands in .env; it may be wrong or incomplete, which is why somebody sets up. */
  environment(): Record<string, string | undefined>;
  slack(apiUrl: string | undefined): SlackSide;
  discord(apiUrl: string | undefined): DiscordSide;
  stdin: Input;
  stdout: NodeJS.WritableStream;
}

export function setupCommand(deps: SetupDeps): Command {
  return {
    usage: "slack|discord [--yes] [--http URL] [--agent]",
    summary: "connects Docent to Slack or Discord, step by step, and writes .env",
    options: [
      "--yes              asks nothing: takes the tokens and CHANNELS_INCLUDE from the environment",
      "--http URL         Slack: events come to this public https address, in the place of Socket Mode",
      "--agent            Slack: with its agent view (paid plans; guests can't use it)",
      "--print-manifest   Slack: prints the app's manifest and ends",
      "--oauth URL        with --print-manifest: for several workspaces, added at this public https address",
    ],
    async run(given) {
      const { values, positionals } = parseArgs({
        args: given,
        allowPositionals: true,
        options: {
          ...{ http: { type: "string" }, oauth: { type: "string" }, agent: { type: "boolean" } },
          ...{ yes: { type: "boolean" }, "print-manifest": { type: "boolean" } },
        },
      });
      const [platform, ...others] = positionals;
      if (!isPlatform(platform) || others.length > 0) {
        throw new UsageError("Set up what? slack or discord.");
      }
      const { http, oauth, agent, yes } = values;
      if (platform === "discord") {
        if (http ?? oauth ?? agent ?? values["print-manifest"]) {
          throw new UsageError("With discord goes --yes alone.");
        }
        return await setUp(deps, yes === true, (setting) =>
          setUpDiscord({ ...setting, discord: deps.discord(apiUrlOf(deps, "DISCORD_API_URL")) }),
        );
      }
      const variant = { http: origin("--http", http), oauth: origin("--oauth", oauth), agent };
      if (values["print-manifest"]) return printManifest(deps, variant);
      if (oauth !== undefined) throw new UsageError("--oauth goes with --print-manifest.");
      return await setUp(deps, yes === true, (setting) =>
        setUpSlack({ ...setting, variant, slack: deps.slack(apiUrlOf(deps, "SLACK_API_URL")) }),
      );
    },
  };
}

function printManifest({ slack, stdout }: SetupDeps, variant: Variant): number {
  stdout.write(slack(undefined).manifest(variant));
  return EXIT.done;
}

function isPlatform(name: string | undefined): name is "slack" | "discord" {
  return name === "slack" || name === "discord";
}

function apiUrlOf({ environment }: SetupDeps, name: string): string | undefined {
  return environment()[name]?.trim() || undefined;
}

async function setUp(
  { stdin, stdout, environment }: SetupDeps,
  yes: boolean,
  platform: (setting: Setting) => Promise<void>,
): Promise<number> {
  using talk = yes ? null : converse(stdin, stdout);
  await platform({
    ...{ environment: environment(), talk, file: resolve(".env") },
    say: (line) => stdout.write(`${line}\n`),
  });
  return EXIT.done;
}

function origin(option: string, given: string | undefined): string | undefined {
  if (given === undefined) return undefined;
  const url = URL.parse(given);
  const isRight = url?.protocol === "https:" || LOOPBACK.includes(url?.hostname ?? "");
  if (url && isRight && url.pathname === "/") return url.origin;
  throw new UsageError(`${option} takes an address like https://docent.example.com.`);
}
