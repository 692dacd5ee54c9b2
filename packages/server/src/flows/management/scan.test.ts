/** Tests of reading on through a list: pages, their ends, what is looked at, and how many go on at once. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { done } from "./outcome.ts";
import { scan } from "./scan.ts";

function list(length: number, wanted: (row: number) => boolean) {
  const steps: number[] = [];
  const read = async (after: string | undefined, limit: number) => {
    const from = after === undefined ? 0 : Number(after) + 1;
    const rows = Array.from({ length: Math.max(0, Math.min(limit, length - from)) }, (_, i) => from + i);
    steps.push(rows.length);
    return done(rows);
  };
  return { steps, of: { read, placeOf: String, wanted } };
}

async function page(of: ReturnType<typeof list>["of"], limit: number, after?: string) {
  const outcome = await scan(of, { limit, after });
  assert.equal(outcome.kind, "done");
  return outcome.kind === "done" ? outcome.value : { rows: [] };
}

test("pages hold what is wanted, each row once, and the last one has no next", async () => {
  const { of } = list(1000, (row) => row % 7 === 0);
  const seen: number[] = [];
  let after: string | undefined;
  do {
    const { rows, next } = await page(of, 10, after);
    assert.ok(rows.length > 0 && rows.length <= 10);
    seen.push(...rows);
    after = next;
  } while (after !== undefined);
  assert.deepEqual(
    seen,
    Array.from({ length: 143 }, (_, i) => i * 7),
  );
});

test("a page that has something ends after 20,000 rows, one that has nothing goes on to the end", async () => {
  const some = list(100_000, (row) => row === 5 || row === 90_000);
  const first = await page(some.of, 10);
  assert.deepEqual([first.rows, first.next], [[5], "19999"]);
  assert.equal(some.steps.length, 100);
  const second = await page(some.of, 10, first.next);
  assert.deepEqual([second.rows, second.next], [[90_000], "90199"]);
  assert.deepEqual(await page(some.of, 10, second.next), { rows: [] });
  const none = list(100_000, () => false);
  assert.deepEqual(await page(none.of, 10), { rows: [] });
  assert.ok(none.steps.every((rows) => rows <= 200));
});

test("in a list without end a search that finds nothing is given up, one that found something is not", async () => {
  const giveUp = { after: 50_000, why: "ask for less" };
  const none = list(1_000_000, () => false);
  assert.deepEqual(await scan({ ...none.of, giveUp }, { limit: 10 }), { kind: "invalid", causes: ["ask for less"] });
  assert.equal(none.steps.length, 250);
  const late = list(1_000_000, (row) => row === 49_999);
  assert.deepEqual((await scan({ ...late.of, giveUp }, { limit: 10 })).kind, "done");
  const short = list(49_000, () => false);
  assert.deepEqual(await scan({ ...short.of, giveUp }, { limit: 10 }), done({ rows: [] }));
});

test("S30: four scans go on at once, more wait in turn, and one too many is told to come again", async () => {
  const { of } = list(1, () => true);
  const gate = Promise.withResolvers<void>();
  let at = 0;
  let most = 0;
  const read = async () => {
    most = Math.max(most, ++at);
    await gate.promise;
    at--;
    return done([0]);
  };
  const held = Array.from({ length: 4 + 64 }, () => scan({ ...of, read }, { limit: 1 }));
  assert.deepEqual(await scan(of, { limit: 1 }), { kind: "overloaded" });
  gate.resolve();
  assert.ok((await Promise.all(held)).every(({ kind }) => kind === "done"));
  assert.equal(most, 4);
  assert.deepEqual((await page(of, 1)).rows, [0]);
});

test("a scan that fails gives its turn to the next", async () => {
  const { of } = list(1, () => true);
  const fails = async () => {
    throw new Error("the database is gone");
  };
  const failed = Array.from({ length: 20 }, () => scan({ ...of, read: fails }, { limit: 1 }));
  for (const one of failed) await assert.rejects(one, /the database is gone/);
  assert.deepEqual((await page(of, 1)).rows, [0]);
});

test("other work is done between two steps", async () => {
  const { of } = list(2000, () => false);
  let turns = 0;
  const beat = () => {
    turns++;
    if (!over) setImmediate(beat);
  };
  let over = false;
  setImmediate(beat);
  await page(of, 1);
  over = true;
  assert.ok(turns >= 9, `${turns}`);
});
