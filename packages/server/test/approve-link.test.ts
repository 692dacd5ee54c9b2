/** Approval by link: a passkey in a browser, and a code at the machine; what a mailed, stolen, old or repeated one is worth. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import type { Wrong } from "../../../e2e/machine/soft-authenticator.ts";
import { openLogonOrg, PASSWORD } from "./logon-org.ts";
import { enrolPasskey, lastEvent, page, step } from "./passkey-org.ts";
import { make, makePerson, ORG_URL, payloadOf, type TestHost, why } from "./test-org.ts";

const { org, host, appId, alice, nextStep } = await openLogonOrg();
after(() => org.close());
const key = await enrolPasskey(org, alice.id);
beforeEach(() => void nextStep());

/** A logon at a machine, and its link. */
async function linked(username = "alice", at: TestHost = host) {
  const request = at.request(username);
  const { body } = await at.call("/api/v1/authn/logon", request);
  const link = await at.call("/api/v1/authn/link", { stateToken: body.stateToken });
  assert.equal(link.status, 200, JSON.stringify(link.body));
  const token = new URL(link.body.url).pathname.split("/").at(-1) ?? "";
  const type = (code: string) => at.verify(body.stateToken, link.body.factor, code);
  return { request, reference: request.reference, stateToken: body.stateToken as string, link: link.body, token, type };
}

const begin = (token: string) => step(org, "/api/v1/approve/begin", { token });
const answer = (token: string, approval: string, said = "yes") => step(org, "/api/v1/approve/answer", { token, approval, answer: said });

/** The page: the challenge, and the passkey's answer to it. */
async function prove(token: string, device = key.device, wrong: Wrong = {}) {
  const { body } = await begin(token);
  return step(org, "/api/v1/approve/prove", { token, ...device.get(body.publicKey, wrong) });
}

async function codeFor(token: string): Promise<string> {
  const proven = await prove(token);
  assert.equal(proven.status, 200, JSON.stringify(proven.body));
  const { status, body } = await answer(token, proven.body.approval);
  assert.equal(status, 200, JSON.stringify(body));
  return body.code;
}

test("the link is short, the page shows the logon only to its person, and the code typed at the machine lets in", async () => {
  const { link, token, request, type } = await linked();
  assert.equal(link.url, `${ORG_URL}/approve/${token}`);
  assert.ok(token.length === 26 && link.url.length < 80);
  const begun = await begin(token.toLowerCase());
  assert.deepEqual(Object.keys(begun.body), ["publicKey", "expiresAt"]);
  assert.equal(begun.body.publicKey.userVerification, "required");
  assert.ok(!JSON.stringify(begun.body).includes("srv01") && !JSON.stringify(begun.body).includes("alice"));
  const proven = await prove(token);
  assert.deepEqual(proven.body.user, { login: "alice" });
  const { startedAt, ...logon } = proven.body.logon;
  assert.deepEqual(logon, {
    host: "srv01",
    service: "sshd",
    scenario: "logon",
    username: "alice",
    address: { value: "203.0.113.7", origin: "socket" },
    reference: request.reference,
  });
  assert.equal(Date.parse(startedAt), org.clock.now);
  const given = await answer(token, proven.body.approval);
  assert.match(given.body.code, /^[0-9A-Z]{3}-[0-9A-Z]{3}-[0-9A-Z]{3}$/);
  assert.equal(Date.parse(given.body.expiresAt), org.clock.now + 60_000);
  const done = await type(given.body.code.toLowerCase().replaceAll("-", " "));
  assert.equal(done.body.status, "SUCCESS", JSON.stringify(done.body));
  assert.deepEqual(payloadOf(done.body.decision).amr, ["pwd", "link"]);
  assert.equal((await why(org, request.reference)).result, "allow");
  assert.equal((await lastEvent(org, "factor.verified"))?.data["factor"], key.id);
});

test("approving alone lets nobody in: without the code the transaction stays where it was", async () => {
  const { token, stateToken } = await linked();
  await codeFor(token);
  const seen = await host.call("/api/v1/authn/introspect", { stateToken });
  assert.equal(seen.body.status, "MFA_REQUIRED");
  assert.equal(seen.body.decision, undefined);
});

