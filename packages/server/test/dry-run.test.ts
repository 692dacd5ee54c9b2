/** The dry run and the real logon agree: every situation is first gone through in thought, then asked for real by a machine. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { type DryRunAnswer, dryRunAnswer, type PolicyDocument, type PolicyRule } from "@sallyport/contracts";
import { openLogonOrg } from "./logon-org.ts";
import { make, makeApp, makePerson, openTestOrg, TestHost, type TestOrg, why } from "./test-org.ts";

/** Where a person sits, and when: noon of a Tuesday unless said otherwise. */
interface Where {
  address?: { value: string; origin: "socket" | "claimed" } | null;
  service?: string;
  scenario?: string;
  domain?: string;
  at?: string;
}

interface Situation {
  name: string;
  who: string;
  policy?: PolicyDocument["rules"];
  where?: Where;
  /** What must come of it, written by hand: outcome, cause, rule. */
  is: [outcome: "factor" | "allow" | "refuse", cause?: string | undefined, rule?: string];
}

const OFFICE = { value: "203.0.113.7", origin: "socket" } as const;
const HOME = { value: "198.51.100.9", origin: "socket" } as const;
const CLAIMED = { value: "203.0.113.7", origin: "claimed" } as const;
const NAMED = { value: "laptop.corp.example", origin: "socket" } as const;
const LAST = "Ask for a factor";
const inOffice: PolicyRule = { name: "office", if: { zones: ["office"] }, then: "allow" };
const outside: PolicyRule = { name: "outside", if: { notZones: ["office"] }, then: "deny" };
const nights: PolicyRule = { name: "nights", if: { from: "22:00", to: "05:00" }, then: "deny" };
const admins: PolicyRule = { name: "admins", if: { groups: ["admins"] }, then: "allow" };
const ssh: PolicyRule = { name: "ssh", if: { services: ["sshd"] }, then: "deny" };

