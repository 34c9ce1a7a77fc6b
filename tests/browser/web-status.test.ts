import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import type { ModelHour, ModelStatus, MoneyStatus, Status } from "../../src/surface.ts";
import { violations } from "../support/axe.ts";
import { startOpenRouter } from "../support/openrouter.ts";
import { startProduct } from "../support/product.ts";
import { STATUS } from "../support/web.ts";
import { useWebPage } from "../support/web-page.ts";

const HOUR_MS = 3_600_000;
// Half past, so that no hour ends while a test runs.
const NOW_MS = Date.UTC(2026, 4, 12, 12, 30);
// The first look may come before the attempt is written down.
const TWO_LOOKS = { timeout: 45_000 };
const LOOKS = [
  ["light", 1280],
  ["dark", 1280],
  ["light", 390],
  ["dark", 390],
] as const;

const bench = useWebPage();

const UNASKED: ModelStatus = {
  ...{ id: "anthropic/claude-3.5-sonnet", state: "unknown", note: "", fix: null, next: false },
  ...{ sinceMs: null, restingUntilMs: null, lastSuccessMs: null, expiresOn: null, uptime: null },
  day: {
    ...{ tries: 0, answered: 0, firstTokenMs: null, totalMs: null },
    ...{ tokensIn: 0, tokensOut: 0 },
  },
};

const MODELS: ModelStatus[] = [
  {
    ...UNASKED,
    ...{ id: "openai/gpt-4o-mini", state: "resting", note: "too many requests" },
    ...{ restingUntilMs: NOW_MS + 120_000, lastSuccessMs: NOW_MS - 5 * 60_000, uptime: 99.83 },
    day: {
      ...{ tries: 6, answered: 4, tokensIn: 900, tokensOut: 80 },
      ...{ firstTokenMs: { p50: 600, p95: 1_900 }, totalMs: { p50: 2_400, p95: 6_100 } },
    },
  },
  { ...UNASKED, id: "openai/gpt-4o", state: "ready", next: true, expiresOn: "2027-01-14" },
  {
    ...{ ...UNASKED, state: "retired", note: "OpenRouter does not know it any more" },
    fix: "remove it from OPENROUTER_MODELS",
  },
];

const HOURS: ModelHour[] = [
  { model: "openai/gpt-4o-mini", atMs: hourAgo(23), tries: 2, answered: 2, firstTokenMs: 500 },
  { model: "openai/gpt-4o-mini", atMs: hourAgo(0), tries: 4, answered: 2, firstTokenMs: 1_000 },
];

const MONEY: MoneyStatus = {
  key: { state: "valid", note: "", leftUsd: 4.2 },
  budgets: [
    {
      ...{ workspace: "local", dayUsd: 0.12, dayUsdMax: 1, monthUsd: 3, monthUsdMax: 20 },
      renewsAtMs: NOW_MS + 11 * HOUR_MS,
    },
  ],
  models: [{ id: "openai/gpt-4o-mini", usd: 0.0304 }],
};

function hourAgo(hours: number): number {
  return NOW_MS - (NOW_MS % HOUR_MS) - hours * HOUR_MS;
}

function statusFor({ wide, admin }: { wide: boolean; admin: boolean }): Status {
  const files = { searchable: wide ? 731 : 0, reading: 0, failed: 0, withoutVectors: 0 };
  const line = wide ? "✅ Working · 731 files searchable" : "✅ Working";
  return { ...STATUS, line, models: MODELS, files, money: admin ? MONEY : null };
}

/** Opens the status at half past twelve, and lets time pass only as the test says. */
async function open(as = "Ada", status = statusFor) {
  const { page } = bench;
  Object.assign(bench, { status, hours: HOURS });
  await page.clock.install({ time: NOW_MS });
  await page.reload();
  await page.getByLabel("You are").selectOption(as);
  await page.clock.runFor(1_000);
  await page.getByRole("button", { name: /Working|Ready/ }).click();
  const panel = page.getByRole("dialog", { name: "Status" });
  await panel.getByRole("heading", { name: "Search by meaning" }).waitFor();
  return panel;
}

test("the status line opens the models in order, with what is wrong and what to do", async () => {
  const status = await open();
  const [first, second, third] = await status.locator(".chain > li").allInnerTexts();
  expect(first).toMatch(
    /^1\. gpt-4o-mini\n+openai\/gpt-4o-mini\n+Resting until .*: too many requests/,
  );
  expect(first).toMatch(/Answered\s+67 % \(4 of 6\)\s+First word\s+0\.6 s, 95 % within 1\.9 s/);
  expect(first).toMatch(/Uptime at OpenRouter\s+99\.8 %\s+Last answered\s+5 minutes ago/);
  expect(second).toMatch(/^2\. gpt-4o\s+answers next\s+openai\/gpt-4o\s+Ready/);
  expect(second).toMatch(/Ends on\s+January 14, 2027\s+No tries in the last 24 hours\./);
  expect(third).toContain("Retired: OpenRouter does not know it any more");
  expect(third).toContain("To do: remove it from OPENROUTER_MODELS");
  await status.getByText("Searchable", { exact: true }).waitFor();
  expect(bench.complaints).toEqual([]);
});

