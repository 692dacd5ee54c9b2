/** The transaction as a page drives it: begin, prove, go back, offer more, and what the end gives. */
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { redeemSessionToken } from "../src/flows/authn/session-token.ts";
import { openLogonOrg, PASSWORD } from "./logon-org.ts";
import { TestPhone } from "./phone.ts";
import { make, makePerson } from "./test-org.ts";

const { org, host, alice, nextStep } = await openLogonOrg();
after(() => org.close());

async function post(
  path: string,
  body: object,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: any; headers: any }> {
  const answer = await org.app.inject({ method: "POST", url: path, payload: body, headers });
  return { status: answer.statusCode, body: answer.json(), headers: answer.headers };
}

async function begin(options?: object, headers: Record<string, string> = {}) {
  const { body } = await post("/api/v1/authn", { username: "alice", password: PASSWORD, ...(options ? { options } : {}) }, headers);
  return body;
}

const verify = (stateToken: string, passCode: string, query = "") =>
  post(`/api/v1/authn/factors/${alice.factor}/verify${query}`, { stateToken, passCode });

describe("steps", () => {
  test("what the public clients add to the query is accepted; anything else is refused by its name", async () => {
    const now = nextStep();
    const { stateToken } = await begin();
    const slip = await verify(stateToken, alice.code(now), "?autopush=true");
    assert.equal(slip.status, 400);
    assert.deepEqual(slip.body.errorCauses, [{ errorSummary: "autopush: unknown query parameter" }]);
    const right = await verify(stateToken, alice.code(now), "?autoPush=false&rememberDevice=true");
    assert.equal(right.body.status, "SUCCESS");
  });

  test("a step that the state does not know is E0000079 and changes nothing", async () => {
    const now = nextStep();
    const { stateToken } = await begin();
    for (const path of ["previous", "skip", `factors/${alice.factor}/verify/resend`, `factors/${alice.factor}/lifecycle/activate`]) {
      const { status, body } = await post(`/api/v1/authn/${path}`, { stateToken });
      assert.equal(status, 403, path);
      assert.equal(body.errorCode, "E0000079", path);
    }
    assert.equal((await verify(stateToken, alice.code(now))).body.status, "SUCCESS");
  });

  test("a transaction that is over, cancelled or unknown is E0000011", async () => {
    const { stateToken } = await begin();
    assert.deepEqual((await post("/api/v1/authn/cancel", { stateToken })).body, {});
    for (const path of ["introspect", "previous", "skip", "factors/x/verify"])
      assert.equal((await post(`/api/v1/authn/${path}`, { stateToken })).body.errorCode, "E0000011", path);
  });
});

