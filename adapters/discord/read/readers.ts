/**
 * THE AUDIENCE RULE by permission sets: can everybody who sees one channel read another one? Members are not listed:
 * somebody is taken to have whatever roles they could have.
 */
import {
  type Gate,
  type Person,
  READING_RIGHTS,
  type Realm,
  type Rule,
  rightsIn,
} from "./permissions.ts";

/** A channel, and the rights that let somebody in: all of them. */
export interface Door {
  gate: Gate;
  needs: bigint;
}

/** The roles of people of whom they are known; null: they read nothing, being a bot, or not in the guild. */
export type Known = ReadonlyMap<string, readonly string[] | null>;

const NO_RULE: Rule = { allow: 0n, deny: 0n };
const NO_GATE: Gate = { everyone: NO_RULE, roles: new Map(), people: new Map() };
/** The whole guild comes through this one. */
export const EVERYBODY: Door = { gate: NO_GATE, needs: 0n };
/** Somebody of whom no channel says anything of their own. */
const ANYBODY = "";

export function letsIn(realm: Realm, { gate, needs }: Door, person: Person): boolean {
  return (rightsIn(realm, gate, person) & needs) === needs;
}

/** Do all of these people who come through one door come through the other as well? */
export function allGoOn(realm: Realm, from: Door, to: Door, people: Iterable<Person>): boolean {
  for (const person of people) {
    if (letsIn(realm, from, person) && !letsIn(realm, to, person)) return false;
  }
  return true;
}

/** Does whoever comes through one door come through the other as well, whoever they are? */
export function leadsTo(realm: Realm, from: Door, to: Door, known: Known): boolean {
  return allGoOn(realm, from, to, suspects(realm, from, to, known));
}

/** If anybody comes through the one door alone, then one of these does. */
function* suspects(realm: Realm, from: Door, to: Door, known: Known): Generator<Person> {
  for (const [userId, roles] of known) if (roles) yield { userId, roles };
  const sets = roleSets(realm, from, to);
  for (const userId of [ANYBODY, ...peopleThatMatter(realm, from, to, known)]) {
    for (const roles of sets) yield { userId, roles };
  }
}

/**
 * What lets somebody in takes one role for each right, and what keeps them out takes one that denies. Any role
 * beside these can only open the other door too, or close the first.
 */
function roleSets(realm: Realm, from: Door, to: Door): string[][] {
  const roles = rolesThatMatter(realm, from, to);
  const choices = rightsOf(from).map((right) =>
    roles.filter((id) => gives(realm, from, id, right)),
  );
  choices.push(roles.filter((id) => ((to.gate.roles.get(id)?.deny ?? 0n) & to.needs) !== 0n));
  return choices.reduce<string[][]>(
    (sets, choice) => sets.flatMap((set) => [set, ...choice.map((id) => [...set, id])]),
    [[]],
  );
}

/** Does this role make a difference, for somebody who has it? */
function gives(realm: Realm, { gate }: Door, id: string, right: bigint): boolean {
  if ((gate.roles.get(id)?.allow ?? 0n) & right) return true;
  const isSettled = (gate.everyone.allow | gate.everyone.deny | realm.everyone) & right;
  return !isSettled && ((realm.roles.get(id) ?? 0n) & right) !== 0n;
}

/** One of all roles of which both channels say the same, as does the guild. */
function rolesThatMatter(realm: Realm, from: Door, to: Door): string[] {
  const ruled = new Set([...from.gate.roles.keys(), ...to.gate.roles.keys()]);
  const plain = realm.kinds.flatMap((kind) => kind.find((id) => !ruled.has(id)) ?? []);
  // A role may be newer than what is known of the guild.
  const deciding = [...ruled].filter((id) => realm.deciding.has(id) || !realm.roles.has(id));
  const needs = from.needs | to.needs;
  return oneOfEach([...plain, ...deciding], (id) => {
    const rules = ruleOf(from, from.gate.roles.get(id)) + ruleOf(to, to.gate.roles.get(id));
    return `${(realm.roles.get(id) ?? 0n) & needs} ${rules}`;
  });
}

function peopleThatMatter(realm: Realm, from: Door, to: Door, known: Known): string[] {
  const ruled = new Set([...from.gate.people.keys(), ...to.gate.people.keys()]);
  const unknown = [...ruled].filter((id) => id !== realm.ownerId && !known.has(id));
  return oneOfEach(
    unknown,
    (id) => ruleOf(from, from.gate.people.get(id)) + ruleOf(to, to.gate.people.get(id)),
  );
}

function oneOfEach(ids: readonly string[], kindOf: (id: string) => string): string[] {
  return [...new Map(ids.map((id) => [kindOf(id), id])).values()];
}

/** As far as it decides who comes in. */
function ruleOf({ needs }: Door, { allow, deny }: Rule = NO_RULE): string {
  return ` ${allow & needs}/${deny & needs}`;
}

function rightsOf({ needs }: Door): bigint[] {
  return READING_RIGHTS.filter((right) => needs & right);
}
