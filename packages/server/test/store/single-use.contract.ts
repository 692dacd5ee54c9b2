/** What counts once, or only so often (S1, S4), on every store: part of the contract, called by it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { random128 } from "../../src/flows/ids.ts";
import type { Tx } from "../../src/flows/store.ts";
import { addUser, appRow, clientRow, enrolmentRow, hostRow, transactionRow } from "./rows.ts";

interface Under {
  unit<T>(fn: (tx: Tx) => Promise<T>): Promise<T>;
  read<T>(fn: (tx: Tx) => Promise<T>): Promise<T>;
  purge(before: number): Promise<void>;
  clock(): { now: number };
}

export function singleUseTests({ unit, read, purge, clock }: Under): void {
  test("S4: codes, jti, steps and links are used up by the first, and codes and links end with their time", async () => {
    const app = appRow("once");
    const host = hostRow(app.id);
    await unit(async (tx) => {
      await tx.apps.insert(app);
      await tx.hosts.insert(host);
      const code = { id: "code1", appId: app.id, name: null, sealedSecret: "v1", created: 1, createdBy: "t", expires: 100, usedAt: null };
      await tx.hosts.insertCode(code);
      await tx.hosts.insertCode({ ...code, id: "code2" });
      await tx.secrets.insertLink({ hash: "h1", purpose: "set-up", expires: 100 });
      await tx.secrets.insertLink({ hash: "h2", purpose: "set-up", expires: 100 });
    });
    const twice = async (fn: (tx: Tx) => Promise<boolean>) => [await unit(fn), await unit(fn)];
    assert.deepEqual(await twice((tx) => tx.hosts.consumeJti(host.id, "jti", 5)), [true, false]);
    assert.deepEqual(await twice((tx) => tx.hosts.consumeCode("code1", 50)), [true, false]);
    assert.equal(await unit((tx) => tx.hosts.consumeCode("code2", 100)), false, "expired");
    assert.deepEqual(await twice((tx) => tx.enrolments.consumeStep("enr", 7)), [true, false]);
    assert.equal(await unit((tx) => tx.enrolments.consumeStep("enr", 8)), true);
    assert.deepEqual(await twice((tx) => tx.secrets.consumeLink("h1", "set-up", 50)), [true, false]);
    assert.equal(await unit((tx) => tx.secrets.consumeLink("h2", "other", 50)), false, "another purpose");
    assert.equal(await unit((tx) => tx.secrets.consumeLink("h2", "set-up", 100)), false, "expired");
  });

  test("S4: a client registers up to its cap and not when revoked; nonces and rotations count once; secrets come newest first", async () => {
    const app = appRow("clients");
    const [client, revoked] = [clientRow(app.id), clientRow(app.id)];
    await unit(async (tx) => {
      await tx.apps.insert(app);
      await tx.clients.insert(client);
      await tx.clients.insert(revoked);
      await tx.clients.revoke(revoked.id, 5);
      for (const created of [1, 2])
        await tx.clients.insertSecret({ id: `s${created}`, clientId: client.id, sealedSecret: "v1", created, retires: null });
    });
    const take = (id: string) => unit((tx) => tx.clients.takeRegistration(id));
    assert.deepEqual([await take(client.id), await take(client.id), await take(client.id)], [1, 2, undefined]);
    assert.equal(await take(revoked.id), undefined);
    const twice = async (fn: (tx: Tx) => Promise<boolean>) => [await unit(fn), await unit(fn)];
    assert.deepEqual(await twice((tx) => tx.clients.consumeNonce(client.id, "n", 1)), [true, false]);
    assert.deepEqual(await twice((tx) => tx.clients.advance(client.id, 1)), [true, false]);
    await unit((tx) => tx.clients.setRetires("s1", 9));
    const secrets = await read((tx) => tx.clients.secrets(client.id));
    assert.deepEqual(
      secrets.map(({ id, retires }) => [id, retires]),
      [
        ["s2", null],
        ["s1", 9],
      ],
    );
    assert.deepEqual(await read((tx) => tx.clients.byId(client.id)), { ...client, registered: 2, version: 2 });
    assert.equal((await read((tx) => tx.clients.byId(revoked.id)))?.revoked, 5);
  });

  test("S1: a try is taken only below the cap, past the wait and from an active enrolment", async () => {
    const user = await unit((tx) => addUser(tx, "tries"));
    const enrolment = enrolmentRow(user.id);
    await unit((tx) => tx.enrolments.insert(enrolment));
    const take = (now: number) => unit((tx) => tx.enrolments.takeTry(enrolment.id, 3, now));
    assert.deepEqual([await take(1), await take(1)], [1, 2]);
    await unit((tx) => tx.enrolments.update(enrolment.id, { nextTryAt: 500 }));
    assert.equal(await take(499), undefined, "must wait");
    assert.equal(await take(500), 3);
    assert.equal(await take(501), undefined, "the cap");
    await unit((tx) => tx.enrolments.update(enrolment.id, { failures: 0, status: "LOCKED" }));
    assert.equal(await take(502), undefined, "locked");
  });

  test("S4: a step of a transaction, and of a host's generation, is taken by whoever saw the present one", async () => {
    const transaction = transactionRow();
    const app = appRow("steps");
    const host = hostRow(app.id);
    await unit(async (tx) => {
      await tx.apps.insert(app);
      await tx.hosts.insert(host);
      await tx.transactions.insert(transaction);
    });
    const advance = () => unit((tx) => tx.transactions.advance(transaction.id, 1, { status: "SUCCESS", amr: ["pwd", "otp"] }));
    assert.deepEqual([await advance(), await advance()], [true, false]);
    const stored = await read((tx) => tx.transactions.byTokenHash(transaction.tokenHash));
    assert.deepEqual([stored?.version, stored?.status, stored?.amr], [2, "SUCCESS", ["pwd", "otp"]]);
    const rotate = () => unit((tx) => tx.hosts.rotateGeneration(host.id, host.generation, random128(), "check", "boot"));
    assert.deepEqual([await rotate(), await rotate()], [true, false]);
  });

  test("S4: a purge forgets what ended, and never what could still be used twice", async () => {
    await unit((tx) => tx.hosts.consumeJti("hst_p", "ended", 1_000));
    await unit((tx) => tx.hosts.consumeJti("hst_p", "valid", 9_000));
    clock().now = 1_000;
    await unit((tx) => tx.enrolments.consumeStep("enr_p", 1));
    clock().now = 9_000;
    await unit((tx) => tx.enrolments.consumeStep("enr_p", 2));
    await purge(5_000);
    const again = (jti: string) => unit((tx) => tx.hosts.consumeJti("hst_p", jti, 9_000));
    assert.deepEqual([await again("valid"), await again("ended")], [false, true]);
    assert.equal(await unit((tx) => tx.enrolments.consumeStep("enr_p", 2)), false);
  });
}
