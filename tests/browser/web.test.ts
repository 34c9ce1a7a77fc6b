import { expect, test } from "vitest";
import { dropFiles, ducks, useWebPage, words } from "../support/web-page.ts";

const bench = useWebPage();

test("a dropped file is followed in words until it is searchable, then deleted", async () => {
  await dropFiles(bench, ["ducks.txt"]);
  await bench.fileList().getByText("Received, will be read soon").waitFor();
  await bench.mark({ kind: "reading", pagesDone: 12, pages: 190 });
  await bench.fileList().getByText("Reading, page 12 of 190").waitFor();
  await bench.mark({ kind: "searchable", pages: 190, note: null });
  await bench.fileList().getByText("Searchable, 190 pages").waitFor();
  bench.page.once("dialog", (dialog) => dialog.accept());
  await bench.page.getByRole("button", { name: "Delete ducks.txt" }).click();
  await bench.page.getByText("Nothing here yet.").waitFor();
  expect(bench.complaints).toEqual([]);
});

test("an answer streams in, and its citation opens the source with the quote marked", async () => {
  await dropFiles(bench, ["ducks.txt"]);
  await bench.fileList().getByText("Received").waitFor();
  await bench.askFor("How many ducks are there?");
  const posting = bench.answer(
    ducks(bench.shared(), bench.page.locator(".said", { hasText: "There are" }).waitFor()),
  );
  await bench.page.getByText("forty-two", { exact: true }).waitFor();
  await posting;
  await bench.page.getByText("I looked in #general only").waitFor();
  expect(await bench.page.locator(".said img").count()).toBe(0);
  expect(await bench.page.locator(".said li code").textContent()).toBe("pond");
  expect(await bench.page.locator("#live").textContent()).toContain("Docent answered: There are");

  const citation = bench.page.getByRole("button", { name: "Source 1: ducks.txt, page 12" });
  await citation.click();
  const source = bench.page.getByRole("dialog", { name: "ducks.txt, page 12" });
  expect(await source.locator("mark").textContent()).toContain("forty-two ducks in the pond.");
  const original = source.getByRole("link", { name: "Open the original at page 12" });
  expect(await original.getAttribute("href")).toMatch(/\/original\?user=ada#page=12$/);
  await bench.page.keyboard.press("Escape");
  await source.waitFor({ state: "hidden" });
  const focused = await bench.page.evaluate("document.activeElement?.getAttribute('aria-label')");
  expect(focused).toBe("Source 1: ducks.txt, page 12");
  expect(bench.complaints).toEqual([]);
});

test("a follow-up is asked and answered in its thread", async () => {
  await bench.askFor("How many ducks are there?");
  await bench.answer(words("Forty-two."));
  await bench.page.getByRole("button", { name: "Follow up" }).click();
  await bench.page.getByLabel("Follow-up question").fill("And geese?");
  await bench.page.keyboard.press("Enter");
  await bench.page.getByText("Waiting for an answer…").waitFor();
  expect(bench.asked()[1]?.place.threadId).toBe(bench.asked()[0]?.messageId);
  await bench.answer(words("None."));
  const thread = bench.page.getByRole("article", { name: "Thread: How many ducks are there?" });
  await thread.getByText("None.").waitFor();
  expect(bench.complaints).toEqual([]);
});

test("a guest sees neither the private channel nor how to delete what others shared", async () => {
  await dropFiles(bench, ["ducks.txt"]);
  await bench.page.getByRole("button", { name: "Delete ducks.txt" }).waitFor();
  await bench.page.getByRole("link", { name: "#leads" }).click();
  await bench.page.getByText("Private channel: Ada, Ben").waitFor();
  await bench.page.getByLabel("You are").selectOption("Guest");
  await bench.page.getByText("Public channel: Ada, Ben, Guest").waitFor();
  await bench.fileList().getByRole("link", { name: "ducks.txt" }).waitFor();
  expect(await bench.page.getByRole("link", { name: "#leads" }).count()).toBe(0);
  expect(await bench.page.getByRole("button", { name: "Delete ducks.txt" }).count()).toBe(0);
  expect(bench.complaints).toEqual([]);
});

test("the page finds back after a restart of the server, and shows what is true then", async () => {
  await bench.askFor("How many ducks are there?");
  await bench.server.close();
  await bench.page.getByText("The connection is lost").waitFor();
  await bench.startServer(bench.server.port);
  await bench.answer(words("Forty-two."));
  await bench.page.locator(".said", { hasText: "Forty-two." }).waitFor();
  await bench.page.getByText("Ready: answers from your files").waitFor();
});

test("what is refused is said in one sentence, and what was written stays", async () => {
  await bench.page.getByLabel("Your question", { exact: true }).fill("x".repeat(8_001));
  await bench.page.keyboard.press("Enter");
  await bench.page.getByRole("alert").getByText("at most 8,000 characters").waitFor();
  expect((await bench.page.getByLabel("Your question", { exact: true }).inputValue()).length).toBe(
    8_001,
  );
});

test("a phone's width is enough", async () => {
  await bench.page.setViewportSize({ width: 360, height: 740 });
  await dropFiles(bench, [`${"a-very-long-name-".repeat(9)}.txt`]);
  await bench.page.getByRole("button", { name: "Files", exact: true }).click();
  await bench.fileList().getByText("Received").waitFor();
  await bench.page.getByRole("button", { name: "Back to the chat" }).click();
  await bench.askFor("How many ducks are there?");
  const overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
  expect(await bench.page.evaluate(overflow)).toBe(0);
});
