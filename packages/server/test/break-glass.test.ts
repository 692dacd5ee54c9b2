/** Break-glass at the org: who takes the recovery key out, what each host gets of it, what an answer is made of, and what the log says (S27). */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, describe, test } from "node:test";
import { openLogonOrg } from "./logon-org.ts";
import { make, payloadOf, TestHost } from "./test-org.ts";

const { org, host, appId, alice, person } = await openLogonOrg();
after(() => org.close());

const CHALLENGE = "K7QF-3M2P-0000-ABCD";
const allowGlass = async (breakGlass: object | undefined) => {
  const { version } = await make(org, "GET", `/api/v1/apps/${appId}/policy`);
  await make(org, "PUT", `/api/v1/apps/${appId}/policy`, { version, document: { rules: [], ...(breakGlass ? { breakGlass } : {}) } });
};
const exported = (body: object = {}) => org.manage("POST", "/api/v1/org/break-glass/export", body);
const answered = (body: object = {}) =>
  org.manage("POST", "/api/v1/org/break-glass/answer", {
    host: "srv01",
    user: "alice",
    challenge: CHALLENGE,
    reason: "org is down",
    ...body,
  });
const events = async () => (await org.manage("GET", "/api/v1/logs?limit=1000")).body as Record<string, any>[];

async function check(one: TestHost) {
  const { body } = await one.selfCheck();
  one.generation = body.generation;
  return body;
}

/** By the words of docs/break-glass.md alone. */
function mac(key: Buffer, parts: string[]): Buffer {
  return createHmac("sha256", key)
    .update(parts.map((part) => `${Buffer.byteLength(part)}:${part};`).join(""))
    .digest();
}
function crockford(bytes: Buffer, length: number): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const letters = (bits.match(/.{5}/g) ?? []).map((five) => "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[Number.parseInt(five, 2)]);
  return letters
    .slice(0, length)
    .join("")
    .replace(/.{4}(?=.)/g, "$&-");
}

describe("the recovery key", () => {
  test("there is none before an owner takes it out; then once, unless it is asked for again, each time with an event", async () => {
    await allowGlass({});
    assert.equal((await check(host)).breakGlass, undefined);
    assert.deepEqual([(await answered()).status], [409]);
    const first = await exported();
    assert.equal(first.status, 200);
    assert.deepEqual(first.body.hosts, [{ id: host.id, name: "srv01" }]);
    assert.equal((await exported()).status, 409);
    assert.equal((await exported({ again: true })).body.master, first.body.master);
    const log = await events();
    assert.equal(log.filter(({ eventType }) => eventType === "breakglass.exported").length, 2);
    assert.equal(JSON.stringify(log).includes(first.body.master), false);
  });

  test("leaves over no network, and for an owner only", async () => {
    for (const role of ["owner", "admin"]) {
      const { token } = await make(org, "POST", "/api/v1/tokens", { name: `t-${role}`, role });
      const headers = { authorization: `SSWS ${token}` };
      const answer = await org.app.inject({ method: "POST", url: "/api/v1/org/break-glass/export", payload: {}, headers });
      assert.equal(answer.statusCode, 404);
    }
  });

  test("a host gets its own key, signed, while its policy allows break-glass; another host's is another one", async () => {
    await allowGlass({});
    const other = await TestHost.enrol(org, appId, "srv02");
    const { master } = (await exported({ again: true })).body;
    const keys = [];
    for (const one of [host, other]) {
      const answer = await check(one);
      const claims = payloadOf(answer.breakGlass);
      assert.equal(claims.host, one.id);
      assert.deepEqual(
        Buffer.from(claims.key, "base64url"),
        mac(Buffer.from(master, "base64url"), ["sallyport break-glass host key 1", one.id]),
      );
      keys.push(claims.key);
    }
    assert.notEqual(keys[0], keys[1]);
    await allowGlass(undefined);
    assert.equal((await check(host)).breakGlass, undefined);
  });

  test("a renewed one is another one for every host", async () => {
    await allowGlass({});
    const before = (await exported({ again: true })).body.master;
    const after = (await exported({ renew: true })).body.master;
    assert.notEqual(before, after);
    const answer = await check(host);
    const expected = mac(Buffer.from(after, "base64url"), ["sallyport break-glass host key 1", host.id]);
    assert.deepEqual(Buffer.from(payloadOf(answer.breakGlass).key, "base64url"), expected);
  });
});