const SITUATIONS: Situation[] = [
  { name: "an assigned user with a factor", who: "alice", is: ["factor", undefined, LAST] },
  { name: "the same by e-mail", who: "alice@corp.example", is: ["factor", undefined, LAST] },
  { name: "the same in capitals", who: "ALICE", is: ["factor", undefined, LAST] },
  { name: "a domain that the user has", who: "bob", where: { domain: "CORP" }, is: ["factor", undefined, LAST] },
  { name: "the same in one piece", who: "CORP\\bob", is: ["factor", undefined, LAST] },
  { name: "a domain that the user has not", who: "OTHER\\bob", is: ["refuse", "user.unknown"] },
  { name: "nobody", who: "mallory", is: ["refuse", "user.unknown"] },
  { name: "a name that no user can have", who: "al\u202eice", is: ["refuse", "user.unknown"] },
  { name: "a name of another form", who: "CORP\\alice", is: ["refuse", "user.name-shape"] },
  { name: "a name whose other forms find two people", who: "CORP\\zed", is: ["refuse", "user.unknown"] },
  { name: "a name that two share", who: "twin", is: ["refuse", "user.ambiguous"] },
  { name: "somebody who is not assigned", who: "eve", is: ["refuse", "app.not-assigned"] },
  { name: "assigned by a group", who: "grace", is: ["factor", undefined, LAST] },
  { name: "assigned by a group in a group", who: "nell", is: ["factor", undefined, LAST] },
  { name: "assigned by a group that a rule makes", who: "ruth", is: ["factor", undefined, LAST] },
  { name: "suspended", who: "sue", is: ["refuse", "user.suspended"] },
  { name: "deactivated", who: "dora", is: ["refuse", "user.deactivated"] },
  { name: "held back", who: "stan", is: ["refuse", "user.deactivated"] },
  { name: "suspended and not assigned", who: "susan", is: ["refuse", "app.not-assigned"] },
  { name: "suspended where a rule denies", who: "sue", policy: [ssh], is: ["refuse", "user.suspended"] },
  { name: "no factor", who: "fred", is: ["refuse", "factor.none", LAST] },
  { name: "no factor where none is asked for", who: "fred", policy: [inOffice], is: ["allow", "policy.no-mfa", "office"] },
  { name: "a factor that was never activated", who: "pia", is: ["refuse", "factor.locked", LAST] },
  { name: "a locked factor", who: "lola", is: ["refuse", "factor.locked", LAST] },
  { name: "a locked factor where a rule denies", who: "lola", policy: [ssh], is: ["refuse", "policy.denies", "ssh"] },
  { name: "a factor that must wait", who: "theo", is: ["factor", undefined, LAST] },
  { name: "inside the zone", who: "alice", policy: [inOffice], where: { address: OFFICE }, is: ["allow", "policy.no-mfa", "office"] },
  { name: "outside the zone", who: "alice", policy: [inOffice], where: { address: HOME }, is: ["factor", undefined, LAST] },
  { name: "inside by its own word", who: "alice", policy: [inOffice], where: { address: CLAIMED }, is: ["factor", undefined, LAST] },
  { name: "a host name for an address", who: "alice", policy: [inOffice], where: { address: NAMED }, is: ["factor", undefined, LAST] },
  { name: "no address", who: "alice", policy: [inOffice], where: { address: null }, is: ["factor", undefined, LAST] },
  { name: "denied outside", who: "alice", policy: [outside], where: { address: HOME }, is: ["refuse", "policy.denies", "outside"] },
  { name: "not denied inside", who: "alice", policy: [outside], where: { address: OFFICE }, is: ["factor", undefined, LAST] },
  {
    name: "denied for want of an address",
    who: "alice",
    policy: [outside],
    where: { address: null },
    is: ["refuse", "address.unknown", "outside"],
  },
  {
    name: "denied for a claimed address",
    who: "alice",
    policy: [outside],
    where: { address: CLAIMED },
    is: ["refuse", "address.unknown", "outside"],
  },
  { name: "at night", who: "alice", policy: [nights], where: { at: "2026-11-24T23:10:00Z" }, is: ["refuse", "policy.denies", "nights"] },
  {
    name: "after midnight",
    who: "alice",
    policy: [nights],
    where: { at: "2026-11-25T03:00:00Z" },
    is: ["refuse", "policy.denies", "nights"],
  },
  { name: "in the morning", who: "alice", policy: [nights], where: { at: "2026-11-25T05:00:00Z" }, is: ["factor", undefined, LAST] },
  { name: "a wait that is over by then", who: "theo", where: { at: "2026-11-25T13:00:00Z" }, is: ["factor", undefined, LAST] },
  { name: "a group's rule", who: "grace", policy: [admins], is: ["allow", "policy.no-mfa", "admins"] },
  { name: "the rule of a group for whoever is in a group in it", who: "nell", policy: [admins], is: ["allow", "policy.no-mfa", "admins"] },
  { name: "a group's rule for somebody else", who: "alice", policy: [admins], is: ["factor", undefined, LAST] },
  { name: "the first rule of two", who: "grace", policy: [ssh, admins], is: ["refuse", "policy.denies", "ssh"] },
  {
    name: "another service",
    who: "grace",
    policy: [ssh, admins],
    where: { service: "sudo", scenario: "elevate", address: null },
    is: ["allow", "policy.no-mfa", "admins"],
  },
  {
    name: "by a machine's rule",
    who: "alice",
    policy: [{ name: "srv", if: { hosts: ["srv01"] }, then: "deny" }],
    is: ["refuse", "policy.denies", "srv"],
  },
  {
    name: "local only",
    who: "alice",
    policy: [{ name: "desk", if: { remote: false }, then: "allow" }],
    where: { service: "console", address: null },
    is: ["allow", "policy.no-mfa", "desk"],
  },
];

const { org, host, appId, person } = await openLogonOrg();
after(() => org.close());
await seed();

async function assign(id: string): Promise<void> {
  await make(org, "POST", `/api/v1/apps/${appId}/users`, { id });
}

async function user(profile: object, more: object = {}, activate = true): Promise<string> {
  return (await make(org, "POST", `/api/v1/users?activate=${activate}`, { profile, ...more })).id;
}

