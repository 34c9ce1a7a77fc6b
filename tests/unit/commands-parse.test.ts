import { expect, test } from "vitest";
import { misunderstood } from "../../src/commands/help.ts";
import { isCommand, nearestWord, type Parsed, parseCommand } from "../../src/commands/parse.ts";
import { nameOf } from "../../src/commands/words.ts";

test.each<[string, Parsed | null]>([
  ["models", { word: "models" }],
  ["  Status ", { word: "models" }],
  ["/docent models", { word: "models" }],
  ["/models", { word: "models" }],
  ["“models”", { word: "models" }],
  ["models?", { word: "models" }],
  ["FILES", { word: "files" }],
  ["", { word: "help" }],
  ["/docent", { word: "help" }],
  ["?", { word: "help" }],
  ["help", { word: "help" }],
  ["forget plan.pdf", { word: "forget", wanted: "plan.pdf" }],
  ["Forget  “The Plan v2.pdf” ", { word: "forget", wanted: "The Plan v2.pdf" }],
  ["delete 12", { word: "forget", wanted: "12" }],
  ["forget", { word: "forget", wanted: "" }],
  ["channel", { word: "channel", wish: null }],
  ["Channel  ASK", { word: "channel", wish: "ask" }],
  ['channel "off"', { word: "channel", wish: "off" }],
  ["channel on", { word: "channel", wish: "auto" }],
  ["channel reply", { word: "channel", wish: "reply" }],
  ["block <@!123>", { word: "block", personId: "123" }],
  ["block <@U1|ada>", { word: "block", personId: "U1" }],
  ["unblock", { word: "unblock", personId: null }],
  ["block @ada", { word: "block", personId: null }],
  ["block 123", { word: "block", personId: "123" }],
  ["block storage", null],
  ["sources only <#11> 12", { word: "sources", wish: { how: "only", named: ["11", "12"] } }],
  ["sources add #team-café", { word: "sources", wish: { how: "add", named: ["team-café"] } }],
  ["sources add up to what?", null],
  ["sources all", { word: "sources", wish: { how: "all", named: [] } }],
  ["sources all of it", null],
  ["sources only", null],
  ["sources of that", null],
  ["official on Rules.pdf", { word: "official", wish: "on", wanted: "Rules.pdf" }],
  ["official Rules.pdf", null],
  ["pause", { word: "pause" }],
  ["channel loud", null],
  ["me", { word: "me", wish: null }],
  ["me off", { word: "me", wish: "off" }],
  ["me  Streaming  OFF", { word: "me", wish: "streaming off" }],
  ["me forget", { word: "me", wish: "forget" }],
  ["me forget everything", null],
  ["mute", { word: "mute" }],
  ["unmute", { word: "unmute" }],
  ["Stop!", { word: "stop" }],
  ["cancel", { word: "stop" }],
  ["stop the press", null],
  ["sources", { word: "sources", wish: null }],
  ["privacy", { word: "privacy" }],
  ["usage", { word: "usage" }],
  ["ask How many\nlamps “exactly”?", { word: "ask", question: "How many\nlamps “exactly”?" }],
  ["ask", { word: "ask", question: "" }],
  ["files about cats", null],
  ["modles", null],
  ["constructor", null],
])("%j is understood", (text, parsed) => {
  expect(parseCommand(text)).toEqual(parsed);
});

test.each([
  ["models", true],
  [" Models? ", true],
  ["channel ask", true],
  ["me off", true],
  ["mute", true],
  ["stop", true],
  ["help", true],
  ["", false],
  ["?", false],
  ["files about cats?", false],
  ["help me find X", false],
  ["forget plan.pdf", false],
  ["forget", false],
  ["ask How many?", false],
  ["me and my plans", false],
  ["block storage: what does it cost?", false],
  ["channel of the launch", false],
  ["What models do we sell?", false],
])("in a thread, %j is a command: %s", (text, is) => {
  expect(isCommand(text)).toBe(is);
});

test.each([
  ["modles", "models"],
  ["fiels", "files"],
  ["Froget plan.pdf", "forget"],
  ["channel loud", "channel"],
  ["privasy", "privacy"],
  ["When is the launch?", null],
])("%j may have been meant as %s", (text, word) => {
  expect(nearestWord(text)).toBe(word);
});

test("what is not understood is told back shortly, with the nearest command and the list", () => {
  expect(misunderstood("modles")).toMatch(
    /^I don't know “modles”\. Did you mean: models\n\n.*Mention me/,
  );
  const long = misunderstood(`When\nis ${"very ".repeat(50)}late?`);
  expect(long).toMatch(/^I don't know “When is very .{0,40}…”\. To ask me something in private/);
});

test("a file's name keeps to its line, and is cut", () => {
  expect(nameOf("plan\n\u202efdp.exe\u0007 \t x")).toBe("plan fdp.exe x");
  expect(nameOf("👩‍🔬 notes")).toBe("👩‍🔬 notes");
  expect([...nameOf("é".repeat(200))]).toHaveLength(80);
});
