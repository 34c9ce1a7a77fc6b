import { expect, test } from "vitest";
import { violations } from "../support/axe.ts";
import { dropFiles, ducks, useWebPage } from "../support/web-page.ts";

const LOOKS = [
  ["light", 1280],
  ["dark", 1280],
  ["light", 390],
  ["dark", 390],
] as const;

const bench = useWebPage();

test.each(LOOKS)(
  "in %s, %i wide, nothing stands in the way of anybody",
  async (scheme, width) => {
    const { page } = bench;
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    await page.getByText("Nothing here yet.").waitFor();
    expect(await violations(bench.page)).toEqual([]);

    await dropFiles(bench, ["ducks.txt"]);
    await page.getByText("Received").first().waitFor();
    await bench.mark({ kind: "reading", pagesDone: 3, pages: 19 });
    await page.getByText("Reading, page 3 of 19").first().waitFor();
    await dropFiles(bench, ["geese.txt"], "#ask");
    await page.getByRole("button", { name: "Remove geese.txt" }).waitFor();
    expect(await violations(bench.page)).toEqual([]);

    await bench.askFor("How many ducks?");
    const said = page.locator(".said", { hasText: "There are" });
    const streaming = said
      .waitFor()
      .then(async () => expect(await violations(bench.page)).toEqual([]));
    await bench.answer(ducks(bench.shared(), streaming));
    await page.getByRole("button", { name: "Not helpful" }).click();
    await page.getByText("More", { exact: true }).click();
    expect(await violations(bench.page)).toEqual([]);

    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: /^Source 1/ }).click();
    await page.locator("mark").waitFor();
    expect(await violations(bench.page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Change what is read" }).click();
    await page.getByRole("dialog", { name: "What is read" }).waitFor();
    expect(await violations(bench.page)).toEqual([]);
    const overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
    expect(await page.evaluate(overflow)).toBe(0);
  },
  90_000,
);

test("who has to sign in is asked for the token, once", async () => {
  const { page } = bench;
  await page.getByText("Nothing here yet.").waitFor();
  await bench.server.close();
  await bench.startServer(bench.server.port, "a-token-of-some-length");
  await page.getByLabel("Token").fill("another");
  expect(await violations(bench.page)).toEqual([]);
  await page.keyboard.press("Enter");
  await page.getByRole("alert").getByText("This is not the token").waitFor();
  await page.getByLabel("Token").fill("a-token-of-some-length");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("Nothing here yet.").waitFor();
  await bench.askFor("How many ducks?");
  expect(await page.context().cookies()).toMatchObject([{ httpOnly: true, sameSite: "Strict" }]);
});
