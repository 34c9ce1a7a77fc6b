import * as v from "valibot";
import { distance } from "./distance.ts";
import { ConfigError } from "./errors.ts";
import type { Budgets } from "./money/spending.ts";
import { Environment } from "./settings/settings.ts";

/** Everything an operator can set, read once from the environment. Secrets are never printed. */
export interface Config {
  host: string;
  port: number;
  /** As an origin: no slash at its end. */
  publicUrl: string | null;
  /** What is sealed with it can be read only where it is known. */
  secretKey: string | null;
  dataFolder: string;
  databaseUrl: string | null;
  logLevel: string;
  roles: { gateway: boolean; worker: boolean };
  scope: "audience" | "channel";
  /** When the files hold nothing: an answer by the model alone, marked as such. */
  generalAnswers: boolean;
  /** Admins beside those of the platform, by the platform's ids. */
  adminUsers: string[];
  /** Workspaces that are served, by platform; where none is listed, the first one is. */
  served: Record<string, string[]>;
  /** Who may not use it at all, where people have roles. */
  brakes: { allowedRoles: string[]; blockedRoles: string[]; memberAgeMsMin: number };
  /** Questions a day of people with a role, by its id or name; whoever has several gets the most. */
  questionsByRole: Record<string, number>;
  /** Where moderators are told what concerns them, by the platform's id of the channel. */
  modChannel: string | null;
  /** Channels by name, with * for anything: how they are read until somebody sets it. */
  channels: { include: string[]; exclude: string[] };
  /** `token` is needed for anything but loopback; `workspaceFile` holds people and channels. */
  web: { token: string | null; workspaceFile: string | null };
  openrouter: {
    apiKey: string | null;
    baseUrl: string;
    models: string[];
    dataCollection: "deny" | "allow" | "zdr";
    /** Null: passages stay in the order of the search. */
    rerankModel: string | null;
  };
  embedding: {
    region: string;
    /** An explicit region is the wish to use Bedrock, also with an instance role's credentials. */
    regionGiven: boolean;
    endpoint: string | null;
    requestsPerMinuteMax: number | null;
    concurrencyMax: number;
  };
  /** Either botToken or clientId and clientSecret, and at least one of appToken and signingSecret. */
  slack: {
    botToken: string | null;
    appToken: string | null;
    signingSecret: string | null;
    clientId: string | null;
    clientSecret: string | null;
    apiUrl: string | null;
    fileHosts: string[];
    teams: string[];
  } | null;
  discord: {
    token: string;
    apiUrl: string | null;
    fileHosts: string[];
    /** Which of how many; null: as many as Discord advises, all of them in this process. */
    shards: { ids: number[]; count: number } | null;
  } | null;
  /** Of a workspace that has none of its own. */
  money: Budgets;
  limits: Limits;
}

/** A limit on everything. The unit is the last word of each name. */
export interface Limits {
  fileBytesMax: number;
  filePagesMax: number;
  fileChunksMax: number;
  downloadTimeoutMs: number;
  questionCharsMax: number;
  questionsAtOncePerPerson: number;
  questionsPerDay: number;
  historyMessagesMax: number;
  passagesMax: number;
  contextTokensMax: number;
  answerTokensMax: number;
  firstTokenTimeoutMs: number;
  idleTimeoutMs: number;
  answerTimeoutMs: number;
}

const MIB = 1024 * 1024;

const LOOPBACK = ["127.0.0.1", "::1", "localhost"];

/** Each of these is the wish to use Slack. */
const SLACK_KEYS = [
  "SLACK_BOT_TOKEN",
  "SLACK_APP_TOKEN",
  "SLACK_SIGNING_SECRET",
  "SLACK_CLIENT_ID",
  "SLACK_CLIENT_SECRET",
] as const;
const FOR_OAUTH = ["SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET", "SECRET_KEY", "PUBLIC_URL"] as const;

type Settings = v.InferOutput<typeof Environment>;

/** The names of all settings, for checking that .env.example and the docs hold each of them. */
export const SETTING_NAMES: readonly string[] = Object.keys(Environment.entries);

// So many letters may be wrong in what was meant to be a setting.
const WRONG_LETTERS_MAX = 2;

