/** What is older than the log is kept is removed, nothing newer ever is, and the rest still verifies, also after a run that was cut off. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { ChainCheck, type LogEvent } from "@sallyport/contracts";
import { writeCheckpoint } from "../src/flows/management/checkpoints.ts";
import { RETENTION_DAYS, removeOld } from "../src/flows/management/retention.ts";
import type { Store } from "../src/flows/store.ts";
import { make, makeApp, makePerson, openTestOrg, TestHost, type TestOrg } from "./test-org.ts";

const DAY = 86_400_000;
const URL = "/api/v1/log/retention";

async function say(org: TestOrg, count: number, name: string): Promise<void> {
  await org.deps.store.inTransaction(async (tx) => {
    for (let index = 0; index < count; index++)
      await tx.log.append({
        type: "group.created",
        actor: { type: "system", id: "test" },
        outcome: "success",
        data: { name: `${name}${index}` },
      });
  });
}

/** An org with 1200 events of day 0 under a checkpoint, and some of day 40. */
async function stage(): Promise<{ org: TestOrg; day: number }> {
  const org = await openTestOrg();
  const day = org.clock.now;
  await say(org, 1200, "old");
  await writeCheckpoint(org.deps);
  org.clock.now = day + 40 * DAY;
  await say(org, 20, "new");
  return { org, day };
}

async function verified(org: TestOrg): Promise<ChainCheck> {
  const { events, checkpoints } = await org.deps.store.read(async (tx) => ({
    events: await tx.log.chain(org.deps.store.node, 0, 100_000),
    checkpoints: await tx.log.checkpoints(0, 1000),
  }));
  const check = new ChainCheck(
    checkpoints.flatMap(({ number, heads }) => heads.map((head) => ({ ...head, whose: `checkpoint ${number}`, signed: true }))),
  );
  for (const event of events) check.take(event);
  check.end();
  return check;
}

const events = (org: TestOrg, type?: string) => org.deps.store.read((tx) => tx.log.list({ limit: 10_000, type }));

test("until somebody says otherwise everything is kept; absurd values are refused and change nothing", async () => {
  const { org } = await stage();
  assert.deepEqual((await org.manage("GET", URL)).body, { days: null });
  org.clock.now += 4000 * DAY;
  assert.equal(await removeOld(org.deps), 0);
  for (const days of [0, -1, 29, 3651, 400.5, "400", undefined, 1e300]) {
    const answer = await org.manage("PUT", URL, { days });
    assert.deepEqual([answer.status, (await org.manage("GET", URL)).body.days], [400, null], String(days));
  }
  await make(org, "PUT", URL, { days: RETENTION_DAYS.least });
  await make(org, "PUT", URL, { days: null });
  const changes = (await events(org, "log.retention-changed")).map(({ data }) => [data["before"], data["days"]]);
  assert.deepEqual(changes, [
    [null, 30],
    [30, null],
  ]);
  await org.close();
});

test("what is older goes, up to a signed checkpoint; nothing newer does, an event says which, and the rest verifies", async () => {
  const { org, day } = await stage();
  await make(org, "PUT", URL, { days: 30 });
  const kept = (await events(org)).filter(({ published }) => Date.parse(published) > day + DAY);
  const removed = await removeOld(org.deps);
  assert.ok(removed >= 1200, `${removed}`);
  const left = new Set((await events(org)).map(({ id }) => id));
  assert.deepEqual(
    kept.filter(({ id }) => !left.has(id)),
    [],
  );
  const [said] = (await events(org, "log.removed")) as [LogEvent];
  assert.deepEqual([said.data["from"], said.data["to"], said.data["checkpoint"]], [1, removed, 1]);
  const check = await verified(org);
  assert.deepEqual(check.faults, []);
  assert.match(check.notes.join(), new RegExp(`the events up to ${removed} were removed by age`));
  assert.equal(await removeOld(org.deps), 0, "a second run finds nothing");
  await org.close();
});

