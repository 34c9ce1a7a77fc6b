import { describe, expect, test } from "vitest";
import { betterReading, isDoubtful, tidyMarkdown } from "../../src/ingest/extract/pdf-pages.ts";

describe("of two readings of a page the better one is used", () => {
  const words = "the quick brown fox jumps over the lazy dog again";

  test("the Markdown, where it holds the page's words", () => {
    expect(isDoubtful(`# ${words}`, words)).toBe(false);
    expect(betterReading(`# ${words}`, words)).toBe(`# ${words}`);
  });

  test("the raw text, where the Markdown is empty, as on a turned page", () => {
    expect(isDoubtful("", words)).toBe(true);
    expect(betterReading("", words)).toBe(words);
  });

  test("the raw text of right-to-left writing", () => {
    expect(isDoubtful("םולש םלוע", "םולש םלוע")).toBe(true);
    expect(betterReading("םולש םלוע", "שלום עולם")).toBe("שלום עולם");
  });

  test("the raw text of vertical writing, whose signs come apart in the Markdown", () => {
    expect(isDoubtful("日 あ 本 い 語 う", "日 あ 本 い 語 う")).toBe(true);
    expect(betterReading("日 あ 本 い 語 う", "日本語\nあいう")).toBe("日本語\nあいう");
  });

  test("the Markdown, where only quotes and hyphens at line ends differ", () => {
    const raw = "“don’t” hyphen\ufffe\r\nated";
    expect(betterReading("'don’t' hyphenated", raw)).toBe("'don’t' hyphenated");
  });

  test("the Markdown, where the raw text is glyph numbers", () => {
    expect(betterReading("readable", "\u0003\u0011,QIRU\u0003PDWLRQ")).toBe("readable");
  });

  test("a fence around nothing is nothing", () => {
    expect(tidyMarkdown("```text\n \n```\n")).toBe("");
  });
});
