/** How sources, their runs, domains and duplicates are kept: part of every store's contract. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Conflict, type Store } from "../../src/flows/store.ts";
import type { DuplicateRow, RunRow } from "../../src/flows/store-sources.ts";
import { addUser, sourceRow } from "./rows.ts";

interface Under {
  unit: Store["inTransaction"];
  read: Store["read"];
}

function runRow(id: string, source: string, change: Partial<RunRow> = {}): RunRow {
  const rest = { counts: {}, problems: [], error: null, node: "n1", started: 1, ended: null };
  return {
    id,
    source,
    kind: "full",
    cause: "manual",
    actor: "t",
    status: "running",
    stage: "reading",
    done: 0,
    total: null,
    ...rest,
    ...change,
  };
}

export function sourceTests({ unit, read }: Under): void {
  test("a source comes back as it went in, is due at its time, and is gone with its runs", async () => {
    const source = sourceRow("s-one");
    await unit((tx) => tx.sources.insert(source));
    await assert.rejects(
      unit((tx) => tx.sources.insert(sourceRow("s-one"))),
      Conflict,
    );
    assert.deepEqual(await read((tx) => tx.sources.byName("s-one")), source);
    const due = async (now: number) => (await read((tx) => tx.sources.due(now))).map(({ name }) => name).filter((name) => name === "s-one");
    assert.deepEqual([await due(99), await due(100)], [[], ["s-one"]]);
    await unit((tx) => tx.sources.update("s-one", { paused: true, cursor: { usn: 7 } }));
    assert.deepEqual(await due(100), []);
    assert.deepEqual((await read((tx) => tx.sources.byName("s-one")))?.cursor, { usn: 7 });
    assert.equal(await read((tx) => tx.secrets.countSealed("k")), 1);
    await unit((tx) => tx.sources.insertRun(runRow("run_gone", "s-one")));
    await unit((tx) => tx.sources.remove("s-one"));
    assert.deepEqual(
      [await read((tx) => tx.sources.byName("s-one")), await read((tx) => tx.sources.runById("run_gone"))],
      [undefined, undefined],
    );
  });

  test("runs are read newest first, the old ones are forgotten, and never one that goes on", async () => {
    const at = (started: number) => runRow(`run_${started}`, "s-runs", { started, status: started === 1 ? "running" : "done" });
    await unit(async (tx) => {
      for (const started of [3, 1, 2, 5, 4]) await tx.sources.insertRun(at(started));
    });
    const ids = async (after?: string) => (await read((tx) => tx.sources.runs("s-runs", { limit: 2, after }))).map(({ id }) => id);
    assert.deepEqual([await ids(), await ids("run_4"), await ids("run_2")], [["run_5", "run_4"], ["run_3", "run_2"], ["run_1"]]);
    const change = {
      status: "failed" as const,
      counts: { created: 2 },
      problems: ["a"],
      error: { cause: "org.directory", sentence: "s" },
      ended: 9,
    };
    await unit((tx) => tx.sources.updateRun("run_5", change));
    assert.deepEqual(await read((tx) => tx.sources.runById("run_5")), { ...at(5), ...change });
    await unit((tx) => tx.sources.forgetRuns("s-runs", 2));
    assert.deepEqual([await ids(), await ids("run_4")], [["run_5", "run_4"], ["run_1"]]);
    assert.deepEqual(
      (await read((tx) => tx.sources.running("s-runs"))).map(({ id }) => id),
      ["run_1"],
    );
  });

  test("a domain is kept once, whatever its case", async () => {
    const domain = { name: "corp.example", netbios: "CORP", aliases: ["example.com"], source: null, created: 1 };
    await unit((tx) => tx.domains.put(domain));
    await unit((tx) => tx.domains.put({ ...domain, name: "Corp.Example", netbios: null, created: 2 }));
    assert.deepEqual(await read((tx) => tx.domains.list()), [{ ...domain, name: "Corp.Example", netbios: null }]);
    assert.equal((await read((tx) => tx.domains.byName("CORP.EXAMPLE")))?.name, "Corp.Example");
    assert.deepEqual(
      [await unit((tx) => tx.domains.remove("corp.example")), await unit((tx) => tx.domains.remove("corp.example"))],
      [true, false],
    );
  });

  test("a clash is kept once, and one of two who decide it at once is first", async () => {
    const rest = { kind: "email", folded: "a@x", userIds: ["usr_1", "usr_2"], found: 1, decision: null, decided: null, decidedBy: null };
    const clash: DuplicateRow = { id: "dup_1", fingerprint: "f1", status: "open", ...rest };
    assert.deepEqual(
      [await unit((tx) => tx.duplicates.insert(clash)), await unit((tx) => tx.duplicates.insert({ ...clash, id: "dup_2" }))],
      [true, false],
    );
    assert.deepEqual(await read((tx) => tx.duplicates.byFingerprint("f1")), clash);
    const decide = (by: string) =>
      unit((tx) => tx.duplicates.move("dup_1", "open", { status: "decided", decision: { kind: "keep" }, decided: 2, decidedBy: by }));
    assert.deepEqual([await decide("a"), await decide("b")], [true, false]);
    assert.deepEqual(await read((tx) => tx.duplicates.list({ limit: 5, status: "decided" })), [
      { ...clash, status: "decided", decision: { kind: "keep" }, decided: 2, decidedBy: "a" },
    ]);
    assert.deepEqual(await read((tx) => tx.duplicates.list({ limit: 5, status: "open" })), []);
  });

  test("linked users are found from the first one", async () => {
    const [first, second] = await unit(async (tx) => {
      const one = await addUser(tx, "linked-first");
      return [one, await addUser(tx, "linked-second", { linkedTo: one.id })];
    });
    assert.deepEqual(await read((tx) => tx.users.linkedTo(first?.id ?? "")), [second]);
    await unit((tx) => tx.users.update(second?.id ?? "", { linkedTo: null }));
    assert.deepEqual(await read((tx) => tx.users.linkedTo(first?.id ?? "")), []);
  });
}
