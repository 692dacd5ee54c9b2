/** Tests of the system log and of what is known of one logon, over HTTP. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CHAIN_START, hashEvent, type LogEvent } from "@sallyport/contracts";
import { compactVerify, importJWK, type JWK } from "jose";
import { ORG_URL, openOrg, type TestOrg } from "../org.fixture.ts";
import { hostRow } from "./host-row.fixture.ts";

async function pages(org: TestOrg, first: string): Promise<LogEvent[]> {
  const all: LogEvent[] = [];
  for (let url: string | undefined = first; url !== undefined; ) {
    const answer = await org.call("auditor", "GET", url);
    assert.equal(answer.status, 200, answer.text);
    all.push(...answer.body);
    url = /<([^>]+)>; rel="next"/.exec(String(answer.headers["link"]))?.[1]?.slice(ORG_URL.length);
  }
  return all;
}

test("S21: the chain is read whole through its pages, verifies outside, and ends at the signed head", async (t) => {
  const org = await openOrg(t);
  for (let i = 0; i < 12; i++) await org.call("admin", "POST", "/api/v1/groups", { profile: { name: `g${i}` } });
  const head = (await org.call("auditor", "GET", "/api/v1/log/head")).body;
  const events = await pages(org, "/api/v1/log/chain?limit=5");
  let previous = CHAIN_START;
  for (const [index, event] of events.entries()) {
    assert.equal(event.seq, index + 1);
    assert.equal(event.previous, previous);
    const { hash, ...rest } = event;
    assert.equal(hashEvent(rest), hash);
    previous = hash;
  }
  assert.deepEqual([head.node, head.seq, head.hash], [events.at(-1)?.node, events.length, previous]);
  const signed = await compactVerify(head.signed, await importJWK(org.deps.keys.publicJwk() as JWK, "ES256"));
  assert.equal(signed.protectedHeader.typ, "sallyport-head+jws");
  assert.deepEqual(JSON.parse(new TextDecoder().decode(signed.payload)), {
    typ: "head",
    node: head.node,
    seq: head.seq,
    hash: head.hash,
    now: org.clock.now,
  });
  assert.equal((await org.call("auditor", "GET", "/api/v1/log/chain?after=nowhere")).status, 400);
});

test("the tail is the newest events, oldest first", async (t) => {
  const org = await openOrg(t);
  for (let i = 0; i < 5; i++) await org.call("admin", "POST", "/api/v1/groups", { profile: { name: `g${i}` } });
  const tail = (await org.call("auditor", "GET", "/api/v1/log/tail?limit=3")).body;
  assert.deepEqual(
    tail.map((event: LogEvent) => event.data["name"]),
    ["g2", "g3", "g4"],
  );
});

test("the tail names, where it is asked to, whoever an event knows by id alone; the chain stays as it was written", async (t) => {
  const org = await openOrg(t);
  const made = await org.call("admin", "POST", "/api/v1/users?activate=true", { profile: { login: "alice" } });
  const who = { type: "user", id: made.body.id as string } as const;
  const gone = { type: "user", id: "usr_gone" } as const;
  await org.deps.store.inTransaction(async (tx) => {
    const failed = { type: "factor.failed", outcome: "failure", cause: "factor.code-wrong", data: {} } as const;
    await tx.log.append({ ...failed, actor: who, target: who });
    await tx.log.append({ ...failed, actor: gone });
  });
  const tail = async (query: string) => (await org.call("auditor", "GET", `/api/v1/log/tail?limit=2${query}`)).body as LogEvent[];
  const [named, unknown] = await tail("&names=true");
  assert.deepEqual([named?.actor.name, named?.target?.name, unknown?.actor], ["alice", "alice", gone]);
  for (const { hash, ...rest } of await tail("")) assert.equal(hashEvent(rest), hash);
});

test("clients of the public API read the log in its shape, page by page, by date and by type", async (t) => {
  const org = await openOrg(t);
  const start = org.clock.now;
  for (let i = 0; i < 5; i++) {
    org.clock.now += 60_000;
    await org.call("admin", "POST", "/api/v1/groups", { profile: { name: `g${i}` } });
  }
  const filter = encodeURIComponent('eventType eq "group.created"');
  const all = (await pages(org, `/api/v1/logs?limit=2&filter=${filter}`)) as unknown as {
    eventType: string;
    target: { displayName: string }[];
    severity: string;
  }[];
  assert.deepEqual(
    all.map((event) => event.target[0]?.displayName),
    ["g0", "g1", "g2", "g3", "g4"],
  );
  assert.equal(all[0]?.severity, "INFO");
  const dates = `since=${encodeURIComponent(new Date(start + 150_000).toISOString())}&until=${encodeURIComponent(new Date(start + 270_000).toISOString())}`;
  const between = (await pages(org, `/api/v1/logs?limit=1&filter=${filter}&${dates}`)) as unknown as typeof all;
  assert.deepEqual(
    between.map((event) => event.target[0]?.displayName),
    ["g2", "g3"],
  );
  // String(new Date()) is what a client of the public API sends.
  const since = encodeURIComponent(new Date(start + 150_000).toString());
  const until = encodeURIComponent(new Date(start + 270_000).toISOString());
  const some = (await org.call("auditor", "GET", `/api/v1/logs?filter=${filter}&since=${since}&until=${until}&sortOrder=DESCENDING`)).body;
  assert.deepEqual(
    some.map((event: { target: { displayName: string }[] }) => event.target[0]?.displayName),
    ["g3", "g2"],
  );
  for (const query of [
    "since=yesterday",
    "filter=x",
    `filter=${encodeURIComponent('eventType eq "no.such"')}`,
    "sortOrder=UP",
    "limit=1001",
    "after=nowhere",
    "after=nowhere&sortOrder=DESCENDING",
    `q=${"x".repeat(41)}`,
    `q=${encodeURIComponent("a b c d e f g h i j k")}`,
  ]) {
    assert.equal((await org.call("auditor", "GET", `/api/v1/logs?${query}`)).status, 400, query);
  }
});

test("one logon is shown with its record, its events and what the host told, for each host that used the reference", async (t) => {
  const org = await openOrg(t);
  const app = (await org.call("admin", "POST", "/api/v1/apps", { label: "servers" })).body.id;
  const alice = (await org.call("admin", "POST", "/api/v1/users?activate=true", { profile: { login: "alice" } })).body.id;
  const reference = "K7QF-3M2P";
  const ids = ["hst_00000000000000000001", "hst_00000000000000000002"];
  await org.store.inTransaction(async (tx) => {
    for (const [index, id] of ids.entries()) {
      await tx.hosts.insert(hostRow(app, { id, name: `srv0${index + 1}` }));
      await tx.logons.insert({
        reference,
        hostId: id,
        appId: app,
        username: "alice",
        domain: null,
        userId: index === 0 ? alice : null,
        service: "sshd",
        scenario: "logon",
        address: { value: "203.0.113.7", origin: "socket" },
        started: tx.now,
        ended: tx.now + 5,
        result: "deny",
        cause: "user.unknown",
        told: "user.refused",
        rule: null,
        amr: [],
        evidence: { trace: [] },
      });
      await tx.log.append({
        type: "logon.refused",
        actor: { type: "host", id },
        outcome: "failure",
        cause: "user.unknown",
        reference,
        host: id,
        data: { username: "alice" },
      });
    }
    await tx.logons.addReport(ids[0] ?? "", reference, {
      at: tx.now,
      result: "deny",
      cause: "user.refused",
      evidence: { text: "told so" },
    });
  });
  const answer = await org.call("help-desk", "GET", "/api/v1/logons/k7qf%203m2p");
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(answer.body.map((logon: { host: { name: string } }) => logon.host.name).sort(), ["srv01", "srv02"]);
  const first = answer.body.find((logon: { host: { name: string } }) => logon.host.name === "srv01");
  assert.deepEqual(
    [first.cause, first.told, first.user.login, first.timeline.length, first.reported.length],
    ["user.unknown", "user.refused", "alice", 1, 1],
  );
  assert.equal((await org.call("auditor", "GET", "/api/v1/logons/AAAA-AAAA")).status, 404);
  assert.equal((await org.call("auditor", "GET", "/api/v1/logons/not-one")).status, 400);
});

test("the org says what it is, and its metrics count logons by cause", async (t) => {
  const org = await openOrg(t);
  const { body } = await org.call("auditor", "GET", "/api/v1/org");
  assert.deepEqual([body.url, body.setUp, body.decisionKey.kty], [ORG_URL, false, "EC"]);
  await org.deps.store.inTransaction((tx) =>
    tx.log.append({ type: "logon.refused", actor: { type: "host", id: "h" }, outcome: "failure", cause: "factor.code-wrong", data: {} }),
  );
  await assert.rejects(
    org.deps.store.inTransaction(async (tx) => {
      await tx.log.append({ type: "logon.allowed", actor: { type: "host", id: "h" }, outcome: "success", data: {} });
      throw new Error("rolled back");
    }),
  );
  const metrics = await org.call("auditor", "GET", "/metrics");
  assert.match(metrics.text, /sallyport_logons_total\{result="deny",cause="factor\.code-wrong"\} 1/);
  assert.ok(!metrics.text.includes('result="allow"'), "what was rolled back did not happen");
  assert.match(metrics.text, /sallyport_http_answer_seconds_count\{route="\/api\/v1\/org",method="GET",status="200"\} 1/);
  assert.match(metrics.text, /sallyport_password_checks_waiting 0/);
});
