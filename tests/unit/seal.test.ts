import { expect, test } from "vitest";
import { sealer } from "../../adapters/shared/seal.ts";

const SECRET = "a-secret-of-this-deployment-0123456789";
const TOKEN = "xoxb-1-secret ü";

test("what was sealed opens again, and shows nothing of itself", () => {
  const { seal, open } = sealer(SECRET, "tokens");
  const sealed = seal(TOKEN);
  expect(open(sealed)).toBe(TOKEN);
  expect(open(seal(""))).toBe("");
  expect(sealed).toMatch(/^[\w-]+$/);
  expect(Buffer.from(sealed, "base64url").toString("latin1")).not.toContain("xoxb");
  expect(seal(TOKEN)).not.toBe(sealed);
});

test("neither another secret nor another purpose opens it", () => {
  const sealed = sealer(SECRET, "tokens").seal(TOKEN);
  expect(sealer(`${SECRET}!`, "tokens").open(sealed)).toBeNull();
  expect(sealer(SECRET, "addresses").open(sealed)).toBeNull();
});

test("nothing opens that was changed in a single byte, cut short or made up", () => {
  const { seal, open } = sealer(SECRET, "tokens");
  const bytes = Buffer.from(seal(TOKEN), "base64url");
  for (const at of bytes.keys()) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(open(changed.toString("base64url"))).toBeNull();
    expect(open(bytes.subarray(0, at).toString("base64url"))).toBeNull();
  }
  expect(open("plain")).toBeNull();
});
