/** S37: what a restore ends, so that nothing that was used, revoked or moved on since the backup works a second time. */
import assert from "node:assert/strict";
import { chownSync, copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { LogEvent } from "@sallyport/contracts";
import { newSetUpLink } from "../src/flows/management/set-up.ts";
import { afterExternalRestore, restoreBackup } from "../src/restore.ts";
import { folderWithKey, restoreElsewhere, takeBackup } from "./restored-org.ts";
import { make, makeApp, makePerson, openTestOrg, TestHost, type TestOrg, type TestPerson, why } from "./test-org.ts";

const LOGON = "/api/v1/authn/logon";

interface Stage {
  org: TestOrg;
  app: string;
  alice: TestPerson;
  host: TestHost;
}

async function stage(): Promise<Stage> {
  const org = await openTestOrg();
  const alice = await makePerson(org, "alice");
  const app = await makeApp(org, "servers", [alice]);
  const host = await TestHost.enrol(org, app);
  return { org, app, alice, host };
}

/** The same machine, asking the org that came back. */
function askingNow(host: TestHost, org: TestOrg): TestHost {
  return Object.assign(Object.create(TestHost.prototype) as TestHost, host, { org });
}

async function logon(host: TestHost, alice: TestPerson, code: string) {
  const opened = await host.call(LOGON, host.request("alice"));
  assert.equal(opened.status, 200, JSON.stringify(opened.body));
  return host.verify(opened.body.stateToken, alice.factor, code);
}

const eventsOf = (org: TestOrg, type: string) => org.deps.store.read((tx) => tx.log.list({ limit: 100, type }));

test("S37: a code that was used after the backup does not work again, nor does one of the same moment; a later one does", async () => {
  const { org, alice, host } = await stage();
  const file = await takeBackup(org);
  const used = alice.code(org.clock.now);
  assert.equal((await logon(host, alice, used)).body.status, "SUCCESS");
  const { org: back } = await restoreElsewhere(org, file);
  const again = askingNow(host, back);
  const refused = await logon(again, alice, used);
  assert.deepEqual([refused.status, refused.body.cause], [403, "factor.code-used"]);
  for (const ahead of [1, 2, 3]) {
    back.clock.now += 30_000;
    const answer = await logon(again, alice, alice.code(back.clock.now));
    assert.equal(answer.body.cause, "factor.code-used", `${ahead} steps after the restore: it may have been used by a clock that was fast`);
  }
  back.clock.now += 60_000;
  assert.equal((await logon(again, alice, alice.code(back.clock.now))).body.status, "SUCCESS");
  await Promise.all([org.close(), back.close()]);
});

test("S37: an assertion that was used after the backup is a replay; a new one is taken", async () => {
  const { org, host } = await stage();
  const file = await takeBackup(org);
  const body = host.request("alice");
  const token = host.jws("sallyport-host+jwt", host.claims(JSON.stringify(body)));
  assert.equal((await host.call(LOGON, body, {}, token)).status, 200);
  const { org: back } = await restoreElsewhere(org, file);
  const again = askingNow(host, back);
  const replayed = await again.call(LOGON, body, {}, token);
  assert.deepEqual([replayed.status, replayed.body.cause], [401, "client.replayed"]);
  assert.ok(replayed.body.evidence.restoredAt);
  assert.equal((await again.call(LOGON, again.request("alice"))).status, 200);
  await Promise.all([org.close(), back.close()]);
});

test("S37: an open logon is over, its record says why, and a decision cannot be fetched again", async () => {
  const { org, alice, host } = await stage();
  const bob = await makePerson(org, "bob");
  await make(org, "POST", `/api/v1/apps/${(await org.manage("GET", "/api/v1/apps")).body[0].id}/users`, { id: bob.id });
  const open = host.request("alice");
  const { stateToken } = (await host.call(LOGON, open)).body;
  const opened = (await host.call(LOGON, host.request("bob"))).body.stateToken;
  const input = [opened, bob.factor, bob.code(org.clock.now), "input-0001"] as const;
  assert.equal((await host.verify(...input)).body.status, "SUCCESS");
  assert.equal((await host.verify(...input)).body.status, "SUCCESS", "a retry after a lost answer is answered alike");
  const file = await takeBackup(org);
  const { org: back, result } = await restoreElsewhere(org, file);
  const again = askingNow(host, back);
  assert.equal(result.transactions, 2);
  const late = await again.verify(stateToken, alice.factor, alice.code(back.clock.now));
  assert.ok(late.status >= 400 && !late.body.decision, JSON.stringify(late.body));
  const refetched = await again.verify(...input);
  assert.ok(refetched.status >= 400 && !refetched.body.decision, JSON.stringify(refetched.body));
  const record = await why(back, open.reference);
  assert.deepEqual([record.result, record.cause, record.evidence["restored"]], ["deny", "logon.expired", true]);
  await Promise.all([org.close(), back.close()]);
});

test("S37: API tokens, enrolment codes and one-time links end: one of them may have been revoked or used since", async () => {
  const { org, app } = await stage();
  const { token } = await make(org, "POST", "/api/v1/tokens", { name: "ci", role: "auditor" });
  const { code } = await make(org, "POST", "/api/v1/host-codes", { app, name: "srv02" });
  const link = await newSetUpLink(org.deps);
  const ask = (from: TestOrg) => from.app.inject({ url: "/api/v1/users", headers: { authorization: `SSWS ${token}` } });
  const open = (from: TestOrg) => from.app.inject({ url: new URL(link ?? "").pathname });
  assert.deepEqual([(await ask(org)).statusCode, (await open(org)).statusCode], [200, 200]);
  const file = await takeBackup(org);
  const { org: back, result } = await restoreElsewhere(org, file);
  assert.deepEqual([result.tokens, result.codes], [1, 2]);
  assert.deepEqual([(await ask(back)).statusCode, (await open(back)).statusCode], [401, 410]);
  const enrolled = await new TestHost(back).redeem(code);
  assert.equal(enrolled.statusCode, 400, enrolled.body);
  await Promise.all([org.close(), back.close()]);
});

test("S37: a host that has moved on since is taken as it comes, once; a copy of its disk is still noticed", async () => {
  const { org, host } = await stage();
  const file = await takeBackup(org);
  const stale = host.generation;
  for (let check = 0; check < 2; check++) host.generation = (await host.selfCheck()).body.generation;
  const { org: back } = await restoreElsewhere(org, file);
  const again = askingNow(host, back);
  const first = await again.selfCheck();
  assert.equal(first.status, 200, JSON.stringify(first.body));
  again.generation = first.body.generation;
  assert.equal((await again.selfCheck({}, {})).status, 200);
  const copy = await again.selfCheck({}, { gen: stale });
  assert.equal(copy.body.cause, "client.cloned");
  await Promise.all([org.close(), back.close()]);
});

test("S37: the policy comes back above every version that a host has seen", async () => {
  const { org, app, host } = await stage();
  const file = await takeBackup(org);
  for (let version = 1; version < 4; version++) await make(org, "PUT", `/api/v1/apps/${app}/policy`, { version, document: { rules: [] } });
  const seen = (await org.manage("GET", `/api/v1/apps/${app}/policy`)).body.version;
  const { org: back } = await restoreElsewhere(org, file);
  const now = (await back.manage("GET", `/api/v1/apps/${app}/policy`)).body.version;
  assert.ok(now > seen, `${now} after ${seen}`);
  assert.equal((await askingNow(host, back).selfCheck({ policyVersion: seen })).status, 200);
  await Promise.all([org.close(), back.close()]);
});

test("S37: the log says that it was restored, goes on in a chain of its own, and a host that was told more is heard", async () => {
  const { org, host } = await stage();
  const file = await takeBackup(org);
  await make(org, "POST", "/api/v1/groups", { profile: { name: "lost" } });
  const told = await org.deps.store.read((tx) => tx.log.head());
  const { org: back, result } = await restoreElsewhere(org, file);
  const [said] = (await eventsOf(back, "org.restored")) as [LogEvent];
  assert.notEqual(said.node, told.node);
  assert.deepEqual([said.seq, said.data["backupAt"]], [1, new Date(result.backupAt ?? 0).toISOString()]);
  const ends = said.data["heads"] as { node: string; seq: number }[];
  assert.ok(ends.some(({ node, seq }) => node === told.node && seq < told.seq));
  await askingNow(host, back).selfCheck({ head: told });
  const [mismatch] = await eventsOf(back, "host.log-mismatch");
  assert.deepEqual([mismatch?.data["seq"], mismatch?.data["found"]], [told.seq, null]);
  await Promise.all([org.close(), back.close()]);
});

test("S37: a database that was put back by other means ends the same things", async () => {
  const { org, host, alice } = await stage();
  const data = folderWithKey(org);
  const used = alice.code(org.clock.now);
  assert.equal((await logon(host, alice, used)).body.status, "SUCCESS");
  await org.deps.store.backup(emptyFile(join(data, "org.db")), AbortSignal.timeout(60_000));
  const now = org.clock.now + 5000;
  const done = await afterExternalRestore({ data, now: () => now });
  assert.deepEqual([done.hosts, done.backupAt], [1, undefined]);
  const back = await openTestOrg(data);
  back.clock.now = now + 1000;
  assert.equal((await eventsOf(back, "org.restored")).length, 1);
  const again = askingNow(host, back);
  assert.equal((await logon(again, alice, alice.code(back.clock.now + 30_000))).body.cause, "factor.code-used");
  await Promise.all([org.close(), back.close()]);
});

test("whoever restores leaves the folder's files to the folder's owner, whichever way the database came back", async () => {
  const { org } = await stage();
  const file = await takeBackup(org);
  const [uid, gid] = process.geteuid?.() === 0 ? [65534, 65534] : [process.geteuid?.() ?? 0, process.getegid?.() ?? 0];
  const [restored, external] = [folderWithKey(org), folderWithKey(org)];
  for (const data of [restored, external]) chownSync(data, uid, gid);
  await restoreBackup(file, { data: restored, now: Date.now });
  copyFileSync(file, join(external, "org.db"));
  await afterExternalRestore({ data: external, now: Date.now });
  for (const data of [restored, external]) {
    const made = readdirSync(data).filter((name) => name !== "sealing.key");
    assert.deepEqual(made.sort(), ["org.db", "org.db.lock", "org.db.pid"]);
    for (const name of made) assert.equal(statSync(join(data, name)).uid, uid, name);
    rmSync(data, { recursive: true });
  }
  await org.close();
});

test("where there is no org, nothing is ended and none is made", async () => {
  const data = mkdtempSync(join(tmpdir(), "sallyport-restored-"));
  emptyFile(join(data, "org.db"));
  await assert.rejects(afterExternalRestore({ data, now: Date.now }), /there is no org in this database/);
  assert.ok(!existsSync(join(data, "sealing.key")));
  rmSync(data, { recursive: true });
});

function emptyFile(file: string): string {
  writeFileSync(file, "", { mode: 0o600 });
  return file;
}
