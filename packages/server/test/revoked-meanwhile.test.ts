/** A host that is revoked while a slow hash is compared for it gets no decision: both steps that wait for one. */
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
