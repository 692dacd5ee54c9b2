/** Machines that register themselves by client id and secret: who may, how often, for how long, and what a stranger learns. */
import assert from "node:assert/strict";
import { createHash, createHmac, randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { readClientSecret } from "@sallyport/contracts";
import { proveHost } from "../src/flows/host-link/host-caller.ts";
import { DatabaseFault, type Store } from "../src/flows/store.ts";
import { restoreElsewhere, takeBackup } from "./restored-org.ts";
import { make, makeApp, makePerson, openTestOrg, payloadOf, TestHost, type TestOrg, type TestPerson, why } from "./test-org.ts";

let org: TestOrg;
let appId: string;
let alice: TestPerson;
const LOGON = "/api/v1/authn/logon";
const DAY = 86_400_000;

before(async () => {
  org = await openTestOrg();
  alice = await makePerson(org, "alice");
  appId = await makeApp(org, "servers", [alice]);
});
after(() => org.close());

interface Pair {
  id: string;
  secret: string;
}

const makePair = (more: object = {}): Promise<Pair> => make(org, "POST", "/api/v1/clients", { app: appId, name: "image", ...more });
const rotate = (id: string, body?: object) => org.manage("POST", `/api/v1/clients/${id}/lifecycle/rotate`, body);

function keyOf(secret: string): Uint8Array {
  const read = readClientSecret(secret);
  assert.ok(read.ok);
  return read.secret;
}

/** Asks for a registration as an agent does; `wrong` changes the proof's claims after the MAC was made. */
async function register(pair: Pair, change: { legacy?: boolean; nonce?: string; wrong?: object; typ?: string; at?: TestOrg } = {}) {
  const at = change.at ?? org;
  const host = new TestHost(at);
  const nonce = change.nonce ?? randomBytes(16).toString("base64url");
  const { crv, kty, x, y } = host.jwk;
  const thumbprint = createHash("sha256").update(JSON.stringify({ crv, kty, x, y })).digest("base64url");
  const mac = createHmac("sha256", keyOf(pair.secret)).update(`${thumbprint}.${nonce}`).digest("base64url");
  const claims = { typ: "register", clientId: pair.id, nonce, mac, name: "web01", platform: "linux", version: "0.1.0", legacy: false };
  const proof = host.jws(change.typ ?? "sallyport-register+jws", { ...claims, legacy: change.legacy ?? false, ...change.wrong });
  const payload = { clientId: pair.id, key: host.jwk, proof };
  const answer = await at.app.inject({ method: "POST", url: "/api/v1/hosts/register", payload });
  const body = answer.json();
  if (answer.statusCode === 200) {
    const enrolled = payloadOf(body.enrolled);
    host.id = enrolled.hostId;
    host.generation = enrolled.generation;
  }
  return { host, status: answer.statusCode, body, payload };
}

/** A legacy host's assertion: HS256 by the secret, `kid` = client id. */
function legacyToken(host: TestHost, pair: Pair, payload: string, change: { claims?: object; header?: object } = {}): string {
  const header = { alg: "HS256", typ: "sallyport-host+jwt", kid: pair.id, ...change.header };
  const text = [header, host.claims(payload, change.claims)].map((p) => Buffer.from(JSON.stringify(p)).toString("base64url")).join(".");
  return `${text}.${createHmac("sha256", keyOf(pair.secret)).update(text).digest("base64url")}`;
}

function ask(host: TestHost, pair: Pair, change: { claims?: object; header?: object } = {}) {
  const request = host.request("alice");
  return host.call(LOGON, request, {}, legacyToken(host, pair, JSON.stringify(request), change)).then((a) => ({ ...a, ...request }));
}

async function events(type: string): Promise<any[]> {
  return (await org.deps.store.read((tx) => tx.log.list({ type, limit: 500 }))) as any[];
}

test("S7: the secret is shown once; afterwards it is nowhere in the answers, the log or the database in clear", async () => {
  const pair = await makePair();
  const traces = [
    await org.manage("GET", "/api/v1/clients"),
    await org.deps.store.read((tx) => tx.clients.secrets(pair.id)),
    await events("client.created"),
  ];
  const key = Buffer.from(keyOf(pair.secret));
  for (const form of [pair.secret, key.toString("hex"), key.toString("base64"), key.toString("base64url")])
    assert.ok(!JSON.stringify(traces).includes(form));
});

test("a machine that holds the pair registers, and then logs people on with a key of its own", async () => {
  const pair = await makePair();
  const { host, status, body } = await register(pair);
  assert.equal(status, 200);
  assert.equal(body.pending, false);
  const right = createHmac("sha256", keyOf(pair.secret)).update(`registered.${body.enrolled}..false`).digest("base64url");
  assert.equal(body.mac, right, "the org proves that it knows the secret, too");
  assert.equal((await host.call(LOGON, host.request("alice"))).status, 200);
  const view = (await org.manage("GET", `/api/v1/hosts/${host.id}`)).body;
  assert.deepEqual([view.client, view.legacy, view.status], [pair.id, false, "ACTIVE"]);
});

test("S16: an unknown id, a wrong secret and a proof that is none get one and the same 401", async () => {
  const pair = await makePair();
  const other = await makePair();
  const answers = [
    await register({ id: "SALLYID-000000-000000-000000", secret: pair.secret }),
    await register({ id: pair.id, secret: other.secret }),
    await register(pair, { wrong: { nonce: "A".repeat(22) } }),
    await register(pair, { wrong: { clientId: other.id } }),
    await register(pair, { typ: "sallyport-enrol+jws" }),
  ];
  for (const { status } of answers) assert.equal(status, 401);
  assert.equal(new Set(answers.map(({ body }) => JSON.stringify({ ...body, errorId: "" }))).size, 1);
});

test("S4: the same request does not register twice, also not after it was refused", async () => {
  const pair = await makePair({ cap: 1 });
  const first = await register(pair);
  const url = "/api/v1/hosts/register";
  const again = await org.app.inject({ method: "POST", url, payload: first.payload });
  assert.deepEqual([again.statusCode, again.json().cause], [403, "client.replayed"]);
  const refused = await register(pair);
  assert.equal(refused.body.cause, "client.capped");
  assert.equal((await org.app.inject({ method: "POST", url, payload: refused.payload })).json().cause, "client.replayed");
});

test("client.capped: of ten machines at once exactly the cap is registered, and the refusals are in the log", async () => {
  const pair = await makePair({ cap: 3 });
  const answers = await Promise.all(Array.from({ length: 10 }, () => register(pair)));
  assert.equal(answers.filter(({ status }) => status === 200).length, 3);
  const refused = answers.filter(({ status }) => status === 403);
  assert.ok(refused.length === 7 && refused.every(({ body }) => body.cause === "client.capped" && body.evidence.cap === 3));
  assert.equal((await events("client.refused")).filter((e) => e.data.client === pair.id && e.cause === "client.capped").length, 7);
});

test("client.pending: a machine that must be approved is refused until it was, and then let on", async () => {
  const pair = await makePair({ approve: true });
  const { host, body } = await register(pair);
  assert.equal(body.pending, true);
  const request = host.request("alice");
  const refused = await host.call(LOGON, request);
  assert.deepEqual([refused.status, refused.body.cause], [403, "client.pending"]);
  assert.equal((await why(org, request.reference)).cause, "client.pending");
  assert.equal((await host.selfCheck()).body.cause, "client.pending");
  await make(org, "POST", `/api/v1/hosts/${host.id}/lifecycle/approve`);
  assert.equal((await host.call(LOGON, host.request("alice"))).status, 200);
  await make(org, "POST", `/api/v1/hosts/${host.id}/lifecycle/revoke`);
  assert.equal((await org.manage("POST", `/api/v1/hosts/${host.id}/lifecycle/approve`)).status, 409, "a revoked host does not come back");
});

test("client.secret-retired: both secrets register during a rotation, then the old one is refused with the date", async () => {
  const old = await makePair();
  const next = { id: old.id, secret: (await rotate(old.id, { overlapDays: 7 })).body.secret };
  assert.notEqual(next.secret, old.secret);
  assert.deepEqual([(await register(old)).status, (await register(next)).status], [200, 200]);
  assert.equal((await rotate(old.id)).status, 409, "a third secret would cut the first off");
  const before = org.clock.now;
  org.clock.now += 7 * DAY;
  const late = await register(old);
  assert.deepEqual([late.status, late.body.cause], [403, "client.secret-retired"]);
  assert.equal(late.body.evidence.retiredAt, new Date(before + 7 * DAY).toISOString());
  assert.equal((await register(next)).status, 200);
  assert.equal((await rotate(old.id)).status, 200, "and another rotation may begin");
});

test("the secret before can be ended at once, the newest cannot", async () => {
  const old = await makePair();
  const retire = () => org.manage("POST", `/api/v1/clients/${old.id}/lifecycle/retire`);
  assert.equal((await retire()).status, 409);
  const next = { id: old.id, secret: (await rotate(old.id)).body.secret };
  assert.equal((await retire()).status, 200);
  assert.equal((await register(old)).body.cause, "client.secret-retired");
  assert.equal((await register(next)).status, 200);
});

test("client.revoked: nobody registers with a revoked client; what it had registered stays", async () => {
  const pair = await makePair();
  const { host } = await register(pair);
  await make(org, "POST", `/api/v1/clients/${pair.id}/lifecycle/revoke`);
  assert.equal((await register(pair)).body.cause, "client.revoked");
  assert.equal((await rotate(pair.id)).status, 409);
  assert.equal((await host.call(LOGON, host.request("alice"))).status, 200);
});

test("S37: after a restore no client registers any more, whoever was revoked or registered since; what it had registered goes on", async () => {
  const pair = await makePair();
  const { host } = await register(pair);
  const file = await takeBackup(org);
  const { payload } = await register(pair);
  await make(org, "POST", `/api/v1/clients/${pair.id}/lifecycle/revoke`);
  const { org: back, result } = await restoreElsewhere(org, file);
  assert.ok(result.clients >= 1);
  assert.equal((await register(pair, { at: back })).body.cause, "client.capped");
  assert.equal((await back.app.inject({ method: "POST", url: "/api/v1/hosts/register", payload })).json().cause, "client.capped");
  const again = Object.assign(Object.create(TestHost.prototype) as TestHost, host, { org: back });
  assert.equal((await again.call(LOGON, again.request("alice"))).status, 200);
  await back.close();
});

test("S20: a shared secret signs nothing unless the app is legacy, and a host with a key never signs by secret", async () => {
  const pair = await makePair();
  assert.equal((await register(pair, { legacy: true })).body.cause, "client.assertion-invalid");
  const { host } = await register(pair);
  assert.deepEqual([(await ask(host, pair)).status, (await ask(host, pair)).body.cause], [401, undefined]);
});

test("legacy: let in, with a standing finding on app, host and logon; off again means refused", async () => {
  const pair = await makePair();
  await make(org, "PUT", `/api/v1/apps/${appId}`, { settings: { legacy: true } });
  assert.deepEqual((await org.manage("GET", `/api/v1/apps/${appId}`)).body.findings, [{ cause: "client.legacy" }]);
  const { host } = await register(pair, { legacy: true });
  const asked = await ask(host, pair);
  assert.equal(asked.status, 200);
  const done = await host.call(
    `/api/v1/authn/factors/${alice.factor}/verify`,
    ...signedStep(host, pair, { stateToken: asked.body.stateToken, passCode: alice.code(org.clock.now) }),
  );
  assert.equal(done.body.status, "SUCCESS");
  const logon = await why(org, asked.reference);
  assert.deepEqual([logon.result, logon.findings.map(({ cause }) => cause)], ["allow", ["client.legacy"]]);
  assert.deepEqual((await org.manage("GET", `/api/v1/hosts/${host.id}`)).body.findings, [{ cause: "client.legacy" }]);
  await make(org, "PUT", `/api/v1/apps/${appId}`, { settings: { legacy: false } });
  const off = await ask(host, pair);
  assert.deepEqual([off.body.cause, off.body.evidence.which, off.body.evidence.is], ["client.assertion-invalid", "alg", "HS256"]);
  assert.equal((await why(org, off.reference)).cause, "client.assertion-invalid");
  assert.equal((await events("app.legacy-on")).length, 1);
  assert.equal((await events("app.legacy-off")).length, 1);
});

function signedStep(host: TestHost, pair: Pair, body: object): [object, object, string] {
  return [body, {}, legacyToken(host, pair, JSON.stringify(body))];
}

test("legacy: every other signature is a stranger's: the host's key, another secret, another kid, alg none", async () => {
  await make(org, "PUT", `/api/v1/apps/${appId}`, { settings: { legacy: true } });
  const pair = await makePair();
  const { host } = await register(pair, { legacy: true });
  const other = await makePair();
  assert.equal((await host.call(LOGON, host.request("alice"))).status, 401, "its registration key signs nothing");
  for (const answer of [
    await ask(host, { id: pair.id, secret: other.secret }),
    await ask(host, other),
    await ask(host, pair, { header: { kid: other.id } }),
    await ask(host, pair, { header: { kid: undefined } }),
    await ask(host, pair, { header: { alg: "HS512" } }),
  ])
    assert.deepEqual([answer.status, answer.body.cause], [401, undefined]);
});

test("legacy: a retired secret, a revoked client and a replay keep their causes", async () => {
  const pair = await makePair();
  const { host } = await register(pair, { legacy: true });
  const request = host.request("alice");
  const token = legacyToken(host, pair, JSON.stringify(request));
  assert.equal((await host.call(LOGON, request, {}, token)).status, 200);
  assert.equal((await host.call(LOGON, request, {}, token)).body.cause, "client.replayed");
  const next = { id: pair.id, secret: (await rotate(pair.id, { overlapDays: 0 })).body.secret };
  assert.equal((await ask(host, pair)).body.cause, "client.secret-retired");
  assert.equal((await ask(host, next)).status, 200);
  await make(org, "POST", `/api/v1/clients/${pair.id}/lifecycle/revoke`);
  assert.equal((await ask(host, next)).body.cause, "client.revoked");
});

test("legacy: a dry run foresees what stands whichever secret the machine has, and leaves open what hangs on it", async () => {
  const thought = async (host: TestHost) =>
    make(org, "POST", "/api/v1/logons/rehearse", { host: host.id, username: "alice", service: "sshd" });
  await make(org, "PUT", `/api/v1/apps/${appId}`, { settings: { legacy: true } });
  const pair = await makePair();
  const { host } = await register(pair, { legacy: true });
  assert.deepEqual([(await thought(host)).judgement.cause, (await ask(host, pair)).status], [null, 200]);
  await make(org, "PUT", `/api/v1/apps/${appId}`, { settings: { legacy: false } });
  assert.deepEqual([(await thought(host)).judgement.cause, (await ask(host, pair)).body.cause], Array(2).fill("client.assertion-invalid"));
  await make(org, "PUT", `/api/v1/apps/${appId}`, { settings: { legacy: true } });
  await rotate(pair.id, { overlapDays: 0 });
  const open = await thought(host);
  assert.equal((await ask(host, pair)).body.cause, "client.secret-retired");
  assert.deepEqual([open.judgement.cause, open.secrets.map(({ state }: { state: string }) => state).sort()], [null, ["retired", "valid"]]);
  await make(org, "POST", `/api/v1/clients/${pair.id}/lifecycle/revoke`);
  assert.deepEqual([(await thought(host)).judgement.cause, (await ask(host, pair)).body.cause], Array(2).fill("client.revoked"));
});

test("S15: legacy: a clock that is off ends the logon as clock.host; a host with a key may ask again under the same reference", async () => {
  const pair = await makePair();
  const { host } = await register(pair, { legacy: true });
  const iat = Math.floor(org.clock.now / 1000) + 600;
  const off = await ask(host, pair, { claims: { iat, exp: iat + 60 } });
  assert.equal(off.body.cause, "clock.host");
  const logon = await why(org, off.reference);
  assert.deepEqual([logon.result, logon.cause, logon.evidence["offsetSeconds"]], ["deny", "clock.host", 600]);
});

test("legacy: a database that goes while the secret is looked up is a fault with its cause, not a stranger", async () => {
  await make(org, "PUT", `/api/v1/apps/${appId}`, { settings: { legacy: true } });
  const pair = await makePair();
  const { host } = await register(pair, { legacy: true });
  const body = JSON.stringify(host.request("alice"));
  let reads = 0;
  const store: Store = {
    ...org.deps.store,
    read: (fn) => (++reads === 1 ? org.deps.store.read(fn) : Promise.reject(new DatabaseFault("org.database", "the disk is full"))),
  };
  const call = { authorization: `Bearer ${legacyToken(host, pair, body)}`, rawBody: Buffer.from(body) };
  await assert.rejects(proveHost(store, org.deps.keys, call), DatabaseFault);
  assert.equal(reads, 2);
});