/** Names that are no setting and look like one, each with the one that was probably meant. */
export function misspelt(
  environment: Record<string, string | undefined>,
): { name: string; meant: string }[] {
  const known = new Set(SETTING_NAMES);
  const strange = Object.keys(environment).filter((name) => /^[A-Z]+(_[A-Z]+)+$/.test(name));
  return strange
    .filter((name) => !known.has(name))
    .flatMap((name) => {
      const meant = SETTING_NAMES.find((one) => distance(name, one) <= WRONG_LETTERS_MAX);
      return meant ? [{ name, meant }] : [];
    });
}

/** @throws {ConfigError} that lists every wrong setting with its fix, and no setting's value */
export function readConfig(environment: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value.trim() !== ""),
  );
  const result = v.safeParse(Environment, given);
  const problems = (result.issues ?? []).map(
    (issue) => `${v.getDotPath(issue)?.split(".")[0]} ${issue.message}`,
  );
  problems.push(...pairProblems(given));
  if (problems.length > 0 || !result.success) {
    const lines = [...new Set(problems)].map((problem) => `  - ${problem}`);
    throw new ConfigError(`These settings need a look (environment or .env):\n${lines.join("\n")}`);
  }
  return toConfig(result.output);
}

function pairProblems(given: Record<string, string | undefined>): string[] {
  const problems: string[] = [];
  if (!LOOPBACK.includes(given.HOST ?? "127.0.0.1") && !given.WEB_TOKEN) {
    problems.push(
      "WEB_TOKEN is missing: a HOST that others can reach needs one, and they sign in with it",
    );
  }
  if (given.PUBLIC_URL && !given.WEB_TOKEN) {
    problems.push(
      "WEB_TOKEN is missing: at a PUBLIC_URL others reach the web chat, and they sign in with it",
    );
  }
  problems.push(...slackProblems(given));
  const whole = ["gateway", "worker"].every((role) =>
    (given.ROLES ?? "gateway,worker").includes(role),
  );
  if (!whole && !given.DATABASE_URL) {
    problems.push("ROLES can be split over processes only with a DATABASE_URL");
  }
  return problems;
}

/** One problem at a time: each is easier to see once the one before it is gone. */
function slackProblems(given: Record<string, string | undefined>): string[] {
  if (!SLACK_KEYS.some((name) => given[name])) return [];
  const { SLACK_BOT_TOKEN, SLACK_CLIENT_ID, SLACK_CLIENT_SECRET } = given;
  const byOAuth = Boolean(SLACK_CLIENT_ID || SLACK_CLIENT_SECRET);
  if (SLACK_BOT_TOKEN && byOAuth) {
    return [
      "SLACK_BOT_TOKEN is one too many: with SLACK_CLIENT_ID each workspace gets a token of its own",
    ];
  }
  if (!(SLACK_BOT_TOKEN || byOAuth)) {
    return [
      "SLACK_BOT_TOKEN is missing: Slack needs it (or, for several workspaces, SLACK_CLIENT_ID and SLACK_CLIENT_SECRET)",
    ];
  }
  const missing = byOAuth ? FOR_OAUTH.filter((name) => !given[name]) : [];
  if (missing.length > 0) {
    const [first, ...others] = missing;
    const also = others.length > 0 ? ` (and ${others.join(", ")})` : "";
    return [`${first} is missing${also}: several workspaces need ${FOR_OAUTH.join(", ")}`];
  }
  if (given.SLACK_APP_TOKEN || given.SLACK_SIGNING_SECRET) return [];
  return [
    "SLACK_APP_TOKEN is missing: Slack needs it for Socket Mode (or SLACK_SIGNING_SECRET for HTTP)",
  ];
}

