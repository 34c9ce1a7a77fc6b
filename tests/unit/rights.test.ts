import { expect, test } from "vitest";
import { type Action, may, RIGHTS } from "../../src/rights.ts";

const ADMIN = { userId: "root", standing: { admin: true, moderator: false }, ownerId: "ada" };
const MODERATOR = { userId: "mo", standing: { admin: false, moderator: true }, ownerId: "ada" };
const OWNER = { userId: "ada", standing: { admin: false, moderator: false }, ownerId: "ada" };
const READER = { userId: "ben", standing: { admin: false, moderator: false }, ownerId: "ada" };

// Written out once more by hand: a change of the table must be meant.
test.each<[Action, string]>([
  ["forget_file", "admin moderator owner"],
  ["set_mode", "admin moderator"],
  ["backfill", "admin moderator owner"],
  ["opt_out", "owner"],
  ["see_files", "admin moderator owner reader"],
  ["see_sources", "admin moderator owner reader"],
  ["mute", "admin moderator owner reader"],
  ["stop", "admin moderator owner"],
  ["regenerate", "admin moderator owner"],
  ["rate", "admin moderator owner reader"],
  ["see_money", "admin"],
])("%s: %s, and nobody else", (action, who) => {
  const people = { admin: ADMIN, moderator: MODERATOR, owner: OWNER, reader: READER };
  const allowed = Object.entries(people).filter(([, actor]) => may(action, actor));
  expect(allowed.map(([role]) => role).join(" ")).toBe(who);
});

test("what belongs to nobody is nobody's own", () => {
  expect(may("forget_file", { ...READER, ownerId: null })).toBe(false);
});

test("every action has somebody who may do it", () => {
  for (const roles of Object.values(RIGHTS)) expect(roles.length).toBeGreaterThan(0);
});
