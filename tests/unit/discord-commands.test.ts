import { expect, test } from "vitest";
import { COMMANDS } from "../../adapters/discord/install/commands.ts";

interface Described {
  name: string;
  description?: string;
  options?: Described[];
  choices?: { name: string; value: string | number }[];
}

const [chat, message] = COMMANDS;

function all(one: Described): Described[] {
  return [one, ...(one.options ?? []).flatMap(all)];
}

function charsOf({ name, description = "", choices = [] }: Described): number {
  const chosen = choices.map((choice) => `${choice.name}${choice.value}`);
  return [name, description, ...chosen].join("").length;
}

test("Discord takes all names, descriptions and choices", () => {
  const described = all(chat as Described);
  for (const { name, description, options = [], choices = [] } of described) {
    expect(name).toMatch(/^[a-z]{1,32}$/);
    expect(description?.length ?? 0, name).toBeGreaterThan(0);
    expect(description?.length ?? 0, name).toBeLessThanOrEqual(100);
    expect(options.length).toBeLessThanOrEqual(25);
    expect(choices.length).toBeLessThanOrEqual(25);
    for (const choice of choices) expect(choice.name.length).toBeLessThanOrEqual(100);
  }
  const chars = described.reduce((sum, one) => sum + charsOf(one), 0);
  expect(chars).toBeLessThanOrEqual(8_000);
  expect(message?.name.length).toBeLessThanOrEqual(32);
});

test("what must be chosen comes before what may be", () => {
  const { options = [] } = chat as { options?: { options?: { required?: boolean }[] }[] };
  for (const { options: given = [] } of options) {
    const required = given.map((option) => option.required === true);
    expect(required).toEqual(required.toSorted((a, b) => Number(b) - Number(a)));
  }
});

test("every command is there, in servers and in direct messages", () => {
  const names = all(chat as Described).map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining(
      "ask files forget models usage help privacy me channel sources mute unmute stop official pause resume block unblock".split(
        " ",
      ),
    ),
  );
  for (const command of COMMANDS) {
    expect(command).toMatchObject({ contexts: [0, 1], integration_types: [0] });
  }
});
