import { readConfig } from "../../../config.ts";
import { ConfigError } from "../../../errors.ts";
import type { Conversation } from "./conversation.ts";
import { readSettings, writeSettings } from "./env-file.ts";

const TRIES_MAX = 5;
/** Discord's may hold signs of any kind. */
const CHANNEL_NAME = /^[^\s,"'`\\]+$/;

/** What every platform is set up with. */
export interface Setting {
  environment: Record<string, string | undefined>;
  /** The path of .env. */
  file: string;
  /** Null: nobody is asked, all comes from the environment. */
  talk: Conversation | null;
  say(line: string): void;
}

/** A token or secret: how it is asked for, and what must be so. */
export interface Secret<T> {
  name: string;
  /** As the platform's pages call it. */
  label: string;
  pattern: RegExp;
  looks: string;
  /** @throws {ConfigError} with what to do */
  check(value: string): Promise<T>;
}

/** Writes it into .env, and says what hides it. @throws {ConfigError} when something else there is wrong */
export async function writeDown(
  { environment, file, say }: Setting,
  settings: Record<string, string>,
): Promise<void> {
  const before = await readSettings(file);
  await writeSettings(file, settings);
  say(`\nWritten to ${file}, which only you can read.`);
  for (const name of hiddenBy(environment, before, settings)) {
    say(`${name} is set in the environment too, which wins over .env: take it away there.`);
  }
  readConfig({ ...environment, ...settings });
}

/** What is known already, or what they type, until it is right. */
export async function obtain<T>(
  { talk, environment, say }: Setting,
  secret: Secret<T>,
): Promise<{ value: string; found: T }> {
  let value = environment[secret.name]?.trim() ?? "";
  if (!talk) return { value, found: await checked(secret, value) };
  if (value && (await talk.agrees(`${secret.name} is set already. Replace it?`))) value = "";
  for (let tries = 1; ; tries += 1) {
    value ||= await talk.askSecret(`${secret.label}: `);
    try {
      return { value, found: await checked(secret, value) };
    } catch (error) {
      if (!(error instanceof ConfigError) || tries === TRIES_MAX) throw error;
      say(`   ${error.message}\n`);
    }
    // Where something had to be done at the platform, the token may be the same.
    value = (await talk.askSecret(`${secret.label} (Enter: the same again): `)) || value;
  }
}

async function checked<T>({ name, label, pattern, looks, check }: Secret<T>, value: string) {
  if (value === "") throw new ConfigError(`${name} is missing: the ${label} ${looks}.`);
  if (!pattern.test(value)) throw new ConfigError(`This is not the ${label}: that ${looks}.`);
  return await check(value);
}

/** How the channels are asked for. */
export interface ChannelsStep {
  /** What is said before. */
  text: string;
  /** They may name none. */
  optional?: boolean;
  /** What * stands for. */
  all: string;
}

/** Names of channels, with commas. @returns empty where nothing is to be written */
export async function channelsOf(
  { talk, environment, say }: Setting,
  { text, optional = false, all }: ChannelsStep,
): Promise<string> {
  const known = environment.CHANNELS_INCLUDE?.trim() ?? "";
  if (!talk) return known;
  say(text);
  const byEnter = known || (optional ? "none" : "");
  const question = byEnter ? `Channels (Enter: ${byEnter}): ` : "Channels: ";
  for (let tries = 1; tries <= TRIES_MAX; tries += 1) {
    const typed = (await talk.ask(question)) || known;
    if (typed === "" && optional) return "";
    const names = typed.split(/[\s,]+/).flatMap((name) => name.replace(/^#/, "") || []);
    if (names.length > 0 && names.every((name) => CHANNEL_NAME.test(name))) return names.join(",");
    say(`   Please name them like general, team-*; or * for ${all}.\n`);
  }
  throw new ConfigError("No channel was named: nothing was written.");
}

/** Settings that the process was started with; those of the file are in its environment as well. */
function hiddenBy(
  environment: Setting["environment"],
  file: Record<string, string>,
  settings: Record<string, string>,
): string[] {
  return Object.keys(settings).filter((name) => {
    const there = environment[name];
    return there !== undefined && there !== file[name] && there !== settings[name];
  });
}
