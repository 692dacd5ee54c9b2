/** Bypass codes at a logon: one user, one app, once, in their hours, under a rule that takes one; and what the log says of each. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, test } from "node:test";
import { LONG_CODE_BYTES, writeLongCode } from "@sallyport/contracts";
import { openLogonOrg, PASSWORD } from "./logon-org.ts";
import { make, makeApp, TestHost, type TestPerson, why } from "./test-org.ts";

const { org, host, appId, alice, person } = await openLogonOrg();
after(() => org.close());

const REASON = "phone left at home, called back";
const random = () => writeLongCode(randomBytes(LONG_CODE_BYTES));

async function give(one: TestPerson, change: object = {}) {
  return make(org, "POST", `/api/v1/users/${one.id}/bypass-codes`, { app: appId, reason: REASON, ...change });
}

async function type(one: TestPerson, passCode: string, at: TestHost = host) {
  const request = at.request(one.login);
  const { body } = await at.call("/api/v1/authn/logon", request);
  const answer = await at.verify(body.stateToken, one.factor, passCode);
  return { reference: request.reference, shown: body, ...answer };
}

/** Ends the transaction by the person's leaving, so that the record has its cause. */
async function causeOf(one: TestPerson, passCode: string, at: TestHost = host) {
  const done = await type(one, passCode, at);
  await at.call("/api/v1/authn/cancel", { stateToken: done.shown.stateToken });
  const { cause, timeline } = await why(org, done.reference);
  const failed = timeline.find((event) => event.type === "factor.failed");
  return { status: done.status, heard: done.body.cause, cause, evidence: (failed?.data["evidence"] ?? {}) as Record<string, unknown> };
}

const listed = async (one: TestPerson) => (await org.manage("GET", `/api/v1/users/${one.id}/bypass-codes`)).body;
const failures = async (one: TestPerson) => (await org.manage("GET", `/api/v1/users/${one.id}/factors`)).body[0].failures;
const log = (event: string, one: TestPerson) =>
  org.deps.store.read(async (tx) =>
    (await tx.log.list({ limit: 1000, type: event })).filter(({ target, actor }) => target?.id === one.id || actor.id === one.id),
  );

test("S4, S11: a code lets in once, in the field of the app's code; the second time it is factor.bypass-used, with its first logon", async () => {
  const one = await person("once");
  const made = await give(one);
  const done = await type(one, made.code.toLowerCase().replaceAll("-", ""));
  assert.equal(done.body.status, "SUCCESS", JSON.stringify(done.body));
  assert.deepEqual((await why(org, done.reference)).amr, ["pwd", "bypass"]);
  assert.equal(await failures(one), 0, "a right code is no failure of the app's");
  const [used] = await log("bypass.used", one);
  assert.deepEqual(used?.data, { bypass: made.id, app: appId, reason: REASON, issuedBy: made.createdBy });
  assert.equal(used?.reference, done.reference);
  const again = await causeOf(one, made.code);
  assert.deepEqual([again.status, again.cause, again.evidence["usedOn"]], [403, "factor.bypass-used", done.reference]);
  assert.deepEqual(
    (await listed(one)).map(({ status, usedOn }: Record<string, string>) => [status, usedOn]),
    [["USED", done.reference]],
  );
});

test("S4: of many logons that send it at the same time one is let in", async () => {
  const one = await person("many");
  const { code } = await give(one);
  const answers = await Promise.all(Array.from({ length: 4 }, () => type(one, code)));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 403, 403, 403]);
});