test("S10, S18: a genuine link that is mailed to its victim is worth nothing: the code is on the victim's screen, and fits no other logon", async () => {
  // The attacker has alice's password, begins a logon, and mails her the link. She approves: the code is on her screen, not on theirs.
  const attacker = await linked();
  const code = await codeFor(attacker.token);
  // All that the attacker has is the state token and the link: neither shows the code.
  const seen = await host.call("/api/v1/authn/introspect", { stateToken: attacker.stateToken });
  const page = await begin(attacker.token);
  for (const text of [JSON.stringify(seen.body), JSON.stringify(page.body)]) assert.ok(!text.includes(code));
  for (const guess of ["000-000-000", "ZZZ-ZZZ-ZZZ"]) assert.equal((await attacker.type(guess)).body.cause, "factor.code-wrong");
  // Had she typed it into her own logon, it would have been refused there.
  const own = await linked();
  assert.equal((await own.type(code)).body.cause, "factor.code-wrong");
});

test("another user's passkey proves nothing here, although it is enrolled in the org", async () => {
  const mallory = await makePerson(org, "mallory");
  const theirs = await enrolPasskey(org, mallory.id);
  const { token, reference } = await linked();
  const failures = async () => (await org.deps.store.read((tx) => tx.enrolments.byId(key.id)))?.failures;
  const before = await failures();
  const refused = await prove(token, theirs.device);
  assert.deepEqual([refused.status, refused.body.errorCode, refused.body.cause], [403, "E0000068", undefined]);
  const event = await lastEvent(org, "factor.failed");
  assert.deepEqual([event?.cause, event?.reference], ["factor.passkey-unknown", reference]);
  // S3: nobody who only has a link counts failures up.
  assert.equal(await failures(), before);
});

for (const [what, wrong, cause] of [
  ["a forged page", { origin: "https://mfa.corp.example.evil.example" }, "factor.passkey-origin"],
  ["presence without verification", { uv: false }, "factor.not-allowed"],
] as [string, Wrong, string][]) {
  test(`S28: ${what} proves nothing, and its challenge is used up`, async () => {
    const { token } = await linked();
    assert.equal((await prove(token, key.device, wrong)).status, 403);
    assert.equal((await lastEvent(org, "factor.failed"))?.cause, cause);
    await codeFor(token);
  });
}

test("S4: an assertion, a proof and a code work once each", async () => {
  const { token, type } = await linked();
  const begun = await begin(token);
  const assertion = { token, ...key.device.get(begun.body.publicKey) };
  const proven = await step(org, "/api/v1/approve/prove", assertion);
  assert.equal((await step(org, "/api/v1/approve/prove", assertion)).status, 403);
  const given = await Promise.all(Array.from({ length: 5 }, () => answer(token, proven.body.approval)));
  const codes = given.filter(({ status }) => status === 200);
  assert.equal(codes.length, 1);
  const tries = await Promise.all(Array.from({ length: 3 }, () => type(codes[0]?.body.code)));
  assert.equal(tries.filter(({ body }) => body.status === "SUCCESS").length, 1);
});

test("S9: the code dies after its minute, the link with its transaction and with the next link", async () => {
  const late = await linked();
  const code = await codeFor(late.token);
  org.clock.now += 60_000;
  assert.equal((await late.type(code)).body.cause, "factor.code-expired");
  const newer = await host.call("/api/v1/authn/link", { stateToken: late.stateToken });
  assert.equal((await begin(late.token)).body.errorCode, "E0000011");
  const token = newer.body.url.split("/").at(-1);
  assert.equal((await begin(token)).status, 200);
  const link = await linked();
  await host.call("/api/v1/authn/cancel", { stateToken: link.stateToken });
  assert.equal((await begin(link.token)).body.errorCode, "E0000011");
  const old = await linked();
  assert.ok(Date.parse(old.link.expiresAt) <= org.clock.now + 10 * 60_000);
  org.clock.now = Date.parse(old.link.expiresAt);
  assert.equal((await begin(old.token)).body.errorCode, "E0000011");
});

