/** What every store must do, whatever database is behind it: exported, and run on each implementation. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type ChainPlace, chainFault, type LogEvent } from "@sallyport/contracts";
import { Conflict, type Store, type Tx } from "../../src/flows/store.ts";
import { codeTests } from "./codes.contract.ts";
import { directoryTests } from "./directory.contract.ts";
import { effectiveGroupTests } from "./effective-groups.contract.ts";
import { groupTests } from "./groups.contract.ts";
import { nameLookupTests } from "./name-lookup.contract.ts";
import { nameTests } from "./names.contract.ts";
import { passkeyTests } from "./passkeys.contract.ts";
import { pushTests } from "./push.contract.ts";
import { requestTests } from "./requests.contract.ts";
import { addUser, logonRow, transactionRow } from "./rows.ts";
import { singleUseTests } from "./single-use.contract.ts";
import { sourceTests } from "./sources.contract.ts";

export interface StoreUnderTest {
  store: Store;
  /** Moves the database's clock; epoch ms. */
  clock: { now: number };
  close(): Promise<void>;
}

export function storeContract(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`store contract on ${name}`, () => {
    let under: StoreUnderTest;
    const unit = <T>(fn: (tx: Tx) => Promise<T>): Promise<T> => under.store.inTransaction(fn);
    const read = <T>(fn: (tx: Tx) => Promise<T>): Promise<T> => under.store.read(fn);
    before(async () => {
      under = await open();
    });
    after(() => under.close());

    test("a unit of work is one moment: its time is the database's, and all of it is there afterwards", async () => {
      under.clock.now = 1_700_000_000_000;
      const event = await unit(async (tx) => {
        assert.equal(tx.now, 1_700_000_000_000);
        return tx.log.append({ type: "org.started", actor: { type: "system", id: "org" }, outcome: "success" });
      });
      assert.equal(event.published, "2023-11-14T22:13:20.000Z");
      assert.deepEqual(await read((tx) => tx.log.at(event.node, event.seq)), event);
    });

    test("a unit that throws leaves nothing: no row, no event, and the chain goes on where it was", async () => {
      const before = await read((tx) => tx.log.head());
      const failing = unit(async (tx) => {
        await addUser(tx, "ghost");
        await tx.log.append({ type: "user.created", actor: { type: "system", id: "org" }, outcome: "success" });
        throw new Error("on purpose");
      });
      await assert.rejects(failing, /on purpose/);
      assert.deepEqual(await read((tx) => tx.users.byLogin("ghost")), []);
      assert.deepEqual(await read((tx) => tx.log.head()), before);
      const next = await unit((tx) => tx.log.append({ type: "org.stopped", actor: { type: "system", id: "org" }, outcome: "success" }));
      assert.equal(next.seq, before.seq + 1);
      assert.equal(next.previous, before.hash);
    });

    test("units that run at the same time do not see each other's failures", async () => {
      const results = await Promise.allSettled(
        Array.from({ length: 40 }, (_, index) =>
          unit(async (tx) => {
            await addUser(tx, `many${index}`);
            await tx.log.append({
              type: "user.created",
              actor: { type: "system", id: "org" },
              outcome: "success",
              data: { login: `many${index}` },
            });
            if (index % 3 === 0) throw new Error("on purpose");
          }),
        ),
      );
      assert.equal(results.filter(({ status }) => status === "rejected").length, 14);
      for (const index of [0, 1, 2]) assert.equal((await read((tx) => tx.users.byLogin(`many${index}`))).length, index === 0 ? 0 : 1);
    });

    test("S21: the chain verifies, whatever was rolled back in between", async () => {
      const events = await read((tx) => tx.log.chain(under.store.node, 0, 10_000));
      assert.ok(events.length > 20);
      assert.deepEqual(faultsOf(events), []);
      const [first, second, ...rest] = events;
      assert.ok(first && second);
      assert.notDeepEqual(faultsOf([first, ...rest]), [], "a gap is found");
      assert.notDeepEqual(faultsOf([second, first, ...rest]), [], "a swap is found");
      assert.notDeepEqual(faultsOf([{ ...first, outcome: "failure" }, second, ...rest]), [], "an edit is found");
    });

    test("reading sees one state and cannot write", async () => {
      await assert.rejects(read((tx) => addUser(tx, "sneaky")));
      assert.deepEqual(await read((tx) => tx.users.byLogin("sneaky")), []);
    });

    test("a unit that has ended refuses every later call", async () => {
      let kept: Tx | undefined;
      await unit(async (tx) => {
        kept = tx;
      });
      await assert.rejects(async () => kept?.users.count());
    });

    test("what was announced before anybody watched keeps nobody from being told later", { timeout: 30_000 }, async () => {
      await unit((tx) => tx.changes.announce("early"));
      const watched = heard(under.store, "early");
      await watched.next();
      await unit((tx) => tx.changes.announce("early"));
      await watched.next();
      watched.stop();
      await unit((tx) => tx.changes.announce("early"));
      const later = heard(under.store, "early");
      await later.next();
      later.stop();
    });

    test("who watches a topic is told at first, and after each unit that announced it, but not of one that was rolled back", async () => {
      const watched = heard(under.store, "keys");
      await watched.next();
      await unit((tx) => tx.changes.announce("keys"));
      await watched.next();
      const failing = unit(async (tx) => {
        await tx.changes.announce("keys");
        throw new Error("on purpose");
      });
      await assert.rejects(failing, /on purpose/);
      const before = await read((tx) => tx.changes.numbers());
      await unit((tx) => tx.changes.announce("other"));
      assert.equal((await read((tx) => tx.changes.numbers())).get("keys"), before.get("keys"));
      await unit((tx) => tx.changes.announce("keys"));
      await watched.next();
      assert.equal(watched.count(), 3);
      watched.stop();
    });

    test("S30: a name with a NUL in it is no fault, and nobody else's name", async () => {
      const strange = "nul\0name";
      await unit((tx) => tx.logons.insert(logonRow("hst_nul", "NNNN-0001", { username: strange })));
      const [row] = await read((tx) => tx.logons.byReference("NNNN-0001"));
      assert.equal(row?.username, "nul\u{fffd}name");
      await unit((tx) => addUser(tx, "nul"));
      for (const folded of [strange, "nul\0"]) assert.deepEqual(await read((tx) => tx.users.holders([{ kind: "login", folded }])), []);
    });

    test("a fact that several set for the first time is what the first one said", async () => {
      const claim = (value: string) => unit((tx) => tx.secrets.claimMeta("claimed", value));
      assert.deepEqual([await claim("a"), await claim("b"), await read((tx) => tx.secrets.meta("claimed"))], ["a", "a", "a"]);
    });

    test("S21: what is read of the chain's end is on the disk, also while a unit is under way", async () => {
      const before = await read((tx) => tx.log.head());
      const seen = await unit(async (tx) => {
        await tx.log.append({ type: "org.started", actor: { type: "system", id: "org" }, outcome: "success" });
        return { inside: await tx.log.head(), outside: await read((other) => other.log.head()) };
      });
      assert.equal(seen.inside.seq, before.seq + 1);
      assert.deepEqual(seen.outside, before);
      assert.deepEqual(await read((tx) => tx.log.head()), seen.inside);
    });

    test("only open transactions that ran out are found as such", async () => {
      const [open, ended, later] = [transactionRow(), transactionRow({ status: "SUCCESS" }), transactionRow({ expires: 5000 })];
      await unit(async (tx) => {
        for (const one of [open, ended, later]) await tx.transactions.insert(one);
      });
      const ids = (await read((tx) => tx.transactions.expired(1000, 50))).map(({ id }) => id);
      assert.ok(ids.includes(open.id) && !ids.includes(ended.id) && !ids.includes(later.id));
    });

    test("S21: a reference belongs to its host; the same one of another host is another logon", async () => {
      await unit((tx) => tx.logons.insert(logonRow("hst_a", "AAAA-0001")));
      await unit((tx) => tx.logons.insert(logonRow("hst_b", "AAAA-0001")));
      await assert.rejects(
        unit((tx) => tx.logons.insert(logonRow("hst_a", "AAAA-0001"))),
        Conflict,
      );
      await unit((tx) => tx.logons.update("hst_a", "AAAA-0001", { result: "deny", cause: "user.password", evidence: { n: 1 } }));
      const rows = await read((tx) => tx.logons.byReference("AAAA-0001"));
      assert.deepEqual(rows.map(({ hostId, result }) => `${hostId} ${result}`).sort(), ["hst_a deny", "hst_b open"]);
      const own = async (host: string | null) => (await read((tx) => tx.logons.ofHost(host, "AAAA-0001")))?.hostId;
      assert.deepEqual([await own("hst_b"), await own("hst_c"), await own(null)], ["hst_b", undefined, undefined]);
      await unit((tx) => tx.logons.addReport("hst_a", "AAAA-0001", { at: 5, result: "deny", cause: "net.dns", evidence: { x: "y" } }));
      assert.equal((await read((tx) => tx.logons.reports("hst_b", "AAAA-0001"))).length, 0);
    });

    test("a lease is held by one until it ends; its next holder has a higher fence, and the late one cannot renew", async () => {
      const take = (holder: string, now: number) => unit((tx) => tx.leases.take("job/x", holder, now, 100));
      const first = await take("a", 1_000);
      assert.ok(first !== undefined);
      assert.equal(await take("b", 1_099), undefined);
      assert.deepEqual(await read((tx) => tx.leases.free("job/", 1_099)), []);
      assert.equal(await unit((tx) => tx.leases.renew("job/x", { holder: "a", fence: first }, 1_200)), true);
      assert.equal(await take("b", 1_199), undefined);
      assert.deepEqual(await read((tx) => tx.leases.free("job/", 1_200)), ["job/x"]);
      const second = await take("b", 1_200);
      assert.ok(second !== undefined && second > first);
      const renew = (holder: string, fence: number) => unit((tx) => tx.leases.renew("job/x", { holder, fence }, 9_999));
      assert.deepEqual([await renew("a", first), await renew("a", second), await renew("b", second)], [false, false, true]);
      const other = await unit((tx) => tx.leases.take("joc/x", "c", 1_000, 100));
      await unit((tx) => tx.leases.forget("job/"));
      assert.equal(await renew("b", second), false, "forgotten, although it was held");
      const kept = { holder: "c", fence: other ?? 0 };
      assert.equal(await unit((tx) => tx.leases.renew("joc/x", kept, 9_999)), true, "the next name after the prefix");
    });

    test("a name is counted once for each host and hour", async () => {
      const count = (name: string, hour = 1) => unit((tx) => tx.hosts.countName("hst_n", name, hour));
      assert.deepEqual([await count("a"), await count("b"), await count("a"), await count("a", 2)], [1, 2, 0, 1]);
      const foreseen = (name: string, hour = 1) => read((tx) => tx.hosts.foresee("hst_n", name, hour));
      assert.deepEqual([await foreseen("a"), await foreseen("c"), await foreseen("c"), await foreseen("b", 2)], [0, 3, 3, 2]);
    });

    directoryTests({ unit, read });
    groupTests({ unit, read });
    effectiveGroupTests({ unit, read });
    sourceTests({ unit, read });
    nameTests({ unit, read, lookOver: (world, signal) => under.store.lookOver(world, signal) });
    nameLookupTests({ unit, read });
    singleUseTests({ unit, read, purge: (before) => under.store.purge(before), clock: () => under.clock });
    requestTests({ unit, read });
    codeTests({ unit, read, purge: (before) => under.store.purge(before) });
    passkeyTests({ unit, read });
    pushTests({ unit, read });
  });
}

/** Waits for each call of a watch in turn. */
export function heard(store: Store, topic: string): { next(): Promise<void>; count(): number; stop(): void } {
  let calls = 0;
  let taken = 0;
  let wake = () => {};
  const stop = store.watch(topic, () => {
    calls += 1;
    wake();
  });
  return {
    async next() {
      if (calls <= taken) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      taken += 1;
    },
    count: () => calls,
    stop,
  };
}

function faultsOf(events: LogEvent[]): string[] {
  let before: ChainPlace | undefined;
  return events.flatMap((event) => {
    const fault = chainFault(event, before);
    before = event;
    return fault === undefined ? [] : [fault];
  });
}
