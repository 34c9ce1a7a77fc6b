import type { ModelStatus, MoneyStatus, Status } from "../../surface.ts";
import { endOf, headOf, restingText, type StatusFacts } from "./line.ts";
import { dollarsOf, narrow, percentOf, secondsOf, shortNames } from "./words.ts";

/** For a chat on a phone: lines of at most 40 characters, without a table. What is wrong stands first. */
export function detailsOf(facts: StatusFacts): string[] {
  const { models, viewer, money, nowMs } = facts;
  const nameOf = shortNames(models.map(({ id }) => id));
  return [
    ...narrow(...dotted(headOf(facts))),
    ...models.flatMap((model, i) => modelLines(model, `${i + 1} ${nameOf(model.id)}`, nowMs)),
    ...embedderLines(facts.embedder, viewer.admin),
    ...(viewer.wide ? amountLines(facts) : []),
    ...(money ? moneyLines(money) : []),
  ];
}

/** Parts that belong to one line, with a dot between them. */
function dotted(parts: string[]): string[] {
  return parts.map((part, i) => (i === 0 ? part : `· ${part}`));
}

function modelLines(model: ModelStatus, name: string, nowMs: number): string[] {
  const { state, note, fix, day } = model;
  const end = endOf(model);
  const ending = end ? [`${end} → choose another`] : [];
  switch (state) {
    case "ready": {
      const time = day.totalMs ? [secondsOf(day.totalMs.p50)] : [];
      const share = day.tries > 0 ? [percentOf(day.answered, day.tries)] : [];
      return narrow(...dotted([`${name}: ready`, ...time, ...share]), ...ending);
    }
    case "unknown":
      return narrow(`${name}: not asked yet`, ...ending);
    case "resting": {
      const todo = fix && !end ? [toDo(fix)] : [];
      return narrow(`${name}: ${restingText(model, nowMs)}`, `(${note})`, ...ending, ...todo);
    }
    case "retired":
      return narrow(`${name}: retired`, ...(fix ? [toDo(fix)] : []));
    case "no_provider":
      return narrow(`${name}: ${note}`, ...(fix ? [toDo(fix)] : []));
    case "off":
      return narrow(`${name}: off`);
    default:
      return state satisfies never;
  }
}

/** A sentence as what follows an arrow. */
function toDo(fix: string): string {
  return `→ ${fix.charAt(0).toLowerCase()}${fix.slice(1).replace(/\.$/, "")}`;
}

/** What is to be done about it is the operator's. */
function embedderLines({ state, note }: Status["embedder"], admin: boolean): string[] {
  return narrow(`Finding by meaning: ${state}`, ...(note && admin ? [`→ ${note}`] : []));
}

function amountLines({ files, queue, viewer }: StatusFacts): string[] {
  const some = (count: number, what: string) => (count > 0 ? [`${count} ${what}`] : []);
  return [
    ...narrow(
      ...dotted([
        `Files: ${files.searchable} searchable`,
        ...some(files.reading, "waiting"),
        ...some(files.failed, "not readable"),
        ...some(files.withoutVectors, "by words alone"),
      ]),
    ),
    ...(viewer.admin
      ? narrow(
          ...dotted([
            `Jobs: ${queue.waiting} waiting`,
            `${queue.running} running`,
            ...some(queue.dead, "given up"),
          ]),
        )
      : []),
  ];
}

const KEY_STATES = {
  unknown: "not checked yet",
  valid: "valid",
  invalid: "not valid",
  credit_out: "credit or limit used up",
} satisfies Record<MoneyStatus["key"]["state"], string>;

/** The key, the budgets and what the models cost, a line each. */
export function moneyTexts({ key, budgets, models }: MoneyStatus): string[][] {
  const left = key.leftUsd === null ? [] : [`${dollarsOf(key.leftUsd)} left`];
  const several = budgets.length > 1;
  return [
    [...dotted([`Key: ${KEY_STATES[key.state]}`, ...left]), ...(key.note ? [`→ ${key.note}`] : [])],
    ...budgets.map(({ workspace, dayUsd, dayUsdMax, monthUsd, monthUsdMax }) => [
      ...(several ? [`${workspace}:`] : []),
      ...dotted([
        `${dollarsOf(dayUsd)} of ${dollarsOf(dayUsdMax)} today`,
        `${dollarsOf(monthUsd)} of ${dollarsOf(monthUsdMax)} this month`,
      ]),
    ]),
    ...models.map(({ id, usd }) => [`${id}: ${dollarsOf(usd)} in 24 hours`]),
  ];
}

function moneyLines(money: MoneyStatus): string[] {
  const nameOf = shortNames(money.models.map(({ id }) => id));
  const models = money.models.map(({ id, usd }) => ({ id: nameOf(id), usd }));
  return moneyTexts({ ...money, models }).flatMap((parts) => narrow(...parts));
}
