/** Stops of pushes, and caps on what is sent, on every store. Part of the contract, called by it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SEND_CAP } from "@sallyport/logon";
import type { Tx } from "../../src/flows/store.ts";
import type { PushStopRow, SettingRow } from "../../src/flows/store-requests.ts";
import { addUser } from "./rows.ts";

interface Under {
  unit<T>(fn: (tx: Tx) => Promise<T>): Promise<T>;
  read<T>(fn: (tx: Tx) => Promise<T>): Promise<T>;
}

const stopRow = (userId: string, change: Partial<PushStopRow>): PushStopRow => ({
  id: "stp_1",
  userId,
  scope: "place",
  hostId: "hst_1",
  address: "203.0.113.7",
  challengeId: "chl_1",
  created: 1,
  liftedAt: null,
  liftedBy: null,
  ...change,
});

export function pushTests({ unit, read }: Under): void {
  test("S10: five of a kind are taken within a window that moves on; the sixth waits for the first to be old enough", async () => {
    const [user, other] = await unit(async (tx) => [await addUser(tx, "pushed"), await addUser(tx, "other")]);
    const take = (now: number) => unit((tx) => tx.sendCaps.take(user.id, "push", now, 100));
    const taken: boolean[] = [];
    for (const now of [1000, 1010, 1020, 1030, 1040, 1050, 1099, 1100, 1101, 1110]) taken.push(await take(now));
    assert.deepEqual(taken, [true, true, true, true, true, false, false, true, false, true]);
    assert.equal(taken.slice(0, SEND_CAP.most + 1).filter(Boolean).length, SEND_CAP.most);
    assert.equal(await unit((tx) => tx.sendCaps.take(other.id, "push", 1050, 100)), true, "each user has their own");
    assert.equal(await unit((tx) => tx.sendCaps.take(user.id, "email", 1050, 100)), true, "each kind has its own");
  });

  test("a stop stands until it is lifted, once; it goes with its user", async () => {
    const user = await unit((tx) => addUser(tx, "stopped"));
    const [place, all] = [stopRow(user.id, {}), stopRow(user.id, { id: "stp_2", scope: "all", hostId: null, address: null, created: 2 })];
    await unit(async (tx) => {
      await tx.pushStops.insert(all);
      await tx.pushStops.insert(place);
    });
    assert.deepEqual(await read((tx) => tx.pushStops.standing(user.id)), [place, all]);
    const lift = () => unit((tx) => tx.pushStops.lift("stp_1", 5, "usr_admin"));
    assert.deepEqual([await lift(), await lift()], [true, false]);
    assert.deepEqual(await read((tx) => tx.pushStops.byId("stp_1")), { ...place, liftedAt: 5, liftedBy: "usr_admin" });
    assert.deepEqual(await read((tx) => tx.pushStops.list({ limit: 10 })), [all]);
    await unit((tx) => tx.users.remove(user.id));
    assert.equal(await read((tx) => tx.pushStops.byId("stp_2")), undefined);
  });

  test("of two that make a setting for the first time one wins, and both are told which", async () => {
    const setting = (sealedSecret: string): SettingRow => ({ name: "claimed", document: {}, sealedSecret, updated: 1, updatedBy: "org" });
    const claim = async (sealed: string) => (await unit((tx) => tx.settings.claim(setting(sealed)))).sealedSecret;
    assert.deepEqual([await claim("first"), await claim("second")], ["first", "first"]);
  });
}
