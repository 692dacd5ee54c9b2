/** How names are kept and looked over: part of every store's contract. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Store } from "../../src/flows/store.ts";
import { addUser, appRow } from "./rows.ts";

interface Under {
  unit: Store["inTransaction"];
  read: Store["read"];
  lookOver: Store["lookOver"];
}

export function nameTests({ unit, read, lookOver }: Under): void {
  test("who holds a name comes with the user they are linked to", async () => {
    const first = await unit((tx) => addUser(tx, "held-first"));
    const second = await unit((tx) => addUser(tx, "Held-First", { source: "hr", linkedTo: first.id }));
    const held = await read((tx) => tx.users.holders([{ kind: "login", folded: "held-first" }]));
    assert.deepEqual(
      held.map(({ userId, linkedTo }) => [userId, linkedTo]).sort(),
      [
        [first.id, null],
        [second.id, first.id],
      ].sort(),
    );
  });

  test("every rule that any app has is told once, also those of its own", async () => {
    const own = { rule: "prefix", prefix: "rule-", then: "login" } as const;
    for (const label of ["rules-1", "rules-2"]) await unit((tx) => tx.apps.insert({ ...appRow(label), nameRules: ["email", own] }));
    const rules = await read((tx) => tx.apps.nameRules());
    assert.equal(rules.filter((rule) => JSON.stringify(rule) === JSON.stringify(own)).length, 1);
    assert.ok(rules.includes("email"));
  });

  test("a look over all users sees everybody, in a thread of its own, and one that is ended ends", async () => {
    const [first, second] = await unit(async (tx) => [
      await addUser(tx, "looked-over", { created: 1 }),
      await addUser(tx, "Looked-Over", { source: "hr", created: 2 }),
    ]);
    const world = { rules: [], domains: [] };
    const { users, clashes } = await lookOver(world, new AbortController().signal);
    assert.equal(users, await read((tx) => tx.users.count()));
    assert.deepEqual(
      clashes.filter(({ folded }) => folded === "looked-over"),
      [{ kind: "login", folded: "looked-over", first: first?.id, second: second?.id }],
    );
    await assert.rejects(lookOver(world, AbortSignal.abort(new Error("stopping"))), /stopping/);
  });

  test("a finding is read by the users who have part in it", async () => {
    const row = { kind: "login", folded: "x", status: "open" as const, found: 1, decision: null, decided: null, decidedBy: null };
    await unit((tx) => tx.duplicates.insert({ ...row, id: "dup_of1", fingerprint: "of1", userIds: ["usr_of1", "usr_of2"] }));
    await unit((tx) => tx.duplicates.insert({ ...row, id: "dup_of2", fingerprint: "of2", userIds: ["usr_of2", "usrXof1"] }));
    const of = async (id: string) => (await read((tx) => tx.duplicates.ofUser(id))).map((one) => one.id);
    assert.deepEqual([await of("usr_of1"), await of("usr_of2"), await of("usr_of")], [["dup_of1"], ["dup_of1", "dup_of2"], []]);
  });
}
