import * as v from "valibot";
import { ConfigError } from "./errors.ts";
import type { Budgets } from "./money/spending.ts";
import { Environment } from "./settings/settings.ts";

/** Everything an operator can set, read once from the environment. Secrets are never printed. */
export interface Config {
  host: string;
  port: number;
  dataFolder: string;
  databaseUrl: string | null;
  logLevel: string;
  roles: { gateway: boolean; worker: boolean };
  scope: "audience" | "channel";
  /** When the files hold nothing: an answer by the model alone, marked as such. */
  generalAnswers: boolean;
  /** Admins beside those of the platform, by the platform's ids. */
  adminUsers: string[];
  /** Channels by name, with * for anything: how they are read until somebody sets it. */
  channels: { include: string[]; exclude: string[] };
  /** `token` is needed for anything but loopback; `workspaceFile` holds people and channels. */
  web: { token: string | null; workspaceFile: string | null };
  openrouter: {
    apiKey: string | null;
    baseUrl: string;
    models: string[];
    dataCollection: "deny" | "allow" | "zdr";
  };
  embedding: {
    region: string;
    /** An explicit region is the wish to use Bedrock, also with an instance role's credentials. */
    regionGiven: boolean;
    endpoint: string | null;
    requestsPerMinuteMax: number | null;
    concurrencyMax: number;
  };
  slack: {
    botToken: string;
    appToken: string;
    apiUrl: string | null;
    fileHosts: string[];
    teams: string[];
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

type Settings = v.InferOutput<typeof Environment>;

/** The names of all settings, for checking that .env.example and the docs hold each of them. */
export const SETTING_NAMES: readonly string[] = Object.keys(Environment.entries);

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
  if (Boolean(given.SLACK_BOT_TOKEN) !== Boolean(given.SLACK_APP_TOKEN)) {
    const missing = given.SLACK_BOT_TOKEN ? "SLACK_APP_TOKEN" : "SLACK_BOT_TOKEN";
    problems.push(`${missing} is missing: Slack needs both SLACK_BOT_TOKEN and SLACK_APP_TOKEN`);
  }
  const whole = ["gateway", "worker"].every((role) =>
    (given.ROLES ?? "gateway,worker").includes(role),
  );
  if (!whole && !given.DATABASE_URL) {
    problems.push("ROLES can be split over processes only with a DATABASE_URL");
  }
  return problems;
}

function toConfig(settings: Settings): Config {
  const { SLACK_BOT_TOKEN: botToken, SLACK_APP_TOKEN: appToken } = settings;
  return {
    host: settings.HOST,
    port: settings.PORT,
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
    channels: { include: settings.CHANNELS_INCLUDE, exclude: settings.CHANNELS_EXCLUDE },
    web: { token: settings.WEB_TOKEN ?? null, workspaceFile: settings.WEB_WORKSPACE ?? null },
    openrouter: {
      apiKey: settings.OPENROUTER_API_KEY ?? null,
      baseUrl: settings.OPENROUTER_BASE_URL,
      models: settings.OPENROUTER_MODELS,
      dataCollection: settings.OPENROUTER_DATA,
    },
    embedding: {
      region: settings.BEDROCK_REGION ?? "us-east-1",
      regionGiven: settings.BEDROCK_REGION !== undefined,
      endpoint: settings.AWS_ENDPOINT_URL_BEDROCK_RUNTIME ?? null,
      requestsPerMinuteMax: settings.EMBED_RPM ?? null,
      concurrencyMax: settings.EMBED_CONCURRENCY,
    },
    slack: botToken && appToken ? { botToken, appToken, ...slackOptions(settings) } : null,
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

function slackOptions(settings: Settings) {
  return {
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
