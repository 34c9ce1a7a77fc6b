import { expect, test } from "vitest";
import type { Inspection } from "../../src/surface.ts";
import { violations } from "../support/axe.ts";
import { dropFiles, ducks, useWebPage, words } from "../support/web-page.ts";

const bench = useWebPage();

function last() {
  return bench.events.at(-1);
}

test("files dropped on the question go with it, and one can be taken off again", async () => {
  const { page } = bench;
  await dropFiles(bench, ["ducks.txt", "geese.txt"], "#ask");
  const chips = page.getByRole("list", { name: "Files that come with the question" });
  await chips.getByText("Received, will be read soon").nth(1).waitFor();
  await bench.mark({ kind: "searchable", pages: 3, note: null }, "ducks.txt");
  await chips.getByText("Searchable, 3 pages").waitFor();
  await chips.getByRole("button", { name: "Remove geese.txt" }).click();
  await bench.fileList().getByText("geese.txt").waitFor({ state: "detached" });
  expect(await page.getByRole("article").count()).toBe(0);
  await bench.askFor("How many ducks?");
  expect(bench.asked()).toMatchObject([{ fileIds: [bench.shared("ducks.txt").fileId] }]);
  expect(bench.shared("ducks.txt").handedOver).toBe(true);
  await chips.waitFor({ state: "hidden" });
  const thread = page.getByRole("article", { name: "Thread: How many ducks?" });
  await thread.getByRole("link", { name: "ducks.txt" }).waitFor();
  expect(await page.getByRole("article").count()).toBe(1);
  expect(bench.complaints).toEqual([]);
});

test("an answer is stopped while it is written, and the button keeps the focus", async () => {
  const { page } = bench;
  await bench.askFor("How many ducks?");
  await page.getByRole("button", { name: "Stop" }).focus();
  let end: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => {
    end = resolve;
  });
  const posting = bench.answer(
    (async function* () {
      yield { kind: "text", text: "There are " } as const;
      await stopped;
      yield { kind: "footer", text: "Stopped." } as const;
    })(),
  );
  await page.locator(".said", { hasText: "There are" }).waitFor();
  await page.keyboard.press("Enter");
  await page.locator(".actions", { hasText: "Stopping…" }).waitFor();
  await expect.poll(() => last()?.kind).toBe("stopped");
  end();
  await posting;
  await page.getByRole("button", { name: "Helpful", exact: true }).waitFor();
});

test("an answer is rated by keyboard, with a reason and who reads it", async () => {
  const { page } = bench;
  await bench.askFor("How many ducks?");
  await bench.answer(words("Forty."));
  await page.getByRole("button", { name: "Not helpful" }).focus();
  await page.keyboard.press("Enter");
  const reason = page.getByLabel("What was wrong with it?");
  expect(await reason.evaluate((area) => area === area.ownerDocument.activeElement)).toBe(true);
  await page.getByText("Whoever runs this Docent reads it").waitFor();
  await page.keyboard.press("Escape");
  await reason.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Not helpful" }).click();
  await reason.fill("There were two more.");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByRole("button", { name: "Not helpful", pressed: true }).waitFor();
  expect(last()).toMatchObject({
    ...{ kind: "rated", rating: "down", reason: "There were two more." },
  });
  expect(bench.complaints).toEqual([]);
});

test("another answer takes the place of the first", async () => {
  const { page } = bench;
  await bench.askFor("How many ducks?");
  await bench.answer(words("Forty."));
  await page.getByText("More", { exact: true }).click();
  await page.getByRole("button", { name: "Regenerate" }).click();
  await page.getByText("Another answer is on its way…").first().waitFor();
  await expect.poll(() => last()?.kind).toBe("regenerate_wanted");
  await bench.answer(words("Forty-two."));
  await page.locator(".said", { hasText: "Forty-two." }).waitFor();
  expect(await page.getByText("Forty.", { exact: true }).count()).toBe(0);
  await page.getByRole("button", { name: "Helpful", exact: true }).waitFor();
});

test("one's own question is edited and deleted, another's is not", async () => {
  const { page } = bench;
  await bench.askFor("How many dugs?");
  await bench.answer(words("What is a dug?"));
  await page.getByRole("button", { name: "Edit: How many dugs?" }).click();
  const box = page.getByLabel("Your question, to be changed");
  await box.fill("How many ducks?");
  await page.keyboard.press("Enter");
  await page.getByText("(edited)").waitFor();
  expect(last()).toMatchObject({ kind: "message_changed", text: "How many ducks?" });

  await page.getByLabel("You are").selectOption("Guest");
  await page.getByText("How many ducks?").first().waitFor();
  expect(await page.getByRole("button", { name: /^(Edit|Delete|Stop)/ }).count()).toBe(0);
  await page.getByLabel("You are").selectOption("Ada");
  page.once("dialog", (dialog) => dialog.accept());
  await page.getByRole("button", { name: "Delete: How many ducks?" }).click();
  await page.getByText("Nothing here yet.").waitFor();
  expect(bench.complaints).toEqual([]);
});