test("S11: shown once, kept as argon2id, and in no event, row or list", async () => {
  const one = await person("hashed");
  const { code, id } = await give(one);
  const row = await org.deps.store.read((tx) => tx.bypassCodes.byId(id));
  assert.match(row?.hash ?? "", /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  const said = JSON.stringify([row, await listed(one), await org.deps.store.read((tx) => tx.log.list({ limit: 1000 }))]);
  for (const form of [code, code.replaceAll("-", ""), code.replaceAll("-", "").slice(4)]) assert.ok(!said.includes(form));
});

test("S11: eight hours if nothing is said, twenty-four at most, and a reason always", async () => {
  const one = await person("hours");
  const made = await give(one);
  assert.equal(Date.parse(made.expiresAt) - org.clock.now, 8 * 3_600_000);
  assert.equal(Date.parse((await give(one, { hours: 24 })).expiresAt) - org.clock.now, 24 * 3_600_000);
  const url = `/api/v1/users/${one.id}/bypass-codes`;
  for (const bad of [
    { hours: 25 },
    { hours: 0 },
    { hours: 1.5 },
    { reason: "" },
    { reason: "  " },
    { reason: undefined },
    { app: "none" },
  ]) {
    const { status } = await org.manage("POST", url, { app: appId, reason: REASON, ...bad });
    assert.ok(status === 400 || status === 404, JSON.stringify(bad));
  }
  const late = await give(one, { hours: 1 });
  org.clock.now += 3_600_000;
  assert.equal((await causeOf(one, late.code)).cause, "factor.bypass-expired");
});

test("a new one for the same app takes the place of the open one; one can be withdrawn, once", async () => {
  const one = await person("replaced");
  const [first, second] = [await give(one), await give(one)];
  assert.equal((await causeOf(one, first.code)).cause, "factor.bypass-expired");
  const url = `/api/v1/users/${one.id}/bypass-codes/${second.id}`;
  const other = await person("elsewhere");
  assert.equal((await org.manage("DELETE", `/api/v1/users/${other.id}/bypass-codes/${second.id}`)).status, 404);
  assert.equal((await org.manage("DELETE", url)).status, 204);
  assert.match(JSON.stringify((await org.manage("DELETE", url)).body), /used, withdrawn or past its time/);
  assert.equal((await causeOf(one, second.code)).cause, "factor.bypass-expired");
  assert.equal((await log("bypass.revoked", one)).length, 2);
});

test("S11: another user's code and another app's do not let in; to the host both are a wrong code", async () => {
  const [one, other] = [await person("mine"), await person("theirs")];
  assert.equal((await causeOf(one, (await give(other)).code)).cause, "factor.recovery-wrong");
  const elsewhere = await TestHost.enrol(org, await makeApp(org, "vault", [one]), "vault01");
  const { heard, cause } = await causeOf(one, (await give(one)).code, elsewhere);
  assert.deepEqual([heard, cause], ["factor.recovery-wrong", "factor.not-allowed"]);
  assert.deepEqual(
    (await listed(one)).map(({ status }: Record<string, string>) => status),
    ["OPEN"],
    "and it is not used up",
  );
});

test("S11: never for what is no machine of an app: a page's logon takes the code for a wrong one", async () => {
  const { code } = await give(alice);
  const open = await org.app.inject({ method: "POST", url: "/api/v1/authn", payload: { username: "alice", password: PASSWORD } });
  const { stateToken } = open.json();
  const url = `/api/v1/authn/factors/${alice.factor}/verify`;
  const answer = await org.app.inject({ method: "POST", url, payload: { stateToken, passCode: code } });
  assert.deepEqual([answer.statusCode, answer.json().errorCode], [403, "E0000068"]);
  assert.equal((await listed(alice))[0].status, "OPEN");
});

test("a rule that lists kinds takes a bypass code only if it names it", async () => {
  const one = await person("ruled");
  const set = async (factors: string[]) => {
    const { version, document } = (await org.manage("GET", `/api/v1/apps/${appId}/policy`)).body;
    const rules = [{ name: "kinds", if: { users: ["ruled"] }, then: "factor", factors }];
    await make(org, "PUT", `/api/v1/apps/${appId}/policy`, { version, document: { ...document, rules } });
  };
  const { code } = await give(one);
  await set(["totp"]);
  const { heard, cause } = await causeOf(one, code);
  assert.deepEqual([heard, cause], ["factor.recovery-wrong", "factor.not-allowed"]);
  await set(["totp", "bypass"]);
  assert.equal((await type(one, code)).body.status, "SUCCESS");
});

test("S16: what is shown and answered to whoever has the password is the same with an open code as without one", async () => {
  const [without, with_] = [await person("without"), await person("with")];
  await give(with_);
  const plain = async (one: TestPerson) => {
    const { shown, body, status } = await type(one, random());
    const text = JSON.stringify({ shown, body, status }).replaceAll(one.factor, "F").replaceAll(one.id, "U").replaceAll(one.login, "L");
    return text.replace(/"(stateToken|errorId|reference)":"[^"]*"/g, "");
  };
  assert.equal(await plain(with_), await plain(without));
  assert.deepEqual([await failures(with_), await failures(without)], [1, 1]);
});

test("S1: wrong ones count on the factor that was asked for, grow its wait, and a right one gives its own try back", async () => {
  const one = await person("counted");
  const { code } = await give(one);
  for (let tries = 1; tries <= 4; tries++) {
    await type(one, random());
    assert.equal(await failures(one), tries);
  }
  assert.equal((await type(one, code)).body.status, "SUCCESS");
  assert.equal(await failures(one), 4);
  const next = await give(one);
  await type(one, random());
  assert.equal((await type(one, next.code)).body.cause, "factor.throttled");
  org.clock.now += 30_000;
  assert.equal((await type(one, next.code)).body.status, "SUCCESS");
});

test("a person who is suspended, or a code that is withdrawn, while the hash is compared is not let in", async () => {
  const one = await person("between");
  const { verify } = org.deps.passwords;
  const { code, id } = await give(one);
  const meanwhile = (method: string, path: string) => {
    org.deps.passwords.verify = async (hash, secret) => {
      await make(org, method, `/api/v1/users/${one.id}/${path}`);
      return verify(hash, secret);
    };
  };
  try {
    meanwhile("POST", "lifecycle/suspend");
    const suspended = await type(one, code);
    assert.equal((await why(org, suspended.reference)).cause, "user.suspended");
    org.deps.passwords.verify = verify;
    await make(org, "POST", `/api/v1/users/${one.id}/lifecycle/unsuspend`);
    meanwhile("DELETE", `bypass-codes/${id}`);
    assert.equal((await type(one, code)).body.cause, "factor.bypass-expired");
  } finally {
    org.deps.passwords.verify = verify;
  }
});

test("S11: users who are linked share their factors, a recovery set too, and never a bypass code", async () => {
  const [one, other] = [await person("linked"), await person("linked2")];
  const made = await make(org, "POST", `/api/v1/users/${other.id}/factors`, { factorType: "recovery_codes" });
  const { code } = await give(other);
  await org.deps.store.inTransaction((tx) => tx.users.update(other.id, { linkedTo: one.id }));
  assert.equal((await causeOf(one, code)).cause, "factor.recovery-wrong");
  assert.equal((await type(one, made._embedded.activation.codes[0])).body.status, "SUCCESS");
  assert.equal((await type(other, code)).body.status, "SUCCESS");
});

test("nobody gets one who is not asked for a code anyway: without an active factor, or not active", async () => {
  const user = await make(org, "POST", "/api/v1/users?activate=true", { profile: { login: "bare" } });
  const url = `/api/v1/users/${user.id}/bypass-codes`;
  const bare = await org.manage("POST", url, { app: appId, reason: REASON });
  assert.match(JSON.stringify(bare.body), /no active factor/);
  const one = await person("stopped");
  await make(org, "POST", `/api/v1/users/${one.id}/lifecycle/suspend`);
  const stopped = await org.manage("POST", `/api/v1/users/${one.id}/bypass-codes`, { app: appId, reason: REASON });
  assert.match(JSON.stringify(stopped.body), /the user is SUSPENDED/);
});