test("charts have a bar for each hour with tries, and say the same in words and as a table", async () => {
  const status = await open();
  const success = status.getByRole("img", {
    name: "gpt-4o-mini answered 67 % (4 of 6) in the last 24 hours, over 2 hours with tries.",
  });
  // Two tries of at most four, both answered; then four, of which two were.
  expect(await heights(success.locator(".whole"))).toEqual(["20", "40"]);
  expect(await heights(success.locator(".filled"))).toEqual(["20", "20"]);
  expect(await success.locator(".whole").first().getAttribute("x")).toBe("1");
  const speed = status.getByRole("img", {
    name: /first word of gpt-4o-mini was between 0.5 s and/,
  });
  expect(await heights(speed.locator(".filled"))).toEqual(["20", "40"]);
  await status.getByText("As a table").click();
  const row = status.getByRole("row").last();
  expect(await row.getByRole("cell").allTextContents()).toEqual(["50 % (2 of 4)", "1.0 s"]);
  expect(bench.complaints).toEqual([]);
});

function heights(bars: ReturnType<typeof bench.page.locator>): Promise<(string | null)[]> {
  return bars.evaluateAll((all) => all.map((bar) => bar.getAttribute("height")));
}

test("money is for the first person alone, and how much there is not for guests", async () => {
  const admin = await open("Ada");
  await admin.getByText("The key is valid ($4.20 left)").waitFor();
  await admin.getByRole("meter", { name: "Today: $0.12 of $1.00" }).waitFor();
  expect(await admin.textContent()).toContain("openai/gpt-4o-mini$0.0304");

  const member = await open("Ben");
  expect(await member.textContent()).toContain("Searchable731");
  expect(await member.textContent()).not.toContain("$");

  const guest = await open("Guest");
  const text = await guest.textContent();
  expect(text).toContain("Answered67 %First word");
  expect(text).not.toMatch(/\$|731|Searchable|\d of \d/);
  const hours = "fetch('/api/status/hours?user=guest').then((response) => response.json())";
  expect(await bench.page.evaluate(hours)).toMatchObject({
    hours: [
      { tries: 1, answered: 1 },
      { tries: 1, answered: 0.5 },
    ],
  });
  expect(bench.complaints).toEqual([]);
});

test("while it is open it looks again every 30 seconds, and not after Escape", async () => {
  const { page } = bench;
  let asked = 0;
  const status = await open("Ada", (viewer) => {
    asked += 1;
    return { ...statusFor(viewer), line: `Ready, look ${asked}` };
  });
  const line = status.locator("section").first();
  await line.getByText("Ready, look").waitFor();
  await status.getByText("As a table").click();
  const before = asked;
  await page.clock.runFor(30_000);
  await line.getByText(`Ready, look ${before + 1}`).waitFor();
  await status.getByRole("table").waitFor();
  expect(await page.evaluate("document.activeElement?.textContent")).toBe("As a table");

  await page.keyboard.press("Escape");
  await status.waitFor({ state: "hidden" });
  expect(await page.evaluate("document.activeElement?.id")).toBe("status-open");
  await page.clock.runFor(120_000);
  expect(asked).toBe(before + 1);
  expect(bench.complaints).toEqual([]);
});

test("what goes wrong is said, what was known stays, and it is tried again", async () => {
  const { page } = bench;
  const status = await open();
  await status.getByText("too many requests").waitFor();
  const { port } = bench.server;
  await bench.server.close();
  await page.clock.runFor(30_000);
  await status.getByRole("alert").getByText("There is no connection to Docent").waitFor();
  expect(await status.textContent()).toContain("too many requests");
  await bench.startServer(port);
  await page.clock.runFor(30_000);
  await status.getByRole("alert").waitFor({ state: "hidden" });
});

test.each(LOOKS)("in %s, %i wide, nobody is kept from the status", async (scheme, width) => {
  const { page } = bench;
  await page.setViewportSize({ width, height: 800 });
  await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
  expect(await violations(page)).toEqual([]);
  const status = await open();
  await status.getByText("As a table").click();
  expect(await violations(page)).toEqual([]);
  const overflow = "[document.documentElement, document.querySelector('#status')]";
  expect(
    await page.evaluate(`${overflow}.map((one) => one.scrollWidth - one.clientWidth)`),
  ).toEqual([0, 0]);
});

test("a question put to the whole product is in the charts, with the model that failed it", async () => {
  const { page } = bench;
  const folder = await mkdtemp(path.join(tmpdir(), "docent-status-"));
  const openrouter = await startOpenRouter();
  openrouter.always("first/gone", "invalid_model");
  const product = await startProduct({
    ...{ OPENROUTER_API_KEY: "sk-or-status-key", OPENROUTER_BASE_URL: openrouter.url },
    OPENROUTER_MODELS: "first/gone,second/works",
    DATA_DIR: path.join(folder, "data"),
  });
  try {
    await page.goto(product.url);
    await page.getByLabel("Your question", { exact: true }).fill("What is a pond?");
    await page.keyboard.press("Enter");
    await page.getByText("second/works", { exact: false }).first().waitFor();
    await page.locator("#status-open").click();
    const status = page.getByRole("dialog", { name: "Status" });
    await status.getByRole("img", { name: /^works answered 100 % \(1 of 1\)/ }).waitFor(TWO_LOOKS);
    await status.getByRole("img", { name: /^gone answered 0 % \(0 of 1\)/ }).waitFor();
    expect(await status.locator(".chain > li").allInnerTexts()).toEqual([
      expect.stringMatching(/^1\. gone\n.*Retired.*To do: Remove it from OPENROUTER_MODELS/s),
      expect.stringMatching(/^2\. works\s+answers next.*Ready/s),
    ]);
    await status.getByRole("meter", { name: /^Today: / }).waitFor();
  } finally {
    await product.stop();
    await openrouter.close();
    await rm(folder, { recursive: true });
  }
}, 90_000);
