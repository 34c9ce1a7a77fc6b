import { expect, test } from "vitest";
import { Bridge, type Peer } from "../../src/db/embedded/bridge.ts";
import { query, type Reply, type Status, unitBytes } from "../../src/db/embedded/wire.ts";

/** An engine that answers when told to, and remembers the statements that it was given. */
function fakeEngine() {
  const statements: string[] = [];
  const answers: ((reply: Reply) => void)[] = [];
  const bridge = new Bridge((unit) => {
    statements.push(Buffer.from(unit.subarray(5, -1)).toString());
    return new Promise((resolve) => answers.push(resolve));
  });
  const answer = async (status: Status) => {
    const nothing = new Uint8Array(0);
    answers.shift()?.({ response: nothing, notices: nothing, status, listened: false });
    // The bridge goes on in the promise's own turn.
    await new Promise(setImmediate);
  };
  return { bridge, statements, answer };
}

function join(bridge: Bridge): Peer & { failed: Error[] } {
  const failed: Error[] = [];
  const peer = { failed, deliver: () => undefined, fail: (error: Error) => failed.push(error) };
  bridge.join(peer);
  return peer;
}

test("clients take turns in the order in which they asked", async () => {
  const { bridge, statements, answer } = fakeEngine();
  const [a, b] = [join(bridge), join(bridge)];
  bridge.submit(a, query("a1"));
  bridge.submit(b, query("b1"));
  bridge.submit(a, query("a2"));
  expect(statements).toEqual(["a1"]);
  await answer("I");
  await answer("I");
  expect(statements).toEqual(["a1", "b1", "a2"]);
});

test("an open transaction keeps the others waiting until it ends, also when it has failed", async () => {
  const { bridge, statements, answer } = fakeEngine();
  const [a, b] = [join(bridge), join(bridge)];
  bridge.submit(a, query("begin"));
  bridge.submit(b, query("b1"));
  await answer("T");
  bridge.submit(a, query("fails"));
  await answer("E");
  expect(statements).toEqual(["begin", "fails"]);
  bridge.submit(a, query("rollback"));
  await answer("I");
  expect(statements).toEqual(["begin", "fails", "rollback", "b1"]);
});

test("a client that leaves while its statement runs is rolled back, and what it still wanted is not done", async () => {
  const { bridge, statements, answer } = fakeEngine();
  const [a, b] = [join(bridge), join(bridge)];
  bridge.submit(a, query("begin"));
  bridge.submit(a, query("insert"));
  bridge.submit(b, query("b1"));
  bridge.leave(a);
  await answer("T");
  await answer("I");
  expect(statements).toEqual(["begin", "rollback", "b1"]);
});

test("the death of the engine reaches every connection, and those that come later", () => {
  const { bridge } = fakeEngine();
  const [a, b] = [join(bridge), join(bridge)];
  const death = new Error("dead");
  bridge.break(death);
  expect([a.failed, b.failed]).toEqual([[death], [death]]);
  expect(() => join(bridge)).toThrow(death);
});

test("a unit is complete with its last byte, and no earlier", () => {
  const parse = Buffer.from([0x50, 0, 0, 0, 8, 0, 0, 0, 0]);
  const sync = Buffer.from([0x53, 0, 0, 0, 4]);
  const both = Buffer.concat([parse, sync, query("next")]);
  const unit = parse.length + sync.length;
  for (let bytes = 0; bytes < unit; bytes += 1) expect(unitBytes(both.subarray(0, bytes))).toBe(0);
  expect(unitBytes(both)).toBe(unit);
});

test("who wants the engine alone waits for an open transaction, and everybody else for them", async () => {
  const { bridge, statements, answer } = fakeEngine();
  const [a, b] = [join(bridge), join(bridge)];
  bridge.submit(a, query("begin"));
  const worked = Promise.withResolvers<string>();
  const alone = bridge.alone(() => worked.promise);
  bridge.submit(b, query("b1"));
  await answer("T");
  bridge.submit(a, query("commit"));
  await answer("I");
  expect(statements).toEqual(["begin", "commit"]);
  worked.resolve("done");
  expect(await alone).toBe("done");
  await new Promise(setImmediate);
  expect(statements).toEqual(["begin", "commit", "b1"]);
});

test("work alone that fails holds up nobody, and an engine that died refuses it", async () => {
  const { bridge, statements } = fakeEngine();
  const peer = join(bridge);
  const failing = bridge.alone(() => Promise.reject(new Error("no room")));
  bridge.submit(peer, query("a1"));
  await expect(failing).rejects.toThrow("no room");
  await new Promise(setImmediate);
  expect(statements).toEqual(["a1"]);
  const waiting = bridge.alone(() => Promise.resolve());
  bridge.break(new Error("dead"));
  await expect(waiting).rejects.toThrow("dead");
  await expect(bridge.alone(() => Promise.resolve())).rejects.toThrow("dead");
});
