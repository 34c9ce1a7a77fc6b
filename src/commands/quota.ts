import { type RightsDeps, standingOf, type Who } from "./allowed.ts";

export interface QuotaDeps extends RightsDeps {
  questionsByRole: Readonly<Record<string, number>>;
  limits: { questionsPerDay: number };
}

/** How many questions of this person models answer in a day: as their roles say, where one of them does. */
export async function questionsMax(deps: QuotaDeps, who: Who): Promise<number> {
  const { questionsByRole, limits } = deps;
  if (Object.keys(questionsByRole).length === 0) return limits.questionsPerDay;
  const { roles = [] } = await standingOf(deps, who);
  const named = roles.flatMap(({ id, name }) => [questionsByRole[id], questionsByRole[name]]);
  const counts = named.filter((count) => count !== undefined);
  return counts.length > 0 ? Math.max(...counts) : limits.questionsPerDay;
}
