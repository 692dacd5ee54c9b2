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

test("S30: four scans go on at once; one more is told to come again, and may when one has ended or failed", async () => {
  const { of } = list(1, () => true);
  const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  const held = gates.map(({ promise }) =>
    scan(
      {
        ...of,
        read: async () => {
          await promise;
          return done([0]);
        },
      },
      { limit: 1 },
    ),
  );
  assert.deepEqual(await scan(of, { limit: 1 }), { kind: "overloaded" });
  gates[0]?.resolve();
  await held[0];
  assert.deepEqual((await page(of, 1)).rows, [0]);
  gates[1]?.reject(new Error("the database is gone"));
  await assert.rejects(held[1] ?? Promise.resolve());
  for (const gate of gates.slice(2)) gate.resolve();
  await Promise.all(held.slice(2));
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