async function seed(): Promise<void> {
  await make(org, "POST", "/api/v1/users/alice", { profile: { email: "alice@corp.example" } });
  await person("bob");
  await make(org, "POST", "/api/v1/users/bob", { profile: { samAccountName: "bob", domain: "CORP" } });
  await makePerson(org, "eve");
  await makePerson(org, "susan");
  for (const login of ["sue", "dora", "lola", "theo"]) await person(login);
  for (const login of ["sue", "susan"]) await make(org, "POST", `/api/v1/users/${login}/lifecycle/suspend`);
  await make(org, "POST", "/api/v1/users/dora/lifecycle/deactivate");
  await assign(await user({ login: "stan" }, {}, false));
  await assign(await user({ login: "fred" }));
  await assign(await user({ login: "zack", samAccountName: "zed" }));
  const zoe = await user({ login: "zoe", samAccountName: "zed" });
  await make(org, "POST", `/api/v1/users/${zoe}/lifecycle/activate`);
  await assign(zoe);
  const pia = await user({ login: "pia" });
  await assign(pia);
  await make(org, "POST", `/api/v1/users/${pia}/factors`, { factorType: "token:software:totp" });
  for (const source of ["north", "south"]) {
    const { id, status } = await make(org, "POST", "/api/v1/users?activate=true", { profile: { login: "twin" }, source, externalId: "1" });
    if (status !== "ACTIVE") await make(org, "POST", `/api/v1/users/${id}/lifecycle/activate`);
    await assign(id);
  }
  const grace = await makePerson(org, "grace");
  const group = (await make(org, "POST", "/api/v1/groups", { profile: { name: "admins" } })).id;
  await make(org, "PUT", `/api/v1/groups/${group}/users/${grace.id}`);
  await make(org, "PUT", `/api/v1/apps/${appId}/groups/${group}`, {});
  const nell = await makePerson(org, "nell");
  const inner = (await make(org, "POST", "/api/v1/groups", { profile: { name: "night shift" } })).id;
  await make(org, "PUT", `/api/v1/groups/${inner}/users/${nell.id}`);
  await make(org, "PUT", `/api/v1/groups/${group}/groups/${inner}`);
  await makePerson(org, "ruth");
  await make(org, "POST", "/api/v1/users/ruth", { profile: { department: "Operations" } });
  const ruled = (await make(org, "POST", "/api/v1/groups", { profile: { name: "operations" } })).id;
  await make(org, "PUT", `/api/v1/groups/${ruled}/rule`, { attribute: "department", value: "operations" });
  await make(org, "PUT", `/api/v1/apps/${appId}/groups/${ruled}`, {});
  await make(org, "PUT", "/api/v1/zones/office", { cidrs: ["203.0.113.0/24"] });
  await mistype("theo", 6);
  await lock("lola");
}

/** Wrong codes, so that the next one has to wait. */
async function mistype(login: string, times: number): Promise<void> {
  const opened = await host.call("/api/v1/authn/logon", host.request(login));
  const [factor] = opened.body._embedded.factors;
  for (let i = 0; i < times; i++) await host.verify(opened.body.stateToken, factor.id, "000000", `input-${i}-${login}`.padEnd(22, "x"));
}

/** As a hundred wrong codes leave it. */
async function lock(login: string): Promise<void> {
  const { id } = (await org.manage("GET", `/api/v1/users/${login}`)).body;
  await org.deps.store.inTransaction(async (tx) => {
    for (const row of await tx.enrolments.ofUser(id)) await tx.enrolments.update(row.id, { status: "LOCKED", failures: 100 });
  });
}

async function setPolicy(rules: PolicyDocument["rules"]): Promise<void> {
  const url = `/api/v1/apps/${appId}/policy`;
  const { version } = (await org.manage("GET", url)).body;
  await make(org, "PUT", url, { version, document: { rules } });
}

async function rehearse(on: TestOrg, body: object): Promise<DryRunAnswer> {
  return dryRunAnswer.parse(await make(on, "POST", "/api/v1/logons/rehearse", { host: "SRV01", service: "sshd", ...body }));
}

