/** The same searches by Docent and by others: what each finds, and how long it takes. */
import { SHARES } from "../corpus/plan.ts";
import { type Figure, figure, ms, type Table } from "../report.ts";
import { median, percentile } from "../statistics.ts";
import { openPeer, type Searcher } from "./peers.ts";
import { type Place, SEED, timedSearch } from "./place.ts";
import {
  markOf,
  NEAREST,
  type Question,
  questionsOf,
  recallOf,
  type Scope,
  scopesOf,
} from "./questions.ts";

/** Of each kind, for each scope. */
const QUESTIONS = 15;
const RECALL_MIN = 0.98;
const WITH_WORDS = "Docent, with words";
/** How often Docent's time must go into a library's, at the median. */
const TIMES_MIN = { langchain: 10, llamaindex: 3 } as const;

interface Searched {
  question: Question;
  scope: Scope;
  ms: number;
  recall: number;
  missing: number;
  outside: number;
}

/** What one searcher made of the questions, in their order. */
type Results = Map<Searcher, Searched[]>;

export async function measureSearches(place: Place, signal: AbortSignal): Promise<Table[]> {
  await using stack = new AsyncDisposableStack();
  const questions = questionsOf(place, QUESTIONS, SEED);
  const scopes = scopesOf(place.documents, place.stored);
  const { pool: db, databaseUrl } = place.product.database;
  // By the vector alone, since that is all that the others do; and as Docent always searches.
  const ours = oursOn(place, "Docent", () => "");
  const whole = oursOn(place, WITH_WORDS, ({ text }) => text);
  const searchers = [ours, whole];
  if (databaseUrl) {
    const at = { databaseUrl, db, homeId: place.homeId };
    searchers.push(await openPeer(stack, "langchain", at));
    searchers.push(await openPeer(stack, "llamaindex", at));
  }
  const results: Results = new Map(searchers.map((searcher) => [searcher, []]));
  // The first question of a scope warms everybody up. They take turns, so that whatever else happens befalls them alike.
  for (const scope of scopes) {
    const own = questions.filter(({ level }) => level === scope.level);
    for (const [at, question] of [...own.slice(0, 1), ...own].entries()) {
      for (const searcher of searchers) {
        signal.throwIfAborted();
        const searched = await search(searcher, question, scope);
        if (at > 0) results.get(searcher)?.push(searched);
      }
    }
  }
  const found = recallTable(results.get(ours) ?? []);
  return [found, timesTable(results, ours), wholeTable(results, ours)];
}

function oursOn(place: Place, name: string, questionOf: (question: Question) => string): Searcher {
  const { homeId: workspaceId, channelIds, product } = place;
  return {
    name,
    async search(question, { channels }) {
      const { ms, hits } = await timedSearch(product.database.pool, {
        workspaceId,
        channelIds: channelIds.slice(0, channels.length),
        question: questionOf(question),
        vector: question.vector,
        limit: NEAREST,
      });
      return { ms, found: hits.map(({ contentId, position }) => markOf(contentId, position)) };
    },
  };
}

async function search(searcher: Searcher, question: Question, scope: Scope): Promise<Searched> {
  const { ms, found } = await searcher.search(question, scope);
  const isOutside = (mark: string): boolean => !scope.visible.has(Number(mark.split(":")[0]));
  return {
    ...{ question, scope, ms },
    recall: recallOf(question.nearest, found),
    missing: Math.min(NEAREST, scope.chunks) - found.length,
    outside: found.filter(isOutside).length,
  };
}

function recallTable(searched: readonly Searched[]): Table {
  return {
    title: `Vectors: the ${NEAREST} nearest passages, against every cosine reckoned`,
    columns: ["chunks in scope", "recall, easy", "recall, hard", "too few", "outside of the scope"],
    rows: SHARES.map((share, level) => {
      const here = searched.filter(({ question }) => question.level === level);
      const recall = (isEasy: boolean) => {
        const found = here.filter(({ question }) => question.isEasy === isEasy);
        return figure("share", mean(found.map((one) => one.recall)), { atLeast: RECALL_MIN });
      };
      const sum = (count: (one: Searched) => number) =>
        figure(
          "count",
          here.reduce((all, one) => all + count(one), 0),
          { atMost: 0 },
        );
      const chunks = figure("count", here[0]?.scope.chunks ?? 0);
      const counts = [sum(({ missing }) => missing), sum(({ outside }) => outside)];
      return { name: percent(share), figures: [chunks, recall(true), recall(false), ...counts] };
    }),
  };
}

/** The time of each at the median, scope by scope, and how often ours goes into it. */
function timesTable(results: Results, ours: Searcher): Table {
  const all = [...results.keys()];
  const others = all.filter(isOther);
  const rows = SHARES.map((share, level) => {
    const at = (searcher: Searcher) =>
      median(msOf(results, searcher, (one) => one.question.level === level));
    const times = others.map((other) => figure("times", at(other) / at(ours)));
    return { name: percent(share), figures: [...all.map((one) => ms(at(one))), ...times] };
  });
  return {
    title: `The ${NEAREST} nearest passages, at the median of each scope`,
    columns: [...all.map(({ name }) => name), ...others.map(({ name }) => `${name} ÷ Docent`)],
    rows,
  };
}

function isOther({ name }: Searcher): boolean {
  return name in TIMES_MIN;
}

function wholeTable(results: Results, ours: Searcher): Table {
  return {
    title: "All scopes together",
    columns: ["recall", "p50", "p95", "÷ Docent, at the median"],
    rows: [...results].map(([searcher, searched]) => {
      const each = msOf(results, searcher);
      // With words, others than the nearest may well be better.
      const recall =
        searcher.name === WITH_WORDS
          ? null
          : figure("share", mean(searched.map((one) => one.recall)));
      const times: Figure | null = searcher === ours ? null : timesOf(results, ours, searcher);
      const figures = [recall, ms(percentile(each, 0.5)), ms(percentile(each, 0.95)), times];
      return { name: searcher.name, figures };
    }),
  };
}

/** The median of every single question's. */
function timesOf(results: Results, ours: Searcher, other: Searcher): Figure {
  const own = msOf(results, ours);
  const each = msOf(results, other).map((theirs, at) => theirs / (own[at] ?? Number.NaN));
  const { [other.name]: atLeast }: Record<string, number | undefined> = TIMES_MIN;
  return figure("times", median(each), atLeast === undefined ? {} : { atLeast });
}

function msOf(
  results: Results,
  searcher: Searcher,
  isWanted: (one: Searched) => boolean = () => true,
): number[] {
  return (results.get(searcher) ?? []).filter(isWanted).map((one) => one.ms);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))} % visible`;
}
