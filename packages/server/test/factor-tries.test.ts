/** What may be tried, and by whom: nothing before the password, and no more at once than one after the other (S1, S3). */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { openLogonOrg } from "./logon-org.ts";
import { make } from "./test-org.ts";

const { org, host, alice, nextStep, person } = await openLogonOrg();
after(() => org.close());

const failures = async (id: string) => (await org.manage("GET", `/api/v1/users/${id}/factors`)).body[0].failures as number;

test("S1: five hundred wrong codes at once count no more than those that the wait lets through", async () => {
  const zoe = await person("zoe");
  const now = nextStep();
  const wrong = zoe.code(now) === "000000" ? "111111" : "000000";
  const tokens: string[] = [];
  for (let count = 0; count < 100; count++) tokens.push((await host.call("/api/v1/authn/logon", host.request("zoe"))).body.stateToken);
  const answers = await Promise.all(tokens.flatMap((token) => Array.from({ length: 5 }, () => host.verify(token, zoe.factor, wrong))));
  assert.equal(answers.length, 500);
  assert.ok(answers.every(({ status }) => status === 403));
  assert.equal(await failures(zoe.id), 5, "from the fifth on each waits");
  assert.ok(
    answers.some(({ body }) => body.cause === "factor.throttled" && body.evidence.waitSeconds > 0),
    "S2: the wait is told",
  );
});

test("S1: a factor that is burnt to its cap stays a factor: no logon, no window, no second one; an administrator's reset changes nothing of that", async () => {
  const yan = await person("yan");
  await org.deps.store.inTransaction((tx) => tx.enrolments.update(yan.factor, { failures: 99, nextTryAt: 0 }));
  const now = nextStep();
  const { stateToken } = (await host.call("/api/v1/authn/logon", host.request("yan"))).body;
  const last = await host.verify(stateToken, yan.factor, yan.code(now) === "000000" ? "111111" : "000000");
  assert.equal(last.status, 403);
  for (const step of ["lock", "reset"]) {
    if (step === "reset") assert.equal((await org.manage("DELETE", `/api/v1/users/${yan.id}/factors/${yan.factor}`)).status, 204);
    assert.equal((await host.call("/api/v1/authn/logon", host.request("yan"))).body.cause, "factor.locked", step);
    assert.equal((await org.manage("POST", `/api/v1/users/${yan.id}/tickets`, {})).status, 409, step);
  }
  const again = await make(org, "POST", `/api/v1/users/${yan.id}/factors?activate=true`, { factorType: "token:software:totp" });
  assert.equal(
    (await host.call("/api/v1/authn/logon", host.request("yan"))).body._embedded.factors[0].id,
    again.id,
    "enrolled anew by hand",
  );
});

test("S3: before the password nothing is evaluated, nothing is asked for, and nothing counts", async () => {
  const now = nextStep();
  const { stateToken, status } = (await host.call("/api/v1/authn/logon", host.request("alice", { password: "none" }))).body;
  assert.equal(status, "UNAUTHENTICATED");
  for (const body of [{ passCode: alice.code(now) }, { passCode: "000000" }, { passCode: "" }, {}]) {
    const answer = await host.call(`/api/v1/authn/factors/${alice.factor}/verify`, { stateToken, ...body });
    assert.deepEqual([answer.status, answer.body.cause], [403, "logon.out-of-order"]);
  }
  for (const path of [`factors/${alice.factor}/verify/resend`, "previous", "skip", "ticket", "factors"]) {
    const body = { stateToken, ticket: "x", factorType: "token:software:totp", provider: "GOOGLE" };
    assert.equal((await host.call(`/api/v1/authn/${path}`, body)).body.cause, "logon.out-of-order", path);
  }
  assert.equal(await failures(alice.id), 0);
  const right = await host.call("/api/v1/authn/logon", host.request("alice"));
  assert.equal(
    (await host.verify(right.body.stateToken, alice.factor, alice.code(now))).body.status,
    "SUCCESS",
    "the code was not used up",
  );
});

test("S9: a transaction of a page ends ten minutes after it began, and a look at it keeps nothing alive", async () => {
  const { stateToken } = (await host.call("/api/v1/authn/logon", host.request("alice", { drive: "page" }))).body;
  const look = () => org.admin.inject({ method: "POST", url: "/api/v1/authn/introspect", payload: { stateToken } });
  org.clock.now += 4 * 60_000;
  assert.equal((await look()).statusCode, 200);
  org.clock.now += 6 * 60_000;
  assert.equal((await look()).json().errorCode, "E0000011");
});