test("a code of one transaction fits no other one of the same person", async () => {
  const one = await linked();
  const two = await linked();
  const code = await codeFor(one.token);
  assert.equal((await two.type(code)).body.cause, "factor.code-wrong");
  assert.equal((await one.type(code)).body.status, "SUCCESS");
});

test("a proof of one link answers no other one", async () => {
  const one = await linked();
  const two = await linked();
  const { body } = await prove(one.token);
  assert.equal((await answer(two.token, body.approval)).body.errorCode, "E0000011");
  const begun = await begin(one.token);
  assert.equal((await step(org, "/api/v1/approve/prove", { token: two.token, ...key.device.get(begun.body.publicKey) })).status, 401);
});

test("no: the link is over, the logon goes on; not me: the logon ends, and administrators hear of it", async () => {
  const one = await linked();
  const proven = await prove(one.token);
  assert.deepEqual((await answer(one.token, proven.body.approval, "no")).body, {});
  assert.equal((await begin(one.token)).status, 401);
  assert.equal((await host.verify(one.stateToken, alice.factor, alice.code(org.clock.now))).body.status, "SUCCESS");
  const two = await linked();
  const report = await prove(two.token);
  await answer(two.token, report.body.approval, "not-me");
  const seen = await why(org, two.reference);
  assert.deepEqual([seen.result, seen.cause], ["deny", "factor.push-reported"]);
  assert.deepEqual(seen.evidence["address"], { value: "203.0.113.7", origin: "socket" });
  assert.equal((await lastEvent(org, "factor.link-answered"))?.data["answer"], "not-me");
});

test("no link without a conversation, without a password, without a passkey, for a page, or for another machine", async () => {
  const mute = await host.call("/api/v1/authn/logon", host.request("alice", { conversation: false }));
  const refused = await host.call("/api/v1/authn/link", { stateToken: mute.body.stateToken });
  assert.deepEqual([refused.status, refused.body.cause], [403, "factor.not-allowed"]);
  const unproved = await host.call("/api/v1/authn/logon", host.request("alice", { password: "none" }));
  assert.equal((await host.call("/api/v1/authn/link", { stateToken: unproved.body.stateToken })).body.cause, "logon.out-of-order");
  const bob = await makePerson(org, "bob");
  await make(org, "POST", `/api/v1/apps/${appId}/users`, { id: bob.id });
  const without = await host.call("/api/v1/authn/logon", host.request("bob"));
  assert.equal((await host.call("/api/v1/authn/link", { stateToken: without.body.stateToken })).body.cause, "factor.not-allowed");
  const { stateToken } = await page(org, "alice", PASSWORD);
  assert.equal((await step(org, "/api/v1/authn/link", { stateToken })).status, 401);
  assert.equal((await host.call("/api/v1/authn/link", { stateToken })).body.errorCode, "E0000011");
});

