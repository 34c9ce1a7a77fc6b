/** What a setting can be. Each kind reads one environment variable, and says what it allows in words for people. */
import * as v from "valibot";

/** What people are told of a setting beside its description; Markdown. */
export type SettingWords = {
  /** What may be given, where the kind does not say it. */
  allowed?: string;
  /** What stands behind the = in .env.example, where there is no default. */
  example?: string;
  /** What holds where it is not set, where there is no default. */
  unset?: string;
  /** Advice for who is about to set it. */
  advice?: string;
  /** Another value worth having at hand. */
  alternative?: { why: string; value: string };
};

const HTTP = ["http:", "https:"];
const HERE = ["localhost", "127.0.0.1", "[::1]"];

/** Puts the words beside the kind, where the docs are made from. @param does one sentence */
export function setting<const Kind extends v.GenericSchema<string | undefined, unknown>>(
  kind: Kind,
  does: string,
  words: SettingWords = {},
) {
  return v.pipe(
    kind,
    v.description<v.InferOutput<Kind>, string>(does),
    v.metadata<v.InferOutput<Kind>, SettingWords>(words),
  );
}

function number(min: number, max: number) {
  return v.pipe(
    v.string(),
    v.transform(Number),
    v.check(
      (given) => Number.isInteger(given) && given >= min && given <= max,
      `must be a whole number from ${min} to ${max}`,
    ),
  );
}

function range(min: number, max: number): SettingWords {
  return { allowed: `${min} to ${max.toLocaleString("en")}` };
}

export function whole(fallback: number, min: number, max: number) {
  const kind = v.optional(number(min, max), String(fallback));
  return v.pipe(kind, v.metadata(range(min, max)));
}

export function wholeOrNone(min: number, max: number) {
  return v.pipe(v.optional(number(min, max)), v.metadata(range(min, max)));
}

/** An amount of money, given with decimals or without. */
export function dollars(fallback: number, min: number, max: number) {
  const amount = v.pipe(
    v.string(),
    v.check(
      (given) => /^\d+(\.\d{1,6})?$/.test(given) && Number(given) >= min && Number(given) <= max,
      `must be dollars from ${min} to ${max}, like 0.25`,
    ),
    v.transform(Number),
  );
  const words = { allowed: `${range(min, max).allowed} dollars` };
  return v.pipe(v.optional(amount, String(fallback)), v.metadata(words));
}

export function choice<const T extends readonly string[]>(options: T, fallback: T[number]) {
  const kind = v.optional(v.picklist(options, `must be one of: ${options.join(", ")}`), fallback);
  return v.pipe(kind, v.metadata({ allowed: options.map((one) => `\`${one}\``).join(", ") }));
}

export function list(fallback: readonly string[]) {
  const items = v.pipe(
    v.string(),
    v.transform((given) => given.split(",").flatMap((item) => item.trim() || [])),
  );
  const kind = v.optional(items, fallback.join(","));
  return v.pipe(kind, v.metadata({ allowed: "a list with commas" }));
}

/** `name=number` pairs with commas. */
export function countsByName() {
  const pairs = v.pipe(
    v.string(),
    v.check(
      (given) => /^(\s*[^=,]+=\s*\d{1,6}\s*(,|$))*$/.test(given),
      "must look like Moderators=200,Newcomers=5",
    ),
    v.transform((given): Record<string, number> => {
      const named = given.split(",").map((pair) => pair.split("=").map((side) => side.trim()));
      return Object.fromEntries(
        named.flatMap(([name, count]) => (name && count ? [[name, Number(count)]] : [])),
      );
    }),
  );
  return v.optional(pairs, "");
}

/** Some of the shards of a bot: `0,1/4`. */
export function shards() {
  const some = v.pipe(
    v.string(),
    v.regex(/^\d{1,4}(,\d{1,4})*\/\d{1,4}$/, "must look like 0,1/4"),
    v.transform((given) => {
      const [ids = "", count = ""] = given.split("/");
      return { ids: ids.split(",").map(Number), count: Number(count) };
    }),
    v.check(({ ids, count }) => ids.every((id) => id < count), "counts shards from 0: 0,1/4"),
  );
  return v.optional(some);
}

export function text(fallback: string) {
  return v.optional(v.string(), fallback);
}

/** @param fix what is said of a text that does not match */
export function textLike(pattern: RegExp, fix: string) {
  return v.optional(v.pipe(v.string(), v.regex(pattern, fix)));
}

export function url(protocols: string[], fix: string) {
  return v.pipe(
    v.string(),
    v.check((given) => protocols.includes(URL.parse(given)?.protocol ?? ""), fix),
  );
}

export function httpAddress() {
  const kind = url(HTTP, "must be an http(s) address");
  return v.pipe(v.optional(kind), v.metadata({ allowed: "an http(s) address" }));
}

/** Where browsers and services reach us: encrypted, but for this machine itself. */
export function publicAddress() {
  const address = v.pipe(
    v.string(),
    v.check((given) => {
      const { protocol, hostname, pathname, search } = URL.parse(given) ?? {};
      const isHere = protocol === "http:" && hostname !== undefined && HERE.includes(hostname);
      return (protocol === "https:" || isHere) && pathname === "/" && search === "";
    }, "must look like https://docent.example.com, without a path"),
    v.transform((given) => new URL(given).origin),
  );
  return v.pipe(v.optional(address), v.metadata({ allowed: "an https address without a path" }));
}
