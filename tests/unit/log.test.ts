import { expect, test } from "vitest";
import { ServiceError } from "../../src/errors.ts";
import { describeError } from "../../src/log.ts";

test("an error in the log has its cause, and neither rows nor requests of others", () => {
  const cause = Object.assign(new Error("duplicate key"), {
    code: "23505",
    detail: "Key (text)=(the plan is secret) already exists.",
    config: { headers: { authorization: "Bearer xoxb-1" } },
  });
  const error = new ServiceError("slack", "Slack did not answer", { status: 503, cause });
  const said = JSON.stringify(describeError(error, 5));
  expect(said).toContain("Slack did not answer");
  expect(said).toContain("23505");
  expect(said).not.toMatch(/secret|xoxb/);
});