test("where the rule wants it, a link is approved only from a zone that the logon comes from too", async () => {
  const policy = `/api/v1/apps/${appId}/policy`;
  const set = async (rules: object[]) => {
    const { version } = (await org.manage("GET", policy)).body;
    return org.manage("PUT", policy, { version, document: { rules } });
  };
  const near = (...linkZones: string[]) => set([{ name: "near", then: "factor", linkZones }]);
  await make(org, "PUT", "/api/v1/zones/office", { cidrs: ["203.0.113.0/24", "198.51.100.0/24"] });
  await make(org, "PUT", "/api/v1/zones/lab", { cidrs: ["192.0.2.0/24"] });
  assert.match(
    JSON.stringify((await near("offize")).body),
    /rules\[0\]\.linkZones\[0\]: there is no zone “offize”; do you mean “office”\?/,
  );
  const from = async (remoteAddress: string, url: string, payload: object) => {
    const answer = await org.app.inject({ method: "POST", url, payload, remoteAddress });
    return { status: answer.statusCode, body: answer.json() };
  };
  const proveFrom = async (address: string, token: string) =>
    from(address, "/api/v1/approve/prove", { token, ...key.device.get((await begin(token)).body.publicKey) });

  assert.equal((await near("lab")).status, 200);
  const { body } = await host.call("/api/v1/authn/logon", host.request("alice"));
  const none = await host.call("/api/v1/authn/link", { stateToken: body.stateToken });
  assert.deepEqual([none.status, none.body.cause], [403, "factor.not-allowed"], "the logon comes from elsewhere");
  const rehearsed = async (value: string) => {
    const { body } = await org.manage("POST", `${policy}/rehearse`, {
      username: "alice",
      service: "sshd",
      address: { value, origin: "socket" },
    });
    return body.trace.find((line: { step: string }) => line.step === "link")?.result;
  };
  assert.equal(await rehearsed("203.0.113.7"), "none: 203.0.113.7 is in none of lab");
  assert.equal(await rehearsed("192.0.2.9"), "taken from a browser in lab too");

  const kinds = none.body.errorCode && body._embedded.factors.map(({ kind }: { kind: string }) => kind);
  assert.ok(!kinds.includes("passkey") && kinds.includes("totp"), "what cannot be done is not offered");
  assert.equal((await set([{ name: "near", then: "factor", factors: ["passkey"], linkZones: ["lab"] }])).status, 200);
  const request = host.request("alice");
  const stopped = await host.call("/api/v1/authn/logon", request);
  assert.deepEqual([stopped.status, stopped.body.cause], [403, "factor.not-allowed"], "nothing else is left");
  const { evidence } = await why(org, request.reference);
  assert.deepEqual([evidence["zones"], evidence["rule"]], [["lab"], "near"]);
  const driven = await host.call("/api/v1/authn/logon", host.request("alice", { drive: "page" }));
  assert.equal(driven.body.status, "MFA_REQUIRED", "a page takes a passkey without a link");

  assert.equal((await near("lab", "office")).status, 200);
  assert.equal((await org.manage("DELETE", "/api/v1/zones/office")).status, 409, "a rule names it");
  const { token, type } = await linked();
  for (const address of ["192.0.2.9", "10.0.0.1"]) {
    const elsewhere = await proveFrom(address, token);
    assert.deepEqual([elsewhere.status, elsewhere.body.errorCode], [403, "E0000006"], address);
  }
  assert.deepEqual((await lastEvent(org, "factor.failed"))?.cause, "factor.not-allowed");
  const proven = await proveFrom("198.51.100.4", token);
  assert.equal(proven.status, 200, JSON.stringify(proven.body));
  const said = { token, approval: proven.body.approval, answer: "yes" };
  assert.equal((await from("10.0.0.1", "/api/v1/approve/answer", said)).status, 403, "the answer comes from elsewhere");
  const given = await from("198.51.100.4", "/api/v1/approve/answer", said);
  assert.equal((await type(given.body.code)).body.status, "SUCCESS");
  assert.equal((await set([])).status, 200);
});

test("a key that was removed between the approval and the code lets nobody in", async () => {
  const gone = await enrolPasskey(org, alice.id);
  const { token, type } = await linked();
  const { body } = await begin(token);
  const only = { ...body.publicKey, allowCredentials: body.publicKey.allowCredentials.slice(-1) };
  const proven = await step(org, "/api/v1/approve/prove", { token, ...gone.device.get(only) });
  const { code } = (await answer(token, proven.body.approval)).body;
  await org.manage("DELETE", `/api/v1/users/${alice.id}/factors/${gone.id}`);
  assert.equal((await type(code)).body.cause, "factor.passkey-unknown");
});

test("S12, S26: neither the link's token nor its code is stored as it is", async () => {
  const { token } = await linked();
  const proven = await prove(token);
  const { code } = (await answer(token, proven.body.approval)).body;
  const files = readdirSync(org.folder).filter((name) => name.startsWith("org.db"));
  assert.ok(files.length > 0);
  const text = files.map((name) => readFileSync(join(org.folder, name), "latin1")).join("");
  assert.ok(text.includes(key.id), "the file is the one that is written to");
  for (const secret of [token, code, code.replaceAll("-", ""), proven.body.approval]) assert.ok(!text.includes(secret));
});

test("S30: a token and an approval of another shape are refused before anything is looked up", async () => {
  for (const token of ["", "x".repeat(27), "/".repeat(26), 5]) {
    const refused = await step(org, "/api/v1/approve/begin", { token });
    assert.equal(refused.status, 400);
  }
  assert.equal((await begin("U".repeat(26))).body.errorCode, "E0000011");
});
