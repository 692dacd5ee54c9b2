/** Tests of policies over HTTP: compare-and-set, complaints with paths, and the dry run. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openOrg, type TestOrg } from "../org.fixture.ts";

const causesOf = (answer: { body: { errorCauses: { errorSummary: string }[] } }) =>
  answer.body.errorCauses.map((cause) => cause.errorSummary);

async function seed(org: TestOrg) {
  const app = (await org.call("admin", "POST", "/api/v1/apps", { label: "servers" })).body.id as string;
  const alice = (
    await org.call("admin", "POST", "/api/v1/users?activate=true", { profile: { login: "alice", email: "alice@corp.example" } })
  ).body.id as string;
  await org.call("admin", "POST", `/api/v1/apps/${app}/users`, { id: alice });
  await org.call("admin", "PUT", "/api/v1/zones/office", { cidrs: ["203.0.113.0/24"] });
  return { app, alice };
}

test("a policy is replaced only by somebody who saw the one before", async (t) => {
  const org = await openOrg(t);
  const { app } = await seed(org);
  const url = `/api/v1/apps/${app}/policy`;
  const first = await org.call("auditor", "GET", url);
  assert.deepEqual(first.body, { app, version: 1, document: { rules: [] } });
  const document = { rules: [{ name: "office", if: { zones: ["office"] }, then: "allow" }], failModes: { orgUnreachable: "refuse" } };
  const answers = await Promise.all([1, 2, 3].map(() => org.call("admin", "PUT", url, { version: 1, document })));
  assert.deepEqual(answers.map((answer) => answer.status).sort(), [200, 409, 409]);
  const late = answers.find((answer) => answer.status === 409);
  assert.equal(late?.body.errorCode, "S0000005");
  assert.match(causesOf(late as never)[0] ?? "", /at version 2, not 1: read it again/);
  assert.deepEqual((await org.call("auditor", "GET", url)).body, { app, version: 2, document });
  const [event] = await org.events("policy.changed");
  assert.deepEqual(event?.data["rules"], ["office: allow"]);
  assert.equal(event?.data["version"], 2);
});

test("what a document names and is not there is refused with its place and the nearest name", async (t) => {
  const org = await openOrg(t);
  const { app } = await seed(org);
  const url = `/api/v1/apps/${app}/policy`;
  const put = (document: unknown) => org.call("admin", "PUT", url, { version: 1, document });
  const unknown = await put({ rules: [{ name: "r", if: { zones: ["ofice"], groups: ["admins"] }, then: "allow" }] });
  assert.equal(unknown.status, 400);
  assert.ok(
    causesOf(unknown).includes("document.rules[0].if.zones[0]: there is no zone “ofice”; do you mean “office”?"),
    causesOf(unknown).join(),
  );
  assert.ok(causesOf(unknown).some((text) => text.startsWith("document.rules[0].if.groups[0]: there is no group")));
  const shape = await put({ rules: [{ name: "r", then: "maybe", iff: {} }], failmodes: {} });
  assert.ok(
    causesOf(shape).some((text) => text.startsWith("document.rules.0.then: ")),
    causesOf(shape).join(),
  );
  assert.ok(causesOf(shape).includes("document.rules.0.iff: unknown field"));
  assert.ok(causesOf(shape).includes("document.failmodes: unknown field"));
  assert.equal((await put({ rules: Array.from({ length: 201 }, (_, i) => ({ name: `r${i}`, then: "factor" })) })).status, 400);
  assert.equal((await org.call("auditor", "GET", url)).body.version, 1);
});

test("a rehearsal says what would happen, by which rule and why, and changes nothing", async (t) => {
  const org = await openOrg(t);
  const { app, alice } = await seed(org);
  const url = `/api/v1/apps/${app}/policy`;
  const rehearse = async (body: object) =>
    (await org.call("auditor", "POST", `${url}/rehearse`, { username: "alice", service: "sshd", ...body })).body;
  assert.deepEqual(await rehearse({}).then((a) => [a.outcome, a.cause, a.user]), ["refuse", "factor.none", { id: alice, login: "alice" }]);
  await org.call("admin", "POST", `/api/v1/users/${alice}/factors?activate=true`, { factorType: "token:software:totp" });
  const document = {
    rules: [
      { name: "office", if: { zones: ["office"] }, then: "allow" },
      { name: "nights", if: { days: ["tue"], from: "22:00", to: "23:00" }, then: "deny" },
    ],
  };
  assert.equal((await org.call("admin", "PUT", url, { version: 1, document })).status, 200);
  const written = async () => (await org.events()).filter((event) => !event.type.startsWith("user.")).length;
  const before = await written();
  const asked = await rehearse({});
  assert.deepEqual([asked.outcome, asked.factors, asked.rule], ["factor", ["totp"], "Ask for a factor"]);
  assert.ok(
    asked.trace.some((line: { step: string; result: string }) => line.step === "rule “office”" && line.result.startsWith("does not match")),
    JSON.stringify(asked.trace),
  );
  const inside = await rehearse({ address: { value: "203.0.113.7", origin: "socket" } });
  assert.deepEqual([inside.outcome, inside.cause, inside.rule], ["allow", "policy.no-mfa", "office"]);
  assert.equal(
    (await rehearse({ address: { value: "203.0.113.7", origin: "claimed" } })).outcome,
    "factor",
    "S35: a claimed address is in no zone",
  );
  const night = await rehearse({ at: "2026-11-24T22:30:00Z", address: { value: "198.51.100.1", origin: "socket" } });
  assert.deepEqual([night.outcome, night.cause, night.rule], ["refuse", "policy.denies", "nights"]);
  const mail = await rehearse({ username: "Alice@corp.example" });
  assert.equal(mail.user.id, alice);
  const stranger = await rehearse({ username: "mallory" });
  assert.deepEqual([stranger.outcome, stranger.cause], ["refuse", "user.unknown"]);
  await org.call("admin", "POST", "/api/v1/users/alice/lifecycle/suspend");
  assert.equal((await rehearse({})).cause, "user.suspended");
  assert.equal((await org.call("auditor", "POST", `${url}/rehearse`, { username: "alice", service: "sshd", host: "nowhere" })).status, 400);
  assert.equal(await written(), before, "nothing but the suspension was written");
});