test("what no checkpoint covers stays, however old: nobody could say any more what it followed from", async () => {
  const { org, day } = await stage();
  await say(org, 50, "late");
  org.clock.now = day + 40 * DAY + 60 * DAY;
  await make(org, "PUT", URL, { days: 30 });
  const removed = await removeOld(org.deps);
  const [first] = await events(org);
  assert.equal(first?.seq, removed + 1);
  assert.ok((await events(org, "group.created")).some(({ data }) => String(data["name"]).startsWith("late")));
  assert.deepEqual((await verified(org)).faults, []);
  await org.close();
});

test("a run that is cut off in the middle leaves a log that verifies, and the next run ends it", async () => {
  const { org } = await stage();
  await make(org, "PUT", URL, { days: 30 });
  let units = 0;
  const broken: Store = {
    ...org.deps.store,
    inTransaction(fn) {
      units += 1;
      return units > 2 ? Promise.reject(new Error("the power is gone")) : org.deps.store.inTransaction(fn);
    },
  };
  await writeCheckpoint(org.deps);
  await assert.rejects(removeOld({ store: broken, keys: org.deps.keys }), /power is gone/);
  const [first] = await events(org);
  assert.equal(first?.seq, 501);
  assert.deepEqual((await verified(org)).faults, []);
  assert.ok((await removeOld(org.deps)) > 600);
  assert.deepEqual((await verified(org)).faults, []);
  assert.equal((await events(org, "log.removed")).length, 2);
  await org.close();
});

test("S21: whoever removes more than was said, or changes what is left, is found", async () => {
  for (const [statement, fault] of [
    ["DELETE FROM events WHERE seq <= (SELECT min(seq) + 3 FROM events)", /no event of the log says that they were removed/],
    ["UPDATE events SET event = replace(event, 'new7', 'new8') WHERE event LIKE '%new7%'", /was changed after it was written/],
  ] as const) {
    const { org } = await stage();
    await make(org, "PUT", URL, { days: 30 });
    await removeOld(org.deps);
    const db = new DatabaseSync(join(org.folder, "org.db"));
    db.exec(statement);
    db.close();
    assert.match((await verified(org)).faults.join("\n"), fault);
    await org.close();
  }
});

test("records of logons and what hosts reported of them go with the log; open and newer ones stay; a host's old place is no alarm", async () => {
  const org = await openTestOrg();
  const alice = await makePerson(org, "alice");
  const host = await TestHost.enrol(org, await makeApp(org, "servers", [alice]));
  const head = await org.deps.store.read((tx) => tx.log.head());
  const report = { at: org.clock.now, username: "alice", service: "sshd", result: "deny", cause: "org.fault" };
  const opened = await host.call("/api/v1/authn/logon", host.request("alice"));
  await host.verify(opened.body.stateToken, alice.factor, alice.code(org.clock.now));
  const open = host.request("alice");
  await host.call("/api/v1/authn/logon", open);
  await host.call("/api/v1/hosts/self/reports", { reports: [{ ...report, reference: open.reference }] });
  await writeCheckpoint(org.deps);
  org.clock.now += 40 * DAY;
  const recent = host.request("alice");
  await host.call("/api/v1/authn/logon", recent);
  await make(org, "PUT", URL, { days: 30 });
  await removeOld(org.deps);
  const db = new DatabaseSync(join(org.folder, "org.db"), { readOnly: true });
  const references = db
    .prepare("SELECT reference FROM logons ORDER BY started")
    .all()
    .map(({ reference }) => reference);
  const reports = db.prepare("SELECT count(*) AS count FROM logon_reports").get()?.["count"];
  db.close();
  assert.deepEqual([references, reports], [[open.reference, recent.reference], 0]);
  assert.equal((await events(org, "log.logons-removed"))[0]?.data["count"], 1);
  assert.equal((await host.selfCheck({ head })).status, 200);
  assert.deepEqual(await events(org, "host.log-mismatch"), []);
  await org.close();
});
