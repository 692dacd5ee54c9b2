/** A host that is revoked while a slow hash is compared for it gets no decision: both steps that wait for one, and those of a page that drives for it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openLogonOrg, PASSWORD } from "./logon-org.ts";
import { make, why } from "./test-org.ts";

type Logon = Awaited<ReturnType<typeof openLogonOrg>>;

/** From now on the host is revoked before anything is compared. */
function revokeMeanwhile({ org, host }: Logon): void {
  const { verify } = org.deps.passwords;
  org.deps.passwords.verify = async (hash, secret) => {
    await make(org, "POST", `/api/v1/hosts/${host.id}/lifecycle/revoke`);
    return verify(hash, secret);
  };
}

test("with the password right", async () => {
  const logon = await openLogonOrg();
  const { org, host } = logon;
  const request = host.request("alice", { password: "none" });
  const { body } = await host.call("/api/v1/authn/logon", request);
  revokeMeanwhile(logon);
  const answer = await host.call("/api/v1/authn", { stateToken: body.stateToken, password: PASSWORD });
  assert.deepEqual([answer.status, answer.body.cause, answer.body.decision], [403, "client.revoked", undefined]);
  const record = await why(org, request.reference);
  assert.deepEqual([record.result, record.cause], ["deny", "client.revoked"]);
  await org.close();
});

test("with a recovery code right, which stays unused", async () => {
  const logon = await openLogonOrg();
  const { org, host, alice } = logon;
  const factors = `/api/v1/users/${alice.id}/factors`;
  const { id, _embedded } = await make(org, "POST", factors, { factorType: "recovery_codes" });
  const request = host.request("alice");
  const { body } = await host.call("/api/v1/authn/logon", request);
  revokeMeanwhile(logon);
  const answer = await host.verify(body.stateToken, alice.factor, _embedded.activation.codes[0]);
  assert.deepEqual([answer.status, answer.body.cause, answer.body.decision], [403, "client.revoked", undefined]);
  const record = await why(org, request.reference);
  assert.deepEqual([record.result, record.cause], ["deny", "client.revoked"]);
  const set = (await org.manage("GET", factors)).body.find((one: { id: string }) => one.id === id);
  assert.equal(set.remaining, 10);
  await org.close();
});

for (const [state, cause, stop] of [
  ["revoked", "client.revoked", ({ org, host }: Logon) => make(org, "POST", `/api/v1/hosts/${host.id}/lifecycle/revoke`)],
  [
    "found to be a copy",
    "client.cloned",
    ({ org, host }: Logon) => org.deps.store.inTransaction((tx) => tx.hosts.update(host.id, { status: "CLONED" })),
  ],
] as const)
  for (const step of ["verify", "introspect"] as const)
    test(`a page that drives for a host ${state} meanwhile: ${step} ends it, and the right code lets nobody in`, async () => {
      const logon = await openLogonOrg();
      const { org, host, alice } = logon;
      const request = host.request("alice", { drive: "page" });
      const { body } = await host.call("/api/v1/authn/logon", request);
      const { stateToken } = body;
      await stop(logon);
      const verify = () => page(logon, `factors/${alice.factor}/verify`, { stateToken, passCode: alice.code(org.clock.now) });
      const answer = await (step === "verify" ? verify() : page(logon, "introspect", { stateToken }));
      assert.deepEqual([answer.statusCode, answer.json().errorCode, answer.json().cause], [401, "E0000011", undefined]);
      assert.doesNotMatch(answer.body, /revoked|cloned|host/i);
      const record = await why(org, request.reference);
      assert.deepEqual([record.result, record.cause], ["deny", cause]);
      assert.equal((await verify()).statusCode, 401, "it is over");
      const [factor] = await org.deps.store.read((tx) => tx.enrolments.ofUser(alice.id));
      assert.equal(factor?.lastUsed ?? null, null, "the code was not looked at");
      await org.close();
    });

function page({ org }: Logon, path: string, payload: object) {
  return org.admin.inject({ method: "POST", url: `/api/v1/authn/${path}`, payload });
}
