import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Command, EXIT, UsageError } from "./command.ts";
import { converse, type Input } from "./setup/conversation.ts";
import { type SlackSide, setUpSlack, type Variant } from "./setup/slack.ts";

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

export interface SetupDeps {
  /** With what stands in .env; it may be wrong or incomplete, which is why somebody sets up. */
  environment(): Record<string, string | undefined>;
  slack(apiUrl: string | undefined): SlackSide;
  stdin: Input;
  stdout: NodeJS.WritableStream;
}

export function setupCommand(deps: SetupDeps): Command {
  return {
    usage: "slack [--http URL] [--agent] [--yes]",
    summary: "connects Docent to Slack, step by step, and writes .env",
    options: [
      "--http URL         events come to this public https address, in the place of Socket Mode",
      "--agent            with Slack's agent view (paid plans; guests can't use it)",
      "--yes              asks nothing: takes the tokens and CHANNELS_INCLUDE from the environment",
      "--print-manifest   prints the app's manifest and ends",
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
      if (platform !== "slack" || others.length > 0) throw new UsageError("Set up what? slack.");
      const { http, oauth, agent, yes } = values;
      const variant = { http: origin("--http", http), oauth: origin("--oauth", oauth), agent };
      if (values["print-manifest"]) return printManifest(deps, variant);
      if (oauth !== undefined) throw new UsageError("--oauth goes with --print-manifest.");
      return await setUp(deps, variant, yes === true);
    },
  };
}

function printManifest({ slack, stdout }: SetupDeps, variant: Variant): number {
  stdout.write(slack(undefined).manifest(variant));
  return EXIT.done;
}

async function setUp(deps: SetupDeps, variant: Variant, yes: boolean): Promise<number> {
  const { slack, stdin, stdout } = deps;
  const environment = deps.environment();
  using talk = yes ? null : converse(stdin, stdout);
  await setUpSlack({
    ...{ variant, environment, talk, file: resolve(".env") },
    slack: slack(environment.SLACK_API_URL?.trim() || undefined),
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