const written = () => org.deps.store.read((tx) => tx.log.head());

test(`in ${SITUATIONS.length} situations the dry run says what the real logon then does: outcome, cause, rule, what the machine hears`, async (t) => {
  assert.ok(SITUATIONS.length >= 30);
  for (const { name, who, policy = [], where = {}, is } of SITUATIONS) {
    await setPolicy(policy);
    const { at, address = OFFICE, ...rest } = where;
    const asked = { username: who, ...rest, ...(address ? { address } : {}) };
    const before = await written();
    const thought = await rehearse(org, { ...asked, ...(at ? { at } : {}) });
    assert.deepEqual(await written(), before, `${name}: a dry run writes nothing`);
    const { outcome, cause, rule, told } = thought.judgement ?? assert.fail(`${name}: no judgement`);
    assert.deepEqual([outcome, cause ?? undefined, rule ?? undefined], [is[0], is[1], is[2]], `${name}: the dry run`);

    const now = org.clock.now;
    if (at) org.clock.now = Date.parse(at);
    const request = host.request(who, { ...rest, address: address ?? undefined });
    const answer = await host.call("/api/v1/authn/logon", request);
    const record = await why(org, request.reference);
    if (at) org.clock.now = now;
    const really = { open: "factor", allow: "allow", deny: "refuse" }[record.result];
    assert.deepEqual([outcome, cause, rule], [really, record.cause, record.rule], `${name}: the real logon`);
    if (outcome === "refuse") assert.equal(told, answer.body.cause, `${name}: what the machine hears`);
    if (outcome === "factor") {
      const asks = answer.body._embedded.factors.map(({ id }: { id: string }) => id);
      const usable = thought.user?.factors.filter(({ why: against }) => against === null || against === "wait").map(({ id }) => id);
      assert.deepEqual(usable, asks, `${name}: the factors`);
      const waits = thought.user?.factors.some(({ why: against }) => against === "wait");
      if (waits) assert.equal((await host.verify(answer.body.stateToken, asks[0], "000000")).body.cause, "factor.throttled", name);
    }
  }
  t.diagnostic(`${SITUATIONS.length} situations, dry run = real logon`);
});

test("the trace shows every rule for names, and who decides; an ambiguous name shows its sources", async () => {
  const named = async (username: string) => (await rehearse(org, { username })).names;
  const alice = await named("alice@corp.example");
  assert.deepEqual(
    alice.map(({ rule, looked, users, decides }) => [rule, looked, users.map(({ login }) => login).join(), decides]),
    [
      ["login", "alice@corp.example", "", false],
      ["userPrincipalName", "alice@corp.example", "", false],
      ["email", "alice@corp.example", "alice", true],
      ["samAccountName", null, "", false],
      ["domain-sam", null, "", false],
      ["email-local-part", null, "", false],
    ],
  );
  const [twin] = await named("twin");
  assert.deepEqual([twin?.users.map(({ source }) => source).sort(), twin?.decides], [["north", "south"], true]);
});

test("somebody who is refused for one thing is shown whole: right, policy and factors too", async () => {
  await setPolicy([nights]);
  const { user: sue, judgement } = await rehearse(org, { username: "sue" });
  assert.equal(judgement?.cause, "user.suspended");
  assert.deepEqual(
    [sue?.status, sue?.assigned, sue?.policy.rule, sue?.factors.length],
    ["SUSPENDED", { direct: true, groups: [] }, LAST, 1],
  );
  assert.ok(sue?.statusChanged && sue.statusBy);
  const { user: grace } = await rehearse(org, { username: "grace" });
  assert.deepEqual(grace?.assigned, { direct: false, groups: ["admins"] });
  const { user: nell } = await rehearse(org, { username: "nell" });
  assert.deepEqual(nell?.assigned, { direct: false, groups: ["admins"], through: { admins: ["night shift"] } });
  const { user: ruth } = await rehearse(org, { username: "ruth" });
  assert.deepEqual(ruth?.assigned, { direct: false, groups: ["operations"] });
  const { user: theo } = await rehearse(org, { username: "theo" });
  assert.deepEqual([theo?.factors[0]?.why, (theo?.factors[0]?.waitSeconds ?? 0) > 0], ["wait", true]);
});