function toConfig(settings: Settings): Config {
  return {
    host: settings.HOST,
    port: settings.PORT,
    publicUrl: settings.PUBLIC_URL ?? null,
    secretKey: settings.SECRET_KEY ?? null,
    dataFolder: settings.DATA_DIR,
    databaseUrl: settings.DATABASE_URL ?? null,
    logLevel: settings.LOG_LEVEL,
    roles: {
      gateway: settings.ROLES.includes("gateway"),
      worker: settings.ROLES.includes("worker"),
    },
    scope: settings.SCOPE,
    generalAnswers: settings.GENERAL_ANSWERS === "on",
    adminUsers: settings.ADMIN_USERS,
    served: { discord: settings.DISCORD_GUILDS },
    brakes: {
      allowedRoles: settings.ALLOWED_ROLES,
      blockedRoles: settings.BLOCKED_ROLES,
      memberAgeMsMin: settings.MEMBER_AGE_MIN * 60_000,
    },
    questionsByRole: settings.QUESTIONS_PER_DAY_BY_ROLE,
    modChannel: settings.MOD_CHANNEL ?? null,
    channels: { include: settings.CHANNELS_INCLUDE, exclude: settings.CHANNELS_EXCLUDE },
    web: { token: settings.WEB_TOKEN ?? null, workspaceFile: settings.WEB_WORKSPACE ?? null },
    openrouter: {
      apiKey: settings.OPENROUTER_API_KEY ?? null,
      baseUrl: settings.OPENROUTER_BASE_URL,
      models: settings.OPENROUTER_MODELS,
      dataCollection: settings.OPENROUTER_DATA,
      rerankModel: settings.RERANK_MODEL ?? null,
    },
    embedding: {
      region: settings.BEDROCK_REGION ?? "us-east-1",
      regionGiven: settings.BEDROCK_REGION !== undefined,
      endpoint: settings.AWS_ENDPOINT_URL_BEDROCK_RUNTIME ?? null,
      requestsPerMinuteMax: settings.EMBED_RPM ?? null,
      concurrencyMax: settings.EMBED_CONCURRENCY,
    },
    discord: toDiscord(settings),
    slack: SLACK_KEYS.some((name) => settings[name]) ? toSlack(settings) : null,
    money: {
      dayMicrousd: microusd(settings.BUDGET_USD_PER_DAY),
      monthMicrousd: microusd(settings.BUDGET_USD_PER_MONTH),
      dearDayMicrousd: microusd(settings.DEAR_MODEL_USD_PER_DAY),
    },
    limits: toLimits(settings),
  };
}

function microusd(dollars: number): number {
  return Math.round(dollars * 1e6);
}

function toDiscord(settings: Settings): Config["discord"] {
  const token = settings.DISCORD_TOKEN;
  if (token === undefined) return null;
  return {
    token,
    apiUrl: settings.DISCORD_API_URL ?? null,
    fileHosts: settings.DISCORD_FILE_HOSTS,
    shards: settings.DISCORD_SHARDS ?? null,
  };
}

function toSlack(settings: Settings): Config["slack"] {
  return {
    botToken: settings.SLACK_BOT_TOKEN ?? null,
    appToken: settings.SLACK_APP_TOKEN ?? null,
    signingSecret: settings.SLACK_SIGNING_SECRET ?? null,
    clientId: settings.SLACK_CLIENT_ID ?? null,
    clientSecret: settings.SLACK_CLIENT_SECRET ?? null,
    apiUrl: settings.SLACK_API_URL ?? null,
    fileHosts: settings.SLACK_FILE_HOSTS,
    teams: settings.SLACK_TEAMS,
  };
}

function toLimits(settings: Settings): Limits {
  return {
    fileBytesMax: settings.FILE_MIB_MAX * MIB,
    filePagesMax: settings.FILE_PAGES_MAX,
    fileChunksMax: settings.FILE_CHUNKS_MAX,
    downloadTimeoutMs: settings.DOWNLOAD_TIMEOUT_S * 1000,
    questionCharsMax: settings.QUESTION_CHARS_MAX,
    questionsAtOncePerPerson: settings.QUESTIONS_AT_ONCE,
    questionsPerDay: settings.QUESTIONS_PER_DAY,
    historyMessagesMax: settings.HISTORY_MESSAGES_MAX,
    passagesMax: settings.PASSAGES_MAX,
    contextTokensMax: settings.CONTEXT_TOKENS_MAX,
    answerTokensMax: settings.ANSWER_TOKENS_MAX,
    firstTokenTimeoutMs: settings.FIRST_TOKEN_TIMEOUT_S * 1000,
    idleTimeoutMs: settings.IDLE_TIMEOUT_S * 1000,
    answerTimeoutMs: settings.ANSWER_TIMEOUT_S * 1000,
  };
}
