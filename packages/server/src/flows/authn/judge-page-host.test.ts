/** A machine that is stopped between the two units of work of a page's step: the step comes to nothing, and the record says why. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Secret, TOTP } from "otpauth";
import { hostRow } from "../../http/management/host-row.fixture.ts";
import { openOrg, type TestOrg } from "../../http/org.fixture.ts";
import { makeSomeone } from "../../http/portal/signed-in.fixture.ts";
import { blankEnrolment } from "../blank-enrolment.ts";
import { judgePerson } from "../host-link/judge-person.ts";
import { hashToken, transactionFor } from "../host-link/start-logon.ts";
import { newStateToken } from "../ids.ts";
import { newLogon } from "../logon-record.ts";
import { activateStep } from "./activate-step.ts";
import { blankTransaction } from "./blank-transaction.ts";
import { beginEnrol } from "./enrol-step.ts";
import { ticketStep } from "./ticket-step.ts";
import { type Drive, verifyFactor } from "./verify-factor.ts";

const REFERENCE = "K7QF-3M2P";
const OVER = { kind: "no-transaction", cause: "logon.expired" };

interface World {
  org: TestOrg;
  app: string;
  stateToken: string;
  /** The page's first unit of work; before the second an administrator revokes the machine. */
  drive: Drive;
}

/** A logon of alice at srv01, driven by a page. */
async function openLogon(org: TestOrg, userId: string): Promise<World> {
  const app = (await org.call("owner", "POST", "/api/v1/apps", { label: "servers" })).body.id as string;
  await org.call("owner", "POST", `/api/v1/apps/${app}/users`, { id: userId });
  const host = hostRow(app);
  const stateToken = newStateToken();
  const request = {
    ...{ reference: REFERENCE, nonce: "n".repeat(22), username: "alice", service: "xrdp", hostTime: org.clock.now },
    ...({ scenario: "logon", password: "verified", conversation: true, drive: "page" } as const),
  };
  await org.store.inTransaction(async (tx) => {
    await tx.hosts.insert(host);
    const row = await tx.apps.byId(app);
    const person = row && (await judgePerson(tx, row, host, request));
    if (person?.kind !== "person") throw new Error("alice may not log on");
    const { reference, nonce, drive } = request;
    const begun = { ...blankTransaction(tx.now), tokenHash: hashToken(stateToken), status: "MFA_REQUIRED" as const, drive, amr: ["pwd"] };
    await tx.transactions.insert(transactionFor({ ...begun, hostId: host.id, appId: app, reference, nonce, logonHash: "" }, person));
    await tx.logons.insert({ ...newLogon(host, request, tx.now), userId });
  });
  const drive: Drive = async (fn) => {
    const done = await org.store.inTransaction((tx) => fn(tx, undefined));
    const revoked = await org.call("admin", "POST", `/api/v1/hosts/${host.id}/lifecycle/revoke`);
    assert.equal(revoked.status, 200, revoked.text);
    return done;
  };
  return { org, app, stateToken, drive };
}

/** The page hears that it is over, and the machine's record has the cause. */
async function assertOver({ org }: World, outcome: unknown): Promise<void> {
  assert.deepEqual(outcome, OVER);
  const [logon] = (await org.call("auditor", "GET", `/api/v1/logons/${REFERENCE}`)).body;
  assert.deepEqual([logon.result, logon.cause], ["deny", "client.revoked"]);
}

async function newcomer(org: TestOrg): Promise<{ id: string; ticket: string }> {
  const { id } = (await org.call("owner", "POST", "/api/v1/users?activate=true", { profile: { login: "alice" } })).body;
  const made = await org.call("owner", "POST", `/api/v1/users/${id}/tickets`, {});
  return { id, ticket: made.body.ticket };
}

test("the long code that an administrator gave out is not taken", async (t) => {
  const org = await openOrg(t);
  const alice = await makeSomeone(org, "alice");
  const world = await openLogon(org, alice.id);
  const made = await org.call("owner", "POST", `/api/v1/users/${alice.id}/bypass-codes`, { app: world.app, reason: "phone is lost" });
  assert.equal(made.status, 200, made.text);
  const input = { stateToken: world.stateToken, factorId: alice.factor, passCode: made.body.code as string };
  await assertOver(world, await verifyFactor(org.deps, world.drive, input));
  const [code] = (await org.call("owner", "GET", `/api/v1/users/${alice.id}/bypass-codes`)).body;
  assert.equal(code.status, "OPEN");
});

test("what a passkey answered is not looked at", async (t) => {
  const org = await openOrg(t);
  const alice = await makeSomeone(org, "alice");
  const data = { credentialId: "a2V5", publicKey: "a2V5", transports: [], aaguid: "", backedUp: false, userVerified: true };
  const factorId = await org.store.inTransaction(async (tx) => {
    const key = { ...blankEnrolment(tx.now), userId: alice.id, kind: "passkey" as const, status: "ACTIVE" as const, handle: "a2V5", data };
    await tx.enrolments.insert(key);
    return key.id;
  });
  const world = await openLogon(org, alice.id);
  const input = { stateToken: world.stateToken, factorId, passCode: "" };
  const asked = await verifyFactor(org.deps, (fn) => org.store.inTransaction((tx) => fn(tx, undefined)), input);
  assert.equal(asked.kind, "asked");
  const text = Buffer.from("{}").toString("base64");
  const assertion = { clientData: text, authenticatorData: text, signatureData: text };
  await assertOver(world, await verifyFactor(org.deps, world.drive, { ...input, assertion }));
});

test("a ticket that was right is not shown for it", async (t) => {
  const org = await openOrg(t);
  const { id, ticket } = await newcomer(org);
  const world = await openLogon(org, id);
  await assertOver(world, await ticketStep(org.deps, world.drive, { stateToken: world.stateToken, ticket }));
  assert.deepEqual(await org.events("ticket.shown"), []);
});

test("no factor becomes active", async (t) => {
  const org = await openOrg(t);
  const { id, ticket } = await newcomer(org);
  const world = await openLogon(org, id);
  const { stateToken } = world;
  const plainly: Drive = (fn) => org.store.inTransaction((tx) => fn(tx, undefined));
  assert.equal((await ticketStep(org.deps, plainly, { stateToken, ticket })).kind, "opened");
  const begun = await plainly((tx) => beginEnrol(tx, org.deps, undefined, { stateToken, kind: "totp" }));
  assert.ok(begun.kind === "opened" && begun.enrolling);
  const { enrolment, activation } = begun.enrolling;
  const app = new TOTP({ secret: Secret.fromBase32(String(activation?.["sharedSecret"])) });
  const proof = { passCode: app.generate({ timestamp: org.clock.now }) };
  await assertOver(world, await activateStep(org.deps, world.drive, { stateToken, factorId: enrolment.id, proof }));
  assert.equal(await org.store.read((tx) => tx.enrolments.byId(enrolment.id)), undefined, "what was being made goes with it");
});