test("a machine that asked about too many names this hour is the cause for a new name, not for a known one; the dry run counts none", async () => {
  const hour = Math.floor(org.clock.now / 3_600_000);
  await setPolicy([]);
  await org.deps.store.inTransaction(async (tx) => {
    for (let i = 0; i < 500; i++) await tx.hosts.countName(host.id, `name-${i}`, hour);
  });
  for (const [who, cause] of [
    ["somebody-new", "http.rate-limited"],
    ["alice", null],
  ] as const) {
    for (let i = 0; i < 2; i++) assert.equal((await rehearse(org, { username: who, address: OFFICE })).judgement?.cause, cause, who);
    const request = host.request(who);
    await host.call("/api/v1/authn/logon", request);
    assert.equal((await why(org, request.reference)).cause, cause, who);
  }
  org.clock.now += 3_600_000;
  assert.equal((await rehearse(org, { username: "somebody-new" })).judgement?.cause, "user.unknown");
});

test("a machine that is pending, revoked, cloned or unknown, or whose app is off, is the cause before anybody is looked at, as for real", async () => {
  const other = await openTestOrg();
  try {
    const zoe = await makePerson(other, "zoe");
    const app = await makeApp(other, "servers", [zoe]);
    const machine = await TestHost.enrol(other, app, "srv01");
    const both = async () => {
      const thought = (await rehearse(other, { username: "zoe" })).judgement;
      const request = machine.request("zoe");
      const answer = await machine.call("/api/v1/authn/logon", request);
      return [thought?.cause, answer.body.cause ?? (await why(other, request.reference)).cause];
    };
    assert.deepEqual(await both(), [null, null]);
    for (const [status, cause] of [
      ["PENDING", "client.pending"],
      ["CLONED", "client.cloned"],
      ["REVOKED", "client.revoked"],
    ] as const) {
      await other.deps.store.inTransaction((tx) => tx.hosts.update(machine.id, { status, statusSince: tx.now, statusBy: "test" }));
      assert.deepEqual(await both(), [cause, cause]);
    }
    await other.deps.store.inTransaction((tx) => tx.hosts.update(machine.id, { status: "ACTIVE" }));
    await other.deps.store.inTransaction((tx) => tx.apps.update(app, { status: "INACTIVE" }));
    assert.deepEqual(await both(), ["client.revoked", "client.revoked"]);
    const nowhere = await rehearse(other, { username: "zoe", host: "nowhere" });
    assert.deepEqual([nowhere.hosts, nowhere.judgement, nowhere.names], [[], null, []]);
    await TestHost.enrol(other, app, "SRV01");
    const twice = await rehearse(other, { username: "zoe" });
    assert.deepEqual([twice.hosts.length, twice.judgement], [2, null]);
    assert.equal((await rehearse(other, { username: "zoe", host: machine.id })).hosts.length, 1);
  } finally {
    await other.close();
  }
});

test("an enrolment window: open the dry run foresees what the real logon asks, over xrdp and past its end it does not", async () => {
  await setPolicy([]);
  await assign(await user({ login: "nora" }));
  await make(org, "POST", "/api/v1/users/nora/tickets", {});
  const open = await rehearse(org, { username: "nora" });
  assert.deepEqual([open.judgement?.outcome, open.user?.window?.status, open.user?.window?.proof], ["factor", "OPEN", "ticket"]);
  assert.equal((await host.call("/api/v1/authn/logon", host.request("nora"))).body.status, "MFA_ENROLL");
  assert.equal((await rehearse(org, { username: "nora", service: "xrdp-sesman" })).judgement?.cause, "factor.none");
  const late = await rehearse(org, { username: "nora", at: new Date(org.clock.now + 8 * 24 * 3_600_000).toISOString() });
  assert.deepEqual([late.judgement?.cause, late.user?.window?.status], ["factor.none", "EXPIRED"]);
});
