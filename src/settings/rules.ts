import { choice, countsByName, dollars, list, setting, textLike, whole } from "./kinds.ts";

export const CONSENT = {
  SCOPE: setting(
    choice(["audience", "channel"], "audience"),
    "What an answer may use: audience is all that every reader of the place may read, channel is the channel itself alone.",
  ),
  GENERAL_ANSWERS: setting(
    choice(["on", "off"], "on"),
    "Whether the model answers by itself, marked as not from the files, when those hold nothing.",
  ),
  ADMIN_USERS: setting(
    list([]),
    "People who are admins beside those of the platform: they may change channels' modes and have files forgotten.",
    { allowed: "the platform's ids of people, with commas" },
  ),
  CHANNELS_INCLUDE: setting(
    list([]),
    "Where set, files in any other channel are read only when handed over with a question.",
    {
      allowed: "channel names, with commas; `*` stands for anything",
      unset: "all channels; on Discord none",
      advice: "Holds until somebody sets the channel's mode in the chat.",
    },
  ),
  CHANNELS_EXCLUDE: setting(list([]), "Channels that are neither read nor used in answers.", {
    allowed: "channel names, with commas; `*` stands for anything",
    advice:
      "Holds until somebody sets the channel's mode in the chat. A good start: `hr-*,legal*,*-private`.",
  }),
};

/** Where strangers come and go, and people have roles: on Discord. */
export const COMMUNITY = {
  ALLOWED_ROLES: setting(list([]), "Who may use Docent at all, on platforms with roles.", {
    allowed: "names or ids of roles, with commas",
    unset: "everybody",
    advice: "Admins always may.",
  }),
  BLOCKED_ROLES: setting(list([]), "Who may not, whatever other roles they have.", {
    allowed: "names or ids of roles, with commas",
  }),
  MEMBER_AGE_MIN: setting(
    whole(10, 0, 100_000),
    "Minutes that somebody must have been a member for, before Docent answers them and reads what they share.",
  ),
  QUESTIONS_PER_DAY_BY_ROLE: setting(
    countsByName(),
    "Questions a day of people with these roles, in the place of QUESTIONS_PER_DAY; whoever has several gets the most.",
    { allowed: "`role=number`, with commas", example: "Moderators=200,Newcomers=5" },
  ),
  MOD_CHANNEL: setting(
    textLike(/^\w{1,40}$/, "must be a channel's id, not its name"),
    "The channel in which moderators are told what concerns them, like what somebody who was banned has shared.",
    { allowed: "the platform's id of a channel", unset: "nothing is told" },
  ),
};

export const MONEY = {
  BUDGET_USD_PER_DAY: setting(
    dollars(1, 0, 100_000),
    "What a workspace may spend in a day (UTC) on models and vectors together.",
    { advice: "At most half of it goes to reading files. With 0, words alone have to do." },
  ),
  BUDGET_USD_PER_MONTH: setting(
    dollars(20, 0, 1_000_000),
    "What a workspace may spend in a month (UTC), likewise.",
  ),
  DEAR_MODEL_USD_PER_DAY: setting(
    dollars(0.25, 0, 100_000),
    "What of a day's budget may go to models more than 5 times dearer than the first one.",
    { advice: "So that an outage of the cheap ones does not use up the budget." },
  ),
  QUESTIONS_PER_DAY: setting(
    whole(30, 1, 10_000),
    "Questions of one person a day (UTC) that models answer; the rest get the best passages.",
  ),
};

export const LIMITS = {
  FILE_MIB_MAX: setting(whole(100, 1, 2048), "The largest file that is read, in MiB."),
  FILE_PAGES_MAX: setting(whole(2000, 1, 100_000), "The most pages of a file."),
  FILE_CHUNKS_MAX: setting(whole(5000, 1, 100_000), "The most passages of a file."),
  DOWNLOAD_TIMEOUT_S: setting(whole(60, 1, 3600), "Seconds that a download may take."),
  QUESTION_CHARS_MAX: setting(whole(8000, 1, 50_000), "The longest question, in characters."),
  QUESTIONS_AT_ONCE: setting(
    whole(4, 1, 100),
    "Questions of one person that are answered at the same time; more of them wait.",
  ),
  HISTORY_MESSAGES_MAX: setting(
    whole(20, 0, 200),
    "Earlier messages of the thread that go to the model with a question.",
  ),
  PASSAGES_MAX: setting(whole(12, 1, 50), "Passages of files that go to the model."),
  CONTEXT_TOKENS_MAX: setting(
    whole(12_000, 500, 1_000_000),
    "Tokens of all these passages together, estimated.",
  ),
  ANSWER_TOKENS_MAX: setting(whole(1500, 16, 100_000), "The longest answer, in tokens."),
  FIRST_TOKEN_TIMEOUT_S: setting(
    whole(20, 1, 600),
    "Seconds that a model may take to begin; then the next one is asked.",
  ),
  IDLE_TIMEOUT_S: setting(
    whole(20, 1, 600),
    "Seconds that a model may fall silent amid an answer; then the next one is asked.",
  ),
  ANSWER_TIMEOUT_S: setting(
    whole(240, 5, 3600),
    "Seconds that all models together may take for an answer.",
  ),
};
