/** A primary authentication that is refused: the log names the true cause, and the page hears one answer (S16). */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { openLogonOrg, PASSWORD } from "./logon-org.ts";
import { lastEvent } from "./passkey-org.ts";
import { make, makePerson } from "./test-org.ts";

const { org, alice } = await openLogonOrg();
after(() => org.close());

async function primary(username: string, password = PASSWORD) {
  const answer = await org.admin.inject({ method: "POST", url: "/api/v1/authn", payload: { username, password } });
  const { errorId: _, ...body } = answer.json();
  const event = await lastEvent(org, "user.primary-failed");
  return { answer: { status: answer.statusCode, body }, event };
}

const credentials = { password: { value: PASSWORD } };
const add = (login: string, activate = true) =>
  make(org, "POST", `/api/v1/users?activate=${activate}`, { profile: { login }, credentials });
const REFUSED = (await primary("alice", "wrong")).answer;

async function assertCause(login: string, cause: string, password?: string) {
  const { answer, event } = await primary(login, password);
  assert.deepEqual(answer, REFUSED);
  assert.deepEqual([event?.cause, event?.data["username"]], [cause, login]);
  assert.ok(event?.data["address"], "from where");
  return event;
}

test("S16: a wrong password is user.password, and a name that nobody has user.unknown", async () => {
  await assertCause("alice", "user.password", "wrong");
  await assertCause("nobody", "user.unknown");
});

test("S16: a name that two have is user.ambiguous, and says whose it is", async () => {
  const [one, two] = [await add("north-twin"), await add("south-twin")];
  await org.deps.store.inTransaction(async (tx) => {
    for (const { id } of [one, two]) await tx.users.update(id, {}, [{ kind: "login", folded: "twin" }]);
  });
  const event = await assertCause("twin", "user.ambiguous");
  assert.match(JSON.stringify(event?.data["evidence"]), /north-twin.*south-twin|south-twin.*north-twin/);
});

test("S16: whoever never had a factor is factor.none", async () => {
  await add("bare");
  await assertCause("bare", "factor.none");
});

test("S16: whose factors need a rule that names them is factor.not-allowed", async () => {
  const { id } = await add("mailed");
  const bob = await makePerson(org, "bob", PASSWORD);
  await org.deps.store.inTransaction(async (tx) => {
    const [totp] = await tx.enrolments.ofUser(bob.id);
    assert.ok(totp);
    await tx.enrolments.insert({ ...totp, id: "enr_mailed", userId: id, kind: "email" });
  });
  const event = await assertCause("mailed", "factor.not-allowed");
  assert.match(JSON.stringify(event?.data["evidence"]), /"kind":"email"/);
});

for (const [state, cause] of [
  ["suspend", "user.suspended"],
  ["deactivate", "user.deactivated"],
] as const)
  test(`S16: after ${state} the right password is refused as ${cause}`, async () => {
    const { id } = await makePerson(org, `${state}d`, PASSWORD);
    await make(org, "POST", `/api/v1/users/${id}/lifecycle/${state}`);
    await assertCause(`${state}d`, cause);
    await assertCause(`${state}d`, "user.password", "wrong");
  });

test("S16: who is held back is user.deactivated, with the state in the evidence", async () => {
  await add("early", false);
  const event = await assertCause("early", "user.deactivated");
  assert.equal((event?.data["evidence"] as { status?: string } | undefined)?.status, "STAGED");
});

test("S1: a locked factor answers the right password LOCKED_OUT, and the log has factor.locked", async () => {
  await org.deps.store.inTransaction((tx) => tx.enrolments.update(alice.factor, { status: "LOCKED", failures: 100 }));
  const { answer, event } = await primary("alice");
  assert.deepEqual(answer.body, { status: "LOCKED_OUT", _links: {} });
  assert.equal(event?.cause, "factor.locked");
  await assertCause("alice", "user.password", "wrong");
});

test("S3: a locked user is user.locked", async () => {
  const { id } = await makePerson(org, "eve", PASSWORD);
  await org.deps.store.inTransaction((tx) => tx.users.update(id, { status: "LOCKED_OUT" }));
  const { answer, event } = await primary("eve");
  assert.deepEqual([answer.body.status, event?.cause], ["LOCKED_OUT", "user.locked"]);
});
