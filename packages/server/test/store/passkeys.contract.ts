/** Passkeys on every store: found by their handle, their counters only rising, their challenges answered once. Part of the contract. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tx } from "../../src/flows/store.ts";
import type { ChallengeRow } from "../../src/flows/store-requests.ts";
import { addUser, enrolmentRow } from "./rows.ts";

interface Under {
  unit<T>(fn: (tx: Tx) => Promise<T>): Promise<T>;
  read<T>(fn: (tx: Tx) => Promise<T>): Promise<T>;
}

export function passkeyTests({ unit, read }: Under): void {
  test("S28: a passkey's counter only rises, or stays at none; a passkey is found by its handle, and is gone for that when it is reset", async () => {
    assert.equal(await read((tx) => tx.enrolments.anyOf("passkey")), false);
    const user = await unit((tx) => addUser(tx, "passkey"));
    const data = { credentialId: "abc", transports: ["usb"] };
    const key = enrolmentRow(user.id, { kind: "passkey", sealedSecret: "", handle: "abc", data, name: "Blue key" });
    await unit((tx) => tx.enrolments.insert(key));
    assert.deepEqual(await read((tx) => tx.enrolments.byHandle("abc")), key);
    assert.equal(await read((tx) => tx.enrolments.byHandle("abcd")), undefined);
    const raise = (counter: number) => unit((tx) => tx.enrolments.raiseCounter(key.id, counter));
    assert.deepEqual(
      [await raise(0), await raise(0), await raise(7), await raise(7), await raise(6), await raise(0)],
      [true, true, true, false, false, false],
    );
    assert.equal((await read((tx) => tx.enrolments.byId(key.id)))?.counter, 7);
    assert.equal(await raise(0xffff_ffff), true, "32 bits without a sign");
    assert.equal(await read((tx) => tx.enrolments.anyOf("passkey")), true);
    await unit((tx) => tx.enrolments.update(key.id, { status: "RESET", lastUsed: 5 }));
    assert.equal(await read((tx) => tx.enrolments.anyOf("passkey")), false);
    await assert.rejects(
      unit((tx) => tx.enrolments.insert({ ...key, id: "enr_another" })),
      "one device is enrolled once",
    );
  });

  test("S4: a challenge is found by what answers it, takes one answer before its end, and goes with its person", async () => {
    const user = await unit((tx) => addUser(tx, "challenged"));
    const row: ChallengeRow = {
      id: "chl_passkey",
      kind: "passkey",
      transactionId: "trx_one",
      enrolmentId: null,
      userId: user.id,
      hostId: null,
      secret: "challenge",
      data: { byType: true, keys: ["enr_one"] },
      created: 10,
      expires: 20,
      answeredAt: null,
      answer: null,
      seenAt: null,
    };
    await unit((tx) => tx.challenges.insert(row));
    assert.deepEqual(await read((tx) => tx.challenges.bySecret("passkey", "challenge")), row);
    assert.equal(await read((tx) => tx.challenges.bySecret("link", "challenge")), undefined, "of one kind");
    const answer = (now: number) => unit((tx) => tx.challenges.answer(row.id, "used", now));
    assert.deepEqual([await answer(20), await answer(19), await answer(19)], [false, true, false]);
    const other = { ...row, id: "chl_other", secret: "other" };
    await unit((tx) => tx.challenges.insert(other));
    await unit((tx) => tx.challenges.supersede("trx_one", 12, other.id));
    assert.equal((await read((tx) => tx.challenges.byId(other.id)))?.answer, null, "the newest stays");
    await unit((tx) => tx.challenges.supersede("trx_one", 12));
    assert.equal((await read((tx) => tx.challenges.byId(other.id)))?.answer, "superseded");
    await unit((tx) => tx.users.remove(user.id));
    assert.equal(await read((tx) => tx.challenges.byId(row.id)), undefined);
  });
}
