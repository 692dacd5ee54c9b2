/** Recovery codes and bypass codes on every store: single use, ends, what goes with its user or set. Part of the contract, called by it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tx } from "../../src/flows/store.ts";
import { addUser, appRow, bypassCodeRow, enrolmentRow, recoveryCodeRow } from "./rows.ts";

interface Under {
  unit<T>(fn: (tx: Tx) => Promise<T>): Promise<T>;
  read<T>(fn: (tx: Tx) => Promise<T>): Promise<T>;
  purge(before: number): Promise<void>;
}

export function codeTests({ unit, read, purge }: Under): void {
  const twice = async (fn: (tx: Tx) => Promise<boolean>) => [await unit(fn), await unit(fn)];

  test("S4: a recovery code is used up by the first, only while its set is active, and counts no more as remaining", async () => {
    const user = await unit((tx) => addUser(tx, "recovery"));
    const set = enrolmentRow(user.id, { kind: "recovery", sealedSecret: "" });
    await unit(async (tx) => {
      await tx.enrolments.insert(set);
      await tx.recoveryCodes.insert(["AAAA", "BBBB", "CCCC"].map((selector) => recoveryCodeRow(set.id, selector)));
    });
    assert.deepEqual(await twice((tx) => tx.recoveryCodes.consume(set.id, "AAAA", 5)), [true, false]);
    assert.equal(await unit((tx) => tx.recoveryCodes.consume(set.id, "ZZZZ", 5)), false);
    assert.equal((await read((tx) => tx.recoveryCodes.find(set.id, "AAAA")))?.usedAt, 5);
    assert.equal(await read((tx) => tx.recoveryCodes.remaining(set.id)), 2);
    for (const status of ["LOCKED", "RESET", "PENDING_ACTIVATION"] as const) {
      await unit((tx) => tx.enrolments.update(set.id, { status }));
      assert.equal(await unit((tx) => tx.recoveryCodes.consume(set.id, "BBBB", 6)), false, status);
    }
    assert.deepEqual((await read((tx) => tx.recoveryCodes.selectors(set.id))).sort(), ["AAAA", "BBBB", "CCCC"]);
    await unit((tx) => tx.recoveryCodes.remove(set.id));
    assert.deepEqual(await read((tx) => tx.recoveryCodes.selectors(set.id)), []);
  });

  test("S4, S11: a bypass code is used up by the first, before its end, and not once it is withdrawn", async () => {
    const [user, app] = [await unit((tx) => addUser(tx, "bypassed")), appRow("bypassed")];
    const code = (selector: string, created: number) => bypassCodeRow(user.id, app.id, { selector, created });
    const [one, two, three] = [code("AAAA", 1), code("BBBB", 2), code("CCCC", 3)];
    await unit(async (tx) => {
      await tx.apps.insert(app);
      for (const row of [one, two, three]) await tx.bypassCodes.insert(row);
    });
    assert.deepEqual(await twice((tx) => tx.bypassCodes.consume(one.id, 99, "K7QF-3M2P")), [true, false]);
    assert.equal(await unit((tx) => tx.bypassCodes.revoke(one.id, 99)), false, "used");
    assert.equal(await unit((tx) => tx.bypassCodes.consume(two.id, 100, null)), false, "past its end");
    assert.equal(await unit((tx) => tx.bypassCodes.revoke(two.id, 100)), false, "past its end");
    assert.deepEqual(await twice((tx) => tx.bypassCodes.revoke(three.id, 50)), [true, false]);
    assert.equal(await unit((tx) => tx.bypassCodes.consume(three.id, 60, null)), false, "withdrawn");
    const used = { ...one, usedAt: 99, usedOn: "K7QF-3M2P" };
    assert.deepEqual(await read((tx) => tx.bypassCodes.byId(one.id)), used);
    assert.deepEqual(await read((tx) => tx.bypassCodes.find(user.id, "AAAA")), used);
    assert.deepEqual(await read((tx) => tx.bypassCodes.ofUser(user.id)), [{ ...three, revokedAt: 50 }, two, used]);
    await purge(100);
    assert.equal((await read((tx) => tx.bypassCodes.ofUser(user.id))).length, 3, "kept a while");
    await purge(101);
    assert.deepEqual(await read((tx) => tx.bypassCodes.ofUser(user.id)), []);
  });

  test("S1: a try that said nothing of an enrolment is given back, once, and with it the wait", async () => {
    const user = await unit((tx) => addUser(tx, "returned"));
    const enrolment = enrolmentRow(user.id, { failures: 1, nextTryAt: 500 });
    await unit((tx) => tx.enrolments.insert(enrolment));
    await unit((tx) => tx.enrolments.returnTry(enrolment.id));
    assert.deepEqual(await read((tx) => tx.enrolments.byId(enrolment.id)), { ...enrolment, failures: 0, nextTryAt: 0 });
    await unit((tx) => tx.enrolments.returnTry(enrolment.id));
    assert.equal((await read((tx) => tx.enrolments.byId(enrolment.id)))?.failures, 0, "never below none");
  });

  test("codes go with their user, and with their app", async () => {
    const [user, app] = [await unit((tx) => addUser(tx, "gone", { status: "DEPROVISIONED" })), appRow("gone")];
    const set = enrolmentRow(user.id, { kind: "recovery" });
    await unit(async (tx) => {
      await tx.apps.insert(app);
      await tx.enrolments.insert(set);
      await tx.recoveryCodes.insert([recoveryCodeRow(set.id, "AAAA")]);
      await tx.bypassCodes.insert(bypassCodeRow(user.id, app.id));
    });
    await unit((tx) => tx.apps.remove(app.id));
    assert.deepEqual(await read((tx) => tx.bypassCodes.ofUser(user.id)), []);
    await unit((tx) => tx.users.remove(user.id));
    assert.deepEqual(await read((tx) => tx.recoveryCodes.selectors(set.id)), []);
  });

  test("S37: a restore ends every recovery code and every open bypass code", async () => {
    const [user, app] = [await unit((tx) => addUser(tx, "restored")), appRow("restored")];
    const set = enrolmentRow(user.id, { kind: "recovery" });
    const bypass = bypassCodeRow(user.id, app.id, { expires: 50 });
    await unit(async (tx) => {
      await tx.apps.insert(app);
      await tx.enrolments.insert(set);
      await tx.recoveryCodes.insert([recoveryCodeRow(set.id, "AAAA")]);
      await tx.bypassCodes.insert(bypass);
      assert.ok((await tx.restore.endRecoveryCodes(40)) >= 1);
      assert.equal(await tx.restore.endBypassCodes(40), 1);
    });
    assert.equal(await unit((tx) => tx.recoveryCodes.consume(set.id, "AAAA", 41)), false);
    assert.equal(await unit((tx) => tx.bypassCodes.consume(bypass.id, 41, null)), false);
  });
}