describe("offering more factors", () => {
  const push = { factorType: "push", provider: "OKTA" };
  const beginAs = async (username: string) => {
    nextStep();
    return (await post("/api/v1/authn", { username, password: PASSWORD, options: { multiOptionalFactorEnroll: true } })).body;
  };

  test("S18: whoever proved a factor may add another, or leave it; before that nobody may", async () => {
    const rita = await makePerson(org, "rita", PASSWORD);
    const prove = (stateToken: string) =>
      post(`/api/v1/authn/factors/${rita.factor}/verify`, { stateToken, passCode: rita.code(org.clock.now) });

    const { stateToken } = await beginAs("rita");
    assert.equal((await post("/api/v1/authn/factors", { stateToken, ...push })).body.errorCode, "E0000079");
    const offered = (await prove(stateToken)).body;
    assert.equal(offered.status, "MFA_ENROLL");
    assert.equal(offered.sessionToken, undefined, "nothing before the end");
    assert.equal(offered._links.skip.name, "skip");
    assert.equal((await post("/api/v1/authn/skip", { stateToken })).body.status, "SUCCESS");

    const again = await beginAs("rita");
    await prove(again.stateToken);
    const begun = (await post("/api/v1/authn/factors", { stateToken: again.stateToken, ...push })).body;
    assert.equal(begun.status, "MFA_ENROLL_ACTIVATE");
    assert.match(begun._embedded.factor._embedded.activation._links.qrcode.href, /^data:image\//);
    const back = (await post("/api/v1/authn/previous", { stateToken: again.stateToken })).body;
    assert.equal(back.status, "MFA_ENROLL");
    const factors = (await org.manage("GET", `/api/v1/users/${rita.id}/factors`)).body;
    assert.equal(factors.length, 1, "what was begun and left is gone");
  });

  test("S11, S18: whoever gets in by a recovery code alone puts no factor of their own beside it", async () => {
    const sam = await makePerson(org, "sam", PASSWORD);
    const set = await make(org, "POST", `/api/v1/users/${sam.id}/factors`, { factorType: "recovery_codes" });
    const [passCode] = set._embedded.activation.codes as string[];
    const { stateToken } = await beginAs("sam");
    const end = (await post(`/api/v1/authn/factors/${set.id}/verify`, { stateToken, passCode })).body;
    assert.equal(end.status, "SUCCESS", "it lets in, and offers nothing");
    const begun = await post("/api/v1/authn/factors", { stateToken, ...push });
    assert.deepEqual([begun.status, begun.body.errorCode], [403, "E0000079"]);
  });

  test("S18: a factor that is reset after it was proved puts no other one in its place, neither begun before nor after", async () => {
    for (const [login, begunBefore] of [
      ["tess", false],
      ["uwe", true],
    ] as const) {
      const person = await makePerson(org, login, PASSWORD);
      const { stateToken } = await beginAs(login);
      const passCode = person.code(org.clock.now);
      assert.equal((await post(`/api/v1/authn/factors/${person.factor}/verify`, { stateToken, passCode })).body.status, "MFA_ENROLL");
      const enrol = () => post("/api/v1/authn/factors", { stateToken, ...push });
      const begun = begunBefore ? (await enrol()).body._embedded.factor : undefined;
      const phone = new TestPhone(org);
      if (begun) assert.equal((await phone.activate(begun._embedded.activation.code)).status, 200);
      await make(org, "DELETE", `/api/v1/users/${person.id}/factors/${person.factor}`);
      const last = begun ? await post(`/api/v1/authn/factors/${begun.id}/lifecycle/activate/poll`, { stateToken }) : await enrol();
      assert.deepEqual([last.status, last.body.errorCode], [403, "E0000006"], login);
      assert.deepEqual((await org.manage("GET", `/api/v1/users/${person.id}/factors`)).body, []);
    }
  });
});

test("S18: neither a sign-in nor a session token outlives the reset of the factor that proved it, whatever other factors there are", async () => {
  const vera = await makePerson(org, "vera", PASSWORD);
  await TestPhone.of(org, vera.id);
  const browser = "B".repeat(43);
  const headers = { origin: "https://mfa.corp.example", cookie: `__Host-sallyport-browser=${browser}` };
  const prove = async (options: object) => {
    org.clock.now += 60_000;
    const { stateToken } = (await post("/api/v1/authn", { username: "vera", password: PASSWORD, options }, headers)).body;
    const proof = { stateToken, passCode: vera.code(org.clock.now) };
    return { stateToken, ...(await post(`/api/v1/authn/factors/${vera.factor}/verify`, proof, headers)).body };
  };
  const { sessionToken } = await prove({});
  const redeem = (token: string) => org.deps.store.inTransaction((tx) => redeemSessionToken(tx, org.deps.keys, token, browser));
  const { stateToken, status } = await prove({ multiOptionalFactorEnroll: true });
  assert.equal(status, "MFA_ENROLL");
  await make(org, "DELETE", `/api/v1/users/${vera.id}/factors/${vera.factor}`);
  const enrol = await post("/api/v1/authn/factors", { stateToken, factorType: "push", provider: "OKTA" }, headers);
  assert.deepEqual([enrol.status, enrol.body.errorCode], [403, "E0000006"]);
  assert.notEqual((await post("/api/v1/authn/skip", { stateToken }, headers)).status, 200);
  assert.equal((await redeem(sessionToken)).kind, "refused");
});

test("S18: skipping the offer after such a reset lets nobody in", async () => {
  const walt = await makePerson(org, "walt", PASSWORD);
  nextStep();
  const options = { multiOptionalFactorEnroll: true };
  const { stateToken } = (await post("/api/v1/authn", { username: "walt", password: PASSWORD, options })).body;
  await post(`/api/v1/authn/factors/${walt.factor}/verify`, { stateToken, passCode: walt.code(org.clock.now) });
  await make(org, "DELETE", `/api/v1/users/${walt.id}/factors/${walt.factor}`);
  const skipped = await post("/api/v1/authn/skip", { stateToken });
  assert.deepEqual([skipped.status, skipped.body.errorCode], [403, "E0000006"]);
});

describe("drive: page of a host", () => {
  test("the page proves the factor with the state token alone and gets nothing; the host alone fetches the decision", async () => {
    const now = nextStep();
    const opened = await host.call("/api/v1/authn/logon", host.request("alice", { drive: "page" }));
    const { stateToken } = opened.body;
    assert.equal((await post("/api/v1/authn/introspect", { stateToken })).body.status, "MFA_REQUIRED");
    const end = await verify(stateToken, alice.code(now));
    assert.equal(end.body.status, "SUCCESS");
    assert.equal(end.body.decision, undefined);
    assert.equal(end.body.sessionToken, undefined);
    assert.equal((await post("/api/v1/authn/introspect", { stateToken })).body.decision, undefined);
    const fetched = await host.call("/api/v1/authn/introspect", { stateToken });
    assert.match(fetched.body.decision, /^ey/);
  });

  test("with drive: agent the state token is nothing without the assertion", async () => {
    const now = nextStep();
    const opened = await host.call("/api/v1/authn/logon", host.request("alice"));
    const { stateToken } = opened.body;
    assert.equal((await verify(stateToken, alice.code(now))).body.errorCode, "E0000011");
    assert.equal((await host.verify(stateToken, alice.factor, alice.code(now))).body.status, "SUCCESS");
  });

  test("what the page failed at, the host hears by its cause", async () => {
    const now = nextStep();
    const opened = await host.call("/api/v1/authn/logon", host.request("alice", { drive: "page" }));
    const { stateToken } = opened.body;
    const wrong = alice.code(now) === "000000" ? "111111" : "000000";
    for (let tries = 0; tries < 5; tries++) assert.equal((await verify(stateToken, wrong)).body.errorCode, "E0000068");
    assert.equal((await post("/api/v1/authn/introspect", { stateToken })).body.errorCode, "E0000011");
    const heard = await host.call("/api/v1/authn/introspect", { stateToken });
    assert.equal(heard.body.cause, "factor.code-wrong");
    assert.equal(heard.body.evidence.ended, true);
    nextStep();
    const again = await host.call("/api/v1/authn/logon", host.request("alice"));
    await host.verify(again.body.stateToken, alice.factor, alice.code(org.clock.now));
  });
});

test("the session token comes with the end of a page's own transaction only, the same again for a retry", async () => {
  const now = nextStep();
  const browser = { origin: "https://mfa.corp.example", cookie: `__Host-sallyport-browser=${"B".repeat(43)}` };
  const { stateToken } = await begin(undefined, browser);
  const verified = { stateToken, passCode: alice.code(now) };
  const end = await post(`/api/v1/authn/factors/${alice.factor}/verify`, verified, browser);
  assert.match(end.body.sessionToken, /^trx_\w+\.[A-Za-z0-9_-]{43}$/);
  const again = await post("/api/v1/authn/introspect", { stateToken }, browser);
  assert.equal(again.body.sessionToken, end.body.sessionToken);
});