describe("an answer", () => {
  test("is 100 bits over host, user and challenge, and stands in no log; who made it and why does", async () => {
    const made = await answered({ challenge: "k7qf 3m2p oooo abcd" });
    assert.equal(made.status, 200, JSON.stringify(made.body));
    const { master } = (await exported({ again: true })).body;
    const key = mac(Buffer.from(master, "base64url"), ["sallyport break-glass host key 1", host.id]);
    const parts = ["sallyport break-glass answer 1", "logon", host.id, "alice", CHALLENGE.replaceAll("-", "")];
    assert.equal(made.body.answer, crockford(mac(key, parts), 20));
    const log = await events();
    const event = log.find(({ eventType }) => eventType === "breakglass.answered");
    assert.match(JSON.stringify(event), /org is down/);
    assert.equal(JSON.stringify(log).includes(made.body.answer), false);
  });

  test("S27: is another one for another user, host or challenge", async () => {
    const right = (await answered()).body.answer;
    for (const change of [{ user: "bob" }, { host: "srv02" }, { challenge: "0000-0000-0000-0000" }])
      assert.notEqual((await answered(change)).body.answer, right);
  });

  test("S18: is made for nobody of a higher role, whichever way the account is written", async () => {
    const olga = await person("olga");
    await org.deps.store.inTransaction((tx) => tx.users.update(olga.id, { role: "owner" }));
    const { token } = await make(org, "POST", "/api/v1/tokens", { name: "an admin", role: "admin" });
    const ask = async (user: string) => {
      const headers = { authorization: `SSWS ${token}` };
      const payload = { host: "srv01", user, challenge: CHALLENGE, reason: "phone lost" };
      return org.app.inject({ method: "POST", url: "/api/v1/org/break-glass/answer", headers, payload });
    };
    for (const user of ["olga", "OLGA"]) {
      const refused = await ask(user);
      assert.deepEqual([refused.statusCode, refused.json().answer], [403, undefined], user);
      assert.match(refused.body, /role owner, which is above admin/);
    }
    assert.equal((await ask("alice")).statusCode, 200);
    assert.equal((await ask("root")).statusCode, 200, "an account of the machine itself");
    assert.equal((await answered({ user: "olga" })).status, 200, "an owner may");
  });

  test("needs a challenge of sixteen characters, a host there is, and a reason", async () => {
    assert.equal((await answered({ challenge: "K7QF" })).status, 400);
    assert.equal((await answered({ host: "srv99" })).status, 404);
    assert.equal((await answered({ reason: "" })).status, 400);
  });
});

test("S27: what a host reports of a logon without the org is an event of its own", async () => {
  const at = org.clock.now;
  const report = (proof: string, reference: string) => ({
    reference,
    at,
    username: "alice",
    service: "sshd",
    result: "allow",
    evidence: { proof, fault: "net.refused" },
  });
  const reports = [report("offline", "K7QF-3M2P"), report("break-glass", "K7QF-3M2Q")];
  assert.deepEqual((await host.call("/api/v1/hosts/self/reports", { reports })).body, { accepted: 2 });
  const log = await events();
  for (const type of ["logon.offline", "logon.break-glass"]) assert.equal(log.filter(({ eventType }) => eventType === type).length, 1);
  const glass = log.find(({ eventType }) => eventType === "logon.break-glass");
  assert.equal(glass?.["target"]?.[0]?.id, alice.id, "its user is told of it");
});
