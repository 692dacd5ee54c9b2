/** The password step of a logon where nobody has proved a password yet: what the host hears, and what stands in the record. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { afterTimeline } from "../src/flows/after-timeline.ts";
import { openLogonOrg, PASSWORD } from "./logon-org.ts";
import { make, why } from "./test-org.ts";

const { org, host, appId, alice, nextStep, person } = await openLogonOrg();
after(() => org.close());

test("with no password proved, every name gets the same first answer; the org checks the password", async () => {
  const now = nextStep();
  const known = await host.call("/api/v1/authn/logon", host.request("alice", { password: "none" }));
  const unknown = await host.call("/api/v1/authn/logon", host.request("nobody", { password: "none" }));
  const shape = (body: any) => JSON.stringify({ ...body, stateToken: "" });
  assert.equal(shape(known.body), shape(unknown.body));
  assert.equal(known.body.status, "UNAUTHENTICATED");
  const early = await host.verify(known.body.stateToken, alice.factor, alice.code(now));
  assert.equal(early.body.cause, "logon.out-of-order", "S3: no code is looked at before the password");
  const wrong = await host.call("/api/v1/authn", { stateToken: known.body.stateToken, password: "wrong" });
  const nobody = await host.call("/api/v1/authn", { stateToken: unknown.body.stateToken, password: "wrong" });
  assert.equal(wrong.body.cause, "user.password");
  assert.deepEqual([wrong.status, wrong.body.cause, wrong.body.errorSummary], [nobody.status, nobody.body.cause, nobody.body.errorSummary]);
  const right = await host.call("/api/v1/authn", { stateToken: known.body.stateToken, password: PASSWORD });
  assert.equal(right.body.status, "MFA_REQUIRED");
  const done = await host.verify(known.body.stateToken, alice.factor, alice.code(now));
  assert.equal(done.body.status, "SUCCESS");
});

test("S16: with no password proved, a shared or unknown name ends like a wrong password to the host, and by its cause in the record", async () => {
  await person("dave");
  const twin = { profile: { login: "alice" }, source: "hr", externalId: "alice-hr" };
  const { id } = await make(org, "POST", "/api/v1/users", twin);
  await make(org, "POST", `/api/v1/users/${id}/lifecycle/activate`);
  await make(org, "POST", `/api/v1/apps/${appId}/users`, { id });
  const ends: string[] = [];
  for (const [name, cause] of [
    ["alice", "user.ambiguous"],
    ["nobody", "user.unknown"],
    ["dave", "user.password"],
  ] as const) {
    const request = host.request(name, { password: "none" });
    const { body } = await host.call("/api/v1/authn/logon", request);
    const tries = [];
    for (let at = 0; at < 3; at++) tries.push(await host.call("/api/v1/authn", { stateToken: body.stateToken, password: "wrong" }));
    ends.push(JSON.stringify(tries.map(({ status, body: said }) => ({ status, ...said, errorId: "", reference: "" }))));
    const logon = await why(org, request.reference);
    assert.deepEqual([logon.result, logon.cause, logon.told ?? logon.cause], ["deny", cause, "user.password"], name);
  }
  assert.equal(new Set(ends).size, 1, ends.join("\n"));
  await make(org, "POST", `/api/v1/users/${id}/lifecycle/deactivate`);
  await make(org, "DELETE", `/api/v1/users/${id}`);
});

test("of two right passwords at the same time one goes on, and the other is out of order by its cause", async () => {
  nextStep();
  const { body } = await host.call("/api/v1/authn/logon", host.request("alice", { password: "none" }));
  const send = () => host.call("/api/v1/authn", { stateToken: body.stateToken, password: PASSWORD });
  const answers = await Promise.all([send(), send()]);
  const [first, second] = answers.sort((a, b) => a.status - b.status);
  assert.deepEqual([first?.status, first?.body.status], [200, "MFA_REQUIRED"]);
  assert.deepEqual([second?.status, second?.body.errorCode, second?.body.cause], [403, "E0000079", "logon.out-of-order"]);
});

test("org.timeline: a password that comes after the database went back in time is told so", async () => {
  nextStep();
  const request = host.request("alice", { password: "none" });
  const { body } = await host.call("/api/v1/authn/logon", request);
  await org.deps.store.inTransaction((tx) => afterTimeline(tx, { before: 1, after: 2 }));
  nextStep();
  const late = await host.call("/api/v1/authn", { stateToken: body.stateToken, password: PASSWORD });
  assert.deepEqual([late.status, late.body.cause], [403, "org.timeline"]);
  assert.equal((await why(org, request.reference)).cause, "org.timeline");
});

test("the record says who keeps the password: the org, or nobody for a user who was made without one", async () => {
  await person("paula");
  for (const [name, keeper] of [
    ["alice", "org"],
    ["paula", "none"],
  ] as const) {
    const request = host.request(name, { password: "none" });
    const { body } = await host.call("/api/v1/authn/logon", request);
    for (let at = 0; at < 3; at++) await host.call("/api/v1/authn", { stateToken: body.stateToken, password: "wrong" });
    const { cause, evidence } = await why(org, request.reference);
    assert.deepEqual([cause, evidence["keeper"], evidence["source"]], ["user.password", keeper, "local"], name);
  }
});
