/** Whoever only looks reads the org's signed time by the pinned keys, and takes nothing. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { JWS_TYPES } from "@sallyport/contracts";
import { exportJWK } from "jose";
import { OrgDouble } from "../../doubles/org-double.ts";
import { DecisionKeys } from "../state/decision-keys.ts";
import { type PinnedTime, pinnedTime } from "./pinned-time.ts";

const NONCE = "A".repeat(22);

async function rig(t: TestContext): Promise<{ org: OrgDouble; folder: string; pinned: PinnedTime; time(): Promise<string> }> {
  const org = await OrgDouble.start({ tls: false });
  const folder = await mkdtemp(join(tmpdir(), "sallyport-time-"));
  t.after(() => Promise.all([org.stop(), rm(folder, { recursive: true })]));
  const { kty, crv, x, y } = await exportJWK(org.decision.publicKey);
  const read = await DecisionKeys.read(folder, { kty, crv, x, y } as never);
  assert.ok(read.ok);
  const time = () => org.sign(JWS_TYPES.time, { typ: "time", nonce: NONCE, now: 1_800_000_000_000 });
  return { org, folder, pinned: pinnedTime(read.keys), time };
}

test("by the pinned key, for this question alone", async (t) => {
  const { pinned, time } = await rig(t);
  assert.deepEqual(await pinned.open({ time: await time() }, NONCE), { ok: true, now: 1_800_000_000_000 });
  assert.match(JSON.stringify(await pinned.open({ time: await time() }, "B".repeat(22))), /nonce/);
});

test("by a key that followed: over the links alone, and none is kept", async (t) => {
  const { org, folder, pinned, time } = await rig(t);
  const before = pinned.newest;
  const keys = [await org.announce()];
  org.takeOver();
  assert.deepEqual(await pinned.open({ time: await time(), keys }, NONCE), { ok: true, now: 1_800_000_000_000 });
  assert.match(JSON.stringify(await pinned.open({ time: await time() }, NONCE)), /signature/);
  assert.deepEqual([pinned.newest, existsSync(join(folder, "decision-keys.json"))], [before, false]);
});

test("never by another org, by a forged link, or from a token of another type", async (t) => {
  const [one, other] = [await rig(t), await rig(t)];
  assert.match(JSON.stringify(await one.pinned.open({ time: await other.time() }, NONCE)), /signature/);
  assert.match(
    JSON.stringify(await one.pinned.open({ time: await one.time(), keys: [await other.org.announce()] }, NONCE)),
    /its chain of keys/,
  );
  const head = await one.org.sign(JWS_TYPES.head, { typ: "time", nonce: NONCE, now: 1 });
  assert.match(JSON.stringify(await one.pinned.open({ time: head }, NONCE)), /typ/);
});
