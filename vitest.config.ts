import { defineConfig } from "vitest/config";

const DATABASE_TESTS = ["tests/{flows,contract,db}/**/*.test.ts"];
const databaseUrl = process.env.TEST_DATABASE_URL;

if (!databaseUrl) {
  process.stderr.write(
    "TEST_DATABASE_URL is not set: database tests run on the embedded engine only, not on a Postgres.\n",
  );
}

const embedded = {
  extends: true as const,
  test: {
    name: "embedded",
    include: [...DATABASE_TESTS, "tests/browser/**/*.test.ts"],
    globalSetup: "tests/support/embedded-template.ts",
    provide: { engine: "embedded" as const },
  },
};

const postgres = {
  extends: true as const,
  test: {
    name: "postgres",
    include: DATABASE_TESTS,
    globalSetup: "tests/support/postgres-template.ts",
    provide: { engine: "postgres" as const },
  },
};

export default defineConfig({
  test: {
    // Otherwise the default export of a CommonJS library hides its named ones.
    deps: { interopDefault: false },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Much of a test is waiting for processes of its own: one file for each core, where one core is left free otherwise.
    maxWorkers: "100%",
    projects: [
      { extends: true, test: { name: "unit", include: ["tests/unit/**/*.test.ts"] } },
      embedded,
      ...(databaseUrl ? [postgres] : []),
    ],
  },
});