test("the inspector tells in words what was found, and opens it", async () => {
  const { page } = bench;
  await dropFiles(bench, ["ducks.txt"]);
  await bench.fileList().getByText("Received").waitFor();
  bench.inspection = inspectionOf(bench.shared().fileId);
  await bench.server.close();
  await bench.startServer(bench.server.port);
  await bench.askFor("How many ducks?");
  await bench.answer(ducks(bench.shared()));
  await page.getByText("More", { exact: true }).click();
  await page.getByRole("button", { name: "Look inside" }).click();
  const inside = page.getByRole("dialog", { name: "How this was answered" });
  await inside.getByText("Guests can read #general.").waitFor();
  await inside.getByText("The best passage holds 70 % of the question's words.").waitFor();
  const [both, one] = await inside.getByRole("listitem").allTextContents();
  expect(both).toContain("Found by words and by meaning; given to the model as 1; cited as [1]");
  expect(one).toContain("Found by meaning alone; not given to the model");
  await inside.getByText("b/model answered, in 2.3 s").waitFor();
  await inside.getByText("a/model failed: too busy, after 0.4 s").waitFor();
  expect(await violations(page)).toEqual([]);
  await inside.getByRole("button", { name: "ducks.txt, page 12" }).first().click();
  const source = page.getByRole("dialog", { name: "ducks.txt, page 12" });
  expect(await source.locator("mark").textContent()).toContain("forty-two");
});

test("who may says what is read, and everybody sees it", async () => {
  const { page } = bench;
  await page.getByText("Every document shared here is read.").waitFor();
  await page.getByRole("button", { name: "Change what is read" }).click();
  await page.getByLabel("Only what is handed over").check();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Only files that come with a question are read.").waitFor();
  await page.getByLabel("You are").selectOption("Guest");
  await page.getByRole("link", { name: "#leads" }).waitFor({ state: "detached" });
  await page.getByText("Only files that come with a question are read.").waitFor();
  await page.getByRole("button", { name: "Change what is read" }).click();
  expect(await page.getByLabel("Nothing").isDisabled()).toBe(true);
  await page.getByText("Ada can change this.").waitFor();
  await page.getByLabel("Leave my files out").check();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Your own files are left out.").waitFor();
  expect(bench.settings).toEqual({ mode: "ask", optedOut: true });
  expect(bench.complaints).toEqual([]);
});

function inspectionOf(fileId: string): Inspection {
  const passage = { fileName: "ducks.txt", where: "page 12", fileId, position: 12 };
  const found = { ...passage, text: "There are forty-two ducks.", score: 0.9, vectorScore: 0.7 };
  return {
    scope: { channels: ["#general"], narrowed: "Guests can read #general." },
    ...{ coverage: 0.7, coverageMin: 0.4, model: "b/model" },
    passages: [
      { ...found, lexicalScore: 9.1, given: 1, cited: 1 },
      { ...found, lexicalScore: null, given: null, cited: null },
    ],
    attempts: [
      { model: "a/model", outcome: "failed", note: "too busy", totalMs: 420 },
      { model: "b/model", outcome: "answered", note: "", totalMs: 2310 },
    ],
  };
}

test("a table in an answer is a table, also on a phone", async () => {
  const { page } = bench;
  await page.setViewportSize({ width: 390, height: 800 });
  await bench.askFor("How many ducks a year?");
  const row = `| 2024 | ${"very many ".repeat(20)} |`;
  await bench.answer(
    words(`By year:\n\n| Year | **Ducks** |\n|---|---:|\n| 2023 | a \\| b |\n${row}\n`),
  );
  const table = page.getByRole("region", { name: "Table" }).getByRole("table");
  expect(await table.getByRole("columnheader").allTextContents()).toEqual(["Year", "Ducks"]);
  expect(await table.getByRole("row").nth(1).getByRole("cell").allTextContents()).toEqual([
    "2023",
    "a | b",
  ]);
  const overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
  expect(await page.evaluate(overflow)).toBe(0);
  expect(await violations(page)).toEqual([]);
});
