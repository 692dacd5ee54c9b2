/** What is concluded from the dry run of a logon: one root cause, everything else that is in the way, nothing that is not decided. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Diagnosis, type DryRunAnswer, diagnosis, dryRunAnswer } from "@sallyport/contracts";
import { exitCodeOf } from "../conclude.ts";
import { diagnoseUser } from "./diagnose-user.ts";

const AT = "2026-11-24T12:00:00.000Z";
const OFFICE = { value: "203.0.113.7", origin: "socket" } as const;
type User = NonNullable<DryRunAnswer["user"]>;

const HOST: DryRunAnswer["hosts"][number] = {
  id: "hst_00000000000000000001",
  name: "SRV01",
  app: "servers",
  platform: "linux",
  domain: null,
  status: "ACTIVE",
  statusChanged: "2026-11-01T08:00:00.000Z",
  statusBy: "admin-socket",
  created: "2026-11-01T08:00:00.000Z",
  lastSeen: "2026-11-24T11:57:00.000Z",
  version: "0.1.0",
  armed: true,
  offsetMs: 3,
  policyVersion: 1,
  client: null,
  legacy: false,
  findings: [],
};
const FACTOR: User["factors"][number] = {
  id: "enr_1",
  kind: "totp",
  status: "ACTIVE",
  failures: 0,
  waitSeconds: 0,
  changed: "2026-11-02T08:00:00.000Z",
  why: null,
};
const USER: User = {
  id: "usr_1",
  login: "alice",
  source: "local",
  status: "ACTIVE",
  statusChanged: "2026-11-01T08:00:00.000Z",
  statusBy: "admin-socket",
  assigned: { direct: true, groups: [] },
  groups: [],
  policy: {
    rule: "Ask for a factor",
    outcome: "factor",
    cause: null,
    factors: null,
    trace: [{ rule: "Ask for a factor", matched: true, because: "asks for a factor" }],
  },
  factors: [FACTOR],
};
const ALICE = { id: "usr_1", login: "alice", source: "local", assigned: true };
const GOOD: DryRunAnswer = {
  at: AT,
  hosts: [HOST],
  secrets: [],
  app: { id: "app_1", label: "servers", status: "ACTIVE", nameRules: ["login"], policyVersion: 1 },
  remote: true,
  names: [{ rule: "login", looked: "alice", users: [ALICE], decides: true }],
  zones: [],
  exclusions: [],
  user: USER,
  judgement: { outcome: "factor", cause: null, told: null, rule: "Ask for a factor", evidence: {} },
};
const refused = (cause: NonNullable<DryRunAnswer["judgement"]>["cause"], evidence: Record<string, unknown> = {}) => ({
  outcome: "refuse" as const,
  cause,
  told: "user.refused" as const,
  rule: null,
  evidence,
});

async function conclude(change: Partial<DryRunAnswer> = {}, user: Partial<User> = {}): Promise<Diagnosis> {
  const answer = dryRunAnswer.parse({ ...GOOD, user: { ...USER, ...user }, ...change });
  return diagnosis.parse(await diagnoseUser({ typed: "alice", host: "SRV01", address: OFFICE }, answer));
}
const stands = ({ findings }: Diagnosis, verdict = "confirmed") =>
  findings.filter((one) => one.verdict === verdict).map(({ cause }) => cause);
const step = ({ steps = [] }: Diagnosis, title: string) => steps.find((one) => one.title === title) ?? assert.fail(`no step ${title}`);

test("who would be asked for a factor and let in is healthy: nothing confirmed or possible, exit code 0, the story in order", async () => {
  const found = await conclude();
  assert.deepEqual([found.healthy, exitCodeOf(found), stands(found), stands(found, "candidate")], [true, 0, [], []]);
  assert.deepEqual(
    found.steps?.map(({ title }) => title),
    ["Machine", "Name", "User", "Right", "Policy", "Factor", "The person", "The machine"],
  );
  assert.equal(step(found, "Name").outcome, "“alice” is alice (local), by rule login");
});

test("an unknown machine is the cause; one of several of that name is not guessed at: exit code 2, their ids named", async () => {
  const none = await conclude({ hosts: [], app: null, names: [], user: null, judgement: null });
  assert.deepEqual([stands(none), exitCodeOf(none)], [["client.unknown"], 1]);
  const hosts = [HOST, { ...HOST, id: "hst_00000000000000000002" }];
  const two = await conclude({ hosts, app: null, names: [], user: null, judgement: null });
  assert.deepEqual([two.findings, exitCodeOf(two)], [[], 2]);
  assert.match(two.notLookedAt[0]?.why ?? "", /hst_00000000000000000001 .*hst_00000000000000000002/);
});

test("what refuses first stands first; what else is in the way stands too", async () => {
  const both = await conclude(
    { judgement: refused("app.not-assigned") },
    { status: "SUSPENDED", assigned: { direct: false, groups: [] }, factors: [] },
  );
  assert.deepEqual(stands(both), ["app.not-assigned", "user.suspended", "factor.none"]);
  assert.equal(step(both, "The machine").outcome, "hears user.refused");
  assert.match(step(both, "The machine").why[0] ?? "", /app\.not-assigned/);
});

test("a machine that is refused names its own cause before the person's, and the person is looked at all the same", async () => {
  const evidence = { since: AT, by: "usr_9" };
  const judgement = { ...refused("client.revoked", evidence), told: "client.revoked" as const };
  const found = await conclude({ hosts: [{ ...HOST, status: "REVOKED" }], judgement }, { factors: [] });
  assert.deepEqual(stands(found), ["client.revoked", "factor.none"]);
  assert.deepEqual(
    found.findings[0]?.evidence.map(({ what, value }) => [what, value]),
    [
      ["since", AT],
      ["by", "usr_9"],
    ],
  );
});

test("a rule that would let in is no finding for somebody who is refused for something else", async () => {
  const policy = { ...USER.policy, rule: "office", outcome: "allow" as const, cause: "policy.no-mfa" as const };
  const refusedFirst = await conclude({ judgement: refused("user.suspended") }, { status: "SUSPENDED", policy });
  assert.deepEqual(stands(refusedFirst), ["user.suspended"]);
  const judgement = { outcome: "allow" as const, cause: "policy.no-mfa" as const, told: null, rule: "office", evidence: {} };
  assert.deepEqual(stands(await conclude({ judgement }, { policy })), ["policy.no-mfa"]);
});

test("a factor that must wait is a finding although the logon opens, unless another one is ready", async () => {
  const waiting = { ...FACTOR, failures: 7, waitSeconds: 41, why: "wait" as const };
  const found = await conclude({}, { factors: [waiting] });
  assert.deepEqual([stands(found), exitCodeOf(found)], [["factor.throttled"], 1]);
  assert.match(step(found, "The person").why[0] ?? "", /41 s/);
  assert.equal((await conclude({}, { factors: [waiting, { ...FACTOR, id: "enr_2" }] })).healthy, true);
});

test("factors: none, all locked, none allowed", async () => {
  const locked = { ...FACTOR, status: "LOCKED" as const, failures: 100, why: "state" as const };
  assert.deepEqual(stands(await conclude({ judgement: refused("factor.none") }, { factors: [] })), ["factor.none"]);
  assert.deepEqual(stands(await conclude({ judgement: refused("factor.locked") }, { factors: [locked] })), ["factor.locked"]);
  const other = { ...FACTOR, why: "rule" as const };
  assert.deepEqual(stands(await conclude({ judgement: refused("factor.not-allowed") }, { factors: [locked, other] })), [
    "factor.not-allowed",
  ]);
});

test("what an old self-check saw is only possible now, what a fresh one saw is confirmed, and none is said to be none", async () => {
  const findings = [{ cause: "clock.host" as const, evidence: "3 min fast" }];
  const fresh = await conclude({ hosts: [{ ...HOST, armed: false, findings }] });
  assert.deepEqual(stands(fresh).sort(), ["agent.not-armed", "clock.host"]);
  const old = await conclude({ hosts: [{ ...HOST, armed: false, findings, lastSeen: "2026-11-20T00:00:00.000Z" }] });
  assert.deepEqual([stands(old), stands(old, "candidate").sort()], [[], ["agent.not-armed", "clock.host"]]);
  const never = await conclude({ hosts: [{ ...HOST, armed: false, lastSeen: null }] });
  assert.deepEqual([stands(never), stands(never, "candidate")], [[], []]);
  assert.ok(never.notLookedAt.some(({ why }) => why.includes("none yet")));
});

test("a machine with a shared secret: retired ones leave it open which one it has", async () => {
  const secrets: DryRunAnswer["secrets"] = [
    { created: AT, retiresAt: null, state: "valid" },
    { created: AT, retiresAt: AT, state: "retired" },
  ];
  const found = await conclude({ hosts: [{ ...HOST, client: "SALLYID-1", legacy: true }], secrets });
  assert.deepEqual([stands(found), stands(found, "unknown")], [[], ["client.secret-retired"]]);
});

test("an excluded account is let in by the machine itself; where the machine alone knows, it is not claimed", async () => {
  const sure = await conclude({ exclusions: [{ reason: "rescue", onlyIf: null }] });
  assert.deepEqual(stands(sure), ["policy.no-mfa"]);
  assert.match(step(sure, "The person").outcome, /let in by the machine/);
  const open = await conclude({ exclusions: [{ reason: "root", onlyIf: "uid 0" }] });
  assert.deepEqual([stands(open), open.healthy], [[], true]);
  assert.match(JSON.stringify(open.notLookedAt), /uid 0/);
});

test("a name that two share shows both sources, and says nothing of either person", async () => {
  const users = ["north", "south"].map((source) => ({ id: `usr_${source}`, login: "twin", source, assigned: true }));
  const names: DryRunAnswer["names"] = [{ rule: "login", looked: "twin", users, decides: true }];
  const evidence = { rule: "login", users: users.map(({ id, login, source }) => ({ id, login, source })) };
  const found = await conclude({ names, user: null, judgement: refused("user.ambiguous", evidence) });
  assert.deepEqual(stands(found), ["user.ambiguous"]);
  assert.match(JSON.stringify(found.findings[0]?.evidence), /north.*south/);
  assert.ok(!stands(found, "ruled-out").some((cause) => cause.startsWith("factor.") || cause.startsWith("policy.")));
});

test("a mail server that fails is said to whoever waits for its codes, and to nobody with an app alone", async () => {
  const failing = [{ channel: "mail" as const, since: AT, server: "mail.corp.test:465", error: "connect: ECONNREFUSED", waiting: 3 }];
  assert.deepEqual(stands(await conclude({ failing })), []);
  const mailed = { ...FACTOR, id: "enr_2", kind: "email" as const };
  const found = await conclude({ failing }, { factors: [mailed] });
  assert.deepEqual(stands(found), ["org.delivery"]);
  assert.match(JSON.stringify(found.findings), /mail\.corp\.test:465: connect: ECONNREFUSED, since .*; 3 waiting/);
  assert.ok(stands(await conclude({ failing: [] }, { factors: [mailed] }), "ruled-out").includes("org.delivery"));
});

test("an open window to enrol a first factor: the person is asked for its ticket; one that is over is said to be over", async () => {
  const window = { id: "tkt_1", proof: "ticket" as const, status: "OPEN" as const, confirmed: false, openedBy: "admin", expires: AT };
  const open = await conclude({}, { factors: [], window });
  assert.deepEqual([open.healthy, stands(open)], [true, []]);
  assert.match(step(open, "The person").outcome, /asked for the enrolment ticket/);
  assert.match(step(open, "Factor").why.join(), /tkt_1 is open with a ticket, opened by admin, until 2026/);
  const confirmed = await conclude({}, { factors: [], window: { ...window, proof: "confirmation" } });
  assert.match(step(confirmed, "The person").outcome, /waits for an administrator's word/);
  const over = await conclude({ judgement: refused("factor.none") }, { factors: [], window: { ...window, status: "EXPIRED" } });
  assert.deepEqual(stands(over), ["factor.none"]);
  assert.match(JSON.stringify(over.findings[0]?.evidence), /tkt_1, opened by admin, expired at 2026/);
  const xrdp = await conclude({ judgement: refused("factor.none") }, { factors: [], window });
  assert.deepEqual(stands(xrdp), ["factor.none"], "where no ticket can be asked for");
});

const CORP = {
  name: "corp",
  state: "failing" as const,
  since: "2026-11-23T09:00:00.000Z",
  error: { cause: "org.directory", sentence: "directory.corp.example refuses the connection" },
  lastSuccess: "2026-11-23T08:00:00.000Z",
};

test("the source of the person is named where its sync fails, with the sentence and since when, and nobody else's is", async () => {
  const found = await conclude({ sources: [CORP] }, { source: "corp" });
  assert.deepEqual([stands(found), found.healthy], [["org.directory"], false]);
  const evidence = Object.fromEntries((found.findings[0]?.evidence ?? []).map(({ what, value }) => [what, value]));
  assert.deepEqual([evidence["error"], evidence["since"]], [CORP.error.sentence, CORP.since]);
  assert.match(step(found, "User").why.join(), /sync fails since 2026-11-23T09.*refuses the connection/);
  assert.deepEqual(stands(await conclude({ sources: [CORP] })), [], "alice is local");
});

test("a name that nobody has may be of a source that fails: said as possible, below what the org says", async () => {
  const found = await conclude({ sources: [CORP], names: [], user: null, judgement: refused("user.unknown") });
  assert.deepEqual([stands(found), stands(found, "candidate")], [["user.unknown"], ["org.directory"]]);
});

test("a source that is braked, paused or stale confirms nothing: what was not looked at says so, and what to do", async () => {
  const said = {
    braked: /brake has stopped the sync since .*sallyport source sync corp --dry-run/,
    paused: /is paused; last read whole 2026-11-23T08.*sallyport source resume corp/,
    stale: /no sync was carried out since/,
    "never-read": /no sync was carried out yet/,
  };
  for (const state of ["braked", "paused", "stale", "never-read"] as const) {
    const found = await conclude({ sources: [{ ...CORP, state, error: null }] }, { source: "corp" });
    assert.deepEqual(stands(found), [], state);
    const missed = found.notLookedAt.find(({ what }) => what.includes("source corp"));
    assert.match(missed?.why ?? "", said[state], state);
    assert.match(step(found, "User").why.join(), said[state], state);
  }
});
