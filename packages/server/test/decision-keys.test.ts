/** The org passes its signature on: announced, acknowledged, taken over; or given up at once when it is compromised. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { decodeProtectedHeader } from "jose";
import { finishRotation } from "../src/flows/management/decision-keys.ts";
import type { Store } from "../src/flows/store.ts";
import { openKeys } from "../src/keys/keys.ts";
import { make, makeApp, makePerson, openTestOrg, payloadOf, TestHost, type TestOrg } from "./test-org.ts";

const URL = "/api/v1/org/decision-keys";

async function stage(hosts = 1): Promise<{ org: TestOrg; app: string; hosts: TestHost[] }> {
  const org = await openTestOrg();
  const app = await makeApp(org, "servers", [await makePerson(org, "alice")]);
  const all: TestHost[] = [];
  for (let count = 0; count < hosts; count++) all.push(await TestHost.enrol(org, app, `srv0${count + 1}`));
  return { org, app, hosts: all };
}

async function check(host: TestHost, decisionKey: string) {
  const { status, body } = await host.selfCheck({ decisionKey });
  assert.equal(status, 200, JSON.stringify(body));
  host.generation = body.generation;
  return body as { head: string; policy: string; keys: string[] };
}

const thumbprints = async (org: TestOrg) =>
  (await make(org, "GET", URL)).keys.map((key: { thumbprint: string }) => key.thumbprint) as string[];
const kidOf = (jws: string) => decodeProtectedHeader(jws).kid;
const types = async (org: TestOrg) =>
  (await org.deps.store.read((tx) => tx.log.list({ limit: 500 }))).map(({ type }) => type).filter((type) => type.startsWith("key."));

test("the next key is announced with a link by the present one, and takes over when the last host knows it", async () => {
  const { org, hosts } = await stage(2);
  const [one, two] = hosts as [TestHost, TestHost];
  const view = await make(org, "POST", URL);
  const [first, second] = view.keys;
  assert.deepEqual([first.status, second.status, second.position, view.missing.length], ["current", "next", 2, 2]);
  const link = payloadOf(second.link);
  assert.deepEqual([kidOf(second.link), link.previous, link.key.x], [first.kid, first.thumbprint, second.publicJwk.x]);
  assert.deepEqual((await check(one, first.thumbprint)).keys, [second.link]);
  assert.equal(kidOf((await check(one, second.thumbprint)).head), first.kid, "the other host does not know it yet");
  await check(two, first.thumbprint);
  const last = await check(two, second.thumbprint);
  assert.deepEqual([kidOf(last.head), kidOf(last.policy), last.keys], [second.kid, second.kid, []]);
  assert.deepEqual(await types(org), ["key.decision-created", "key.decision-announced", "key.decision-replaced"]);
  await org.close();
});

test("a host that was away gets every link that it missed, in order, also with the time, which asks for no proof", async () => {
  const { org, hosts } = await stage(1);
  const [host] = hosts as [TestHost];
  const [enrolledWith] = await thumbprints(org);
  for (let count = 0; count < 2; count++) {
    await make(org, "POST", URL);
    await make(org, "POST", `${URL}/finish`, { waive: "all" });
  }
  const ask = async (decisionKey?: string) =>
    (
      await org.app.inject({
        method: "POST",
        url: "/api/v1/time",
        payload: { nonce: "A".repeat(22), ...(decisionKey ? { decisionKey } : {}) },
      })
    ).json();
  const { keys, time } = await ask(enrolledWith);
  assert.deepEqual(
    keys.map((link: string) => payloadOf(link).position),
    [2, 3],
  );
  assert.equal(kidOf(time), (await make(org, "GET", URL)).keys[2].kid);
  assert.deepEqual([(await ask("B".repeat(43))).keys, (await ask()).keys], [[], []]);
  assert.equal((await check(host, enrolledWith ?? "")).keys.length, 2);
  await org.close();
});

test("nobody is left behind without being named: --finish lists who is missing, and a waived one stands in the log", async () => {
  const { org, hosts } = await stage(2);
  const none = await org.manage("POST", `${URL}/finish`, {});
  assert.match(JSON.stringify(none.body), /no key is announced/);
  await make(org, "POST", URL);
  const twice = await org.manage("POST", URL);
  assert.deepEqual([twice.status, /announced already/.test(JSON.stringify(twice.body))], [409, true]);
  const early = await org.manage("POST", `${URL}/finish`, { waive: ["srv01"] });
  assert.match(JSON.stringify(early.body), /1 hosts have not acknowledged it: srv02/);
  await make(org, "POST", `${URL}/finish`, { waive: ["srv01", "srv02"] });
  const [said] = await org.deps.store.read((tx) => tx.log.list({ limit: 1, type: "key.decision-replaced" }));
  assert.deepEqual(new Set(said?.data["waived"] as string[]), new Set(hosts.map(({ id }) => id)));
  await org.close();
});

test("a retired key's private part is gone from the database, and a restarted org signs with the new one", async () => {
  const { org } = await stage(1);
  await make(org, "POST", URL);
  await make(org, "POST", `${URL}/finish`, { waive: "all" });
  const db = new DatabaseSync(join(org.folder, "org.db"), { readOnly: true });
  const rows = db.prepare("SELECT status, sealed_private FROM decision_keys ORDER BY position").all();
  db.close();
  assert.deepEqual(
    rows.map(({ status, sealed_private }) => [status, sealed_private === ""]),
    [
      ["retired", true],
      ["current", false],
    ],
  );
  await org.close();
});

test("a code from before the change enrols over the chain, and names the key that it was made with", async () => {
  const { org, app } = await stage(0);
  const { code } = await make(org, "POST", "/api/v1/host-codes", { app });
  const before = (await make(org, "GET", URL)).keys[0];
  org.clock.now += 1000;
  await make(org, "POST", URL);
  const host = new TestHost(org);
  const answer = (await host.redeem(code)).json();
  assert.deepEqual([answer.keys.anchor.x, answer.keys.links.length], [before.publicJwk.x, 1]);
  assert.equal(kidOf(answer.enrolled), (await make(org, "GET", URL)).keys[1].kid);
  const later = (await make(org, "POST", "/api/v1/host-codes", { app })).code;
  assert.equal((await new TestHost(org).redeem(later)).json().keys, undefined);
  await org.close();
});

test("a compromised key is given up: no chain leads on from it, every host and every open code ends", async () => {
  const { org, app, hosts } = await stage(2);
  const { code } = await make(org, "POST", "/api/v1/host-codes", { app });
  await make(org, "POST", URL);
  const old = await thumbprints(org);
  const done = await make(org, "POST", `${URL}/revoke`);
  assert.equal(done.hosts, 2);
  const view = await make(org, "GET", URL);
  assert.deepEqual(
    view.keys.map((key: { status: string; link: string | null }) => [key.status, key.link === null]),
    [
      ["revoked", true],
      ["revoked", false],
      ["current", true],
    ],
  );
  for (const host of hosts) assert.equal((await host.selfCheck()).body.cause, "client.revoked");
  for (const decisionKey of old) {
    const time = await org.app.inject({ method: "POST", url: "/api/v1/time", payload: { nonce: "A".repeat(22), decisionKey } });
    assert.deepEqual(time.json().keys, []);
  }
  assert.equal((await new TestHost(org).redeem(code)).statusCode, 400);
  assert.equal((await types(org)).at(-1), "key.decision-revoked");
  const again = await TestHost.enrol(org, app, "srv01-anew");
  assert.equal((await again.selfCheck()).status, 200);
  await org.close();
});

test("a reading of the keys that is slow does not bring back the key that was replaced meanwhile", async () => {
  const SLOW = 1000;
  const { org } = await stage(0);
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  let reads = 0;
  const slow: Store = {
    ...org.deps.store,
    async read(fn) {
      const answer = await org.deps.store.read(fn);
      reads += 1;
      if (reads === SLOW) await gate;
      return answer;
    },
  };
  const keys = await openKeys(slow, join(org.folder, "sealing.key"));
  // Of a reading: which sealing key there is, then the decision keys.
  reads = SLOW - 2;
  const early = keys.refresh();
  while (reads < SLOW) await wait(1);
  const { keys: shown } = await make(org, "POST", URL);
  const late = keys.refresh();
  // Where one waits for the other, there is nothing to wait for.
  await Promise.race([late, wait(300)]);
  release();
  await Promise.all([early, late]);
  assert.equal(keys.publicJwk().kid, shown.find(({ status }: { status: string }) => status === "current").kid);
  assert.equal(shown.length, 2, "no host to wait for: it took over at once");
  await org.close();
});

test("what one node announced another can finish at once: it looks before it says that there is nothing", async () => {
  const { org } = await stage(1);
  const other = await openKeys(org.deps.store, join(org.folder, "sealing.key"));
  const { keys: shown } = await make(org, "POST", URL);
  const caller = { role: "owner", actor: { type: "local", id: "test" } } as const;
  const outcome = await finishRotation({ store: org.deps.store, keys: other }, caller, "all");
  assert.equal(outcome.kind, "done", JSON.stringify(outcome));
  assert.equal(other.publicJwk().kid, shown[1].kid);
  await org.close();
});
