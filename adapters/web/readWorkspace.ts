import { readFile } from "node:fs/promises";
import * as v from "valibot";
import { ConfigError } from "../../src/errors.ts";
import { DOCENT } from "./store/replies.ts";
import { LOCAL_WORKSPACE, type Workspace } from "./workspace.ts";

const PEOPLE_MAX = 1_000;
const CHANNELS_MAX = 500;

const id = v.pipe(
  v.string("must be text"),
  v.regex(/^[\w.-]{1,40}$/, "must be 1 to 40 letters, digits, dots, dashes or underscores"),
);
const name = v.pipe(
  v.string("must be text"),
  v.trim(),
  v.nonEmpty("must not be empty"),
  v.maxLength(80, "must have 80 characters at most"),
);

const File = v.strictObject({
  people: v.pipe(
    v.array(
      v.strictObject({
        id: v.pipe(id, v.notValue(DOCENT, "is the bot's own")),
        name,
        guest: v.optional(v.boolean("must be true or false"), false),
      }),
      "must be a list",
    ),
    v.nonEmpty("must hold at least one person: the first is the admin"),
    v.maxLength(PEOPLE_MAX, `may hold ${PEOPLE_MAX} people`),
  ),
  channels: v.pipe(
    v.array(
      v.strictObject({
        id,
        name,
        visibility: v.picklist(
          ["public", "private", "direct"],
          "must be public, private or direct",
        ),
        members: v.array(v.string("must be a person's id"), "must be a list of people's ids"),
      }),
      "must be a list",
    ),
    v.nonEmpty("must hold at least one channel"),
    v.maxLength(CHANNELS_MAX, `may hold ${CHANNELS_MAX} channels`),
  ),
});

/**
 * The people and channels of the web chat, from a JSON file.
 * @throws {ConfigError} that lists every problem of the file
 */
export async function readWorkspace(path: string): Promise<Workspace> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new ConfigError(`WEB_WORKSPACE names a file that can't be read: ${path}`, { cause });
  });
  return toWorkspace(jsonIn(text, path), path);
}

function jsonIn(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ConfigError(`The workspace in ${path} is no JSON.`, { cause });
  }
}

function toWorkspace(given: unknown, path: string): Workspace {
  const result = v.safeParse(File, given);
  const problems = result.success
    ? crossProblems(result.output)
    : result.issues.map((issue) => `${v.getDotPath(issue) ?? "the file"} ${sentence(issue)}`);
  if (!result.success || problems.length > 0) {
    const lines = problems.map((problem) => `  - ${problem}`);
    throw new ConfigError(`The workspace in ${path} needs a look:\n${lines.join("\n")}`);
  }
  return { id: LOCAL_WORKSPACE.id, ...result.output };
}

function sentence(issue: v.BaseIssue<unknown>): string {
  if (issue.type !== "strict_object") return issue.message;
  if (issue.expected === "never") return "is not known here";
  return issue.expected === "Object" ? "must be an object" : "is missing";
}

/** What only shows when its parts are held side by side. */
function crossProblems({ people, channels }: v.InferOutput<typeof File>): string[] {
  const known = new Set(people.map((person) => person.id));
  const strangers = channels.flatMap(({ id: channel, members }) =>
    members
      .filter((member) => !known.has(member))
      .map((member) => `channel ${channel} has a member who is not among the people: ${member}`),
  );
  const guest = people[0]?.guest ? ["people.0 is the admin, and can't be a guest"] : [];
  return [
    ...repeated(people).map((twice) => `two people have the id ${twice}`),
    ...repeated(channels).map((twice) => `two channels have the id ${twice}`),
    ...guest,
    ...strangers,
  ];
}

function repeated(things: { id: string }[]): string[] {
  const ids = things.map((thing) => thing.id);
  return [...new Set(ids.filter((one, index) => ids.indexOf(one) !== index))];
}
