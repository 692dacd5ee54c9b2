/** How units share commits: what a long row of them leaves to others, and who waits for whom. */
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import type { Tx } from "../../src/flows/store.ts";
import { GroupCommit, type Writer } from "../../src/store/group-commit.ts";

/** A database that only counts; `commits` says how many units each commit held. */
function counting() {
  const commits: number[] = [];
  let units = 0;
  const writer: Writer = {
    begin: async () => {
      units = 0;
      return 0;
    },
    savepoint: async () => undefined,
    release: async () => {
      units += 1;
    },
    undoUnit: async () => true,
    commit: async () => void commits.push(units),
    abandon: async () => undefined,
    again: () => "no",
  };
  const queue = new GroupCommit(writer, {
    begin: () => ({ tx: {} as Tx, end: () => undefined }),
    mark: () => undefined,
    reset: () => undefined,
    kept: () => undefined,
  });
  return { queue, commits };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

function spin(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

test("a row of units that takes long goes in several commits, each unit once and in its order, and others have their turn between", async () => {
  const { queue, commits } = counting();
  const done: number[] = [];
  let turns = 0;
  let going = true;
  const others = (async () => {
    for (; going; turns++) await turn();
  })();
  const all = Array.from({ length: 40 }, (_, index) =>
    queue.add(async () => {
      spin(2);
      done.push(index);
      return index;
    }),
  );
  assert.deepEqual(await Promise.all(all), [...done]);
  assert.deepEqual(
    done,
    done.map((_, index) => index),
  );
  going = false;
  await others;
  assert.equal(
    commits.reduce((sum, units) => sum + units, 0),
    40,
  );
  // 80 ms of work, of which a commit takes about 15.
  assert.ok(commits.length >= 4, `commits of ${commits}`);
  assert.ok(turns >= commits.length, `${turns} turns`);
  await queue.close();
});

test("while several come at a time a commit waits for more; who comes alone waits for nobody", async () => {
  const { queue, commits } = counting();
  const unit = () => queue.add(async () => undefined);
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    // Time stands still: whoever waited for a timer would never be done.
    await unit();
    await unit();
    await Promise.all([unit(), unit()]);
    assert.deepEqual(commits, [1, 1, 2]);
    const first = unit();
    for (let turns = 0; turns < 5; turns++) await turn();
    const second = unit();
    for (let turns = 0; turns < 5; turns++) await turn();
    assert.deepEqual(commits, [1, 1, 2]);
    mock.timers.tick(5);
    await Promise.all([first, second]);
    assert.deepEqual(commits, [1, 1, 2, 2]);
    // The last one of them comes alone: it waits once, and the next does not.
    const last = unit();
    await turn();
    mock.timers.tick(5);
    await last;
    await unit();
    assert.deepEqual(commits, [1, 1, 2, 2, 1, 1]);
  } finally {
    mock.timers.reset();
  }
  await queue.close();
});
