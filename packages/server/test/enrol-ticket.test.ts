/** A first factor through an enrolment window: with the ticket or an administrator's word, once, and by nobody who has a factor (S1, S18). */
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { Secret, TOTP } from "otpauth";
import { openLogonOrg, PASSWORD } from "./logon-org.ts";
import { make, payloadOf, why } from "./test-org.ts";

const { org, host, appId } = await openLogonOrg();
after(() => org.close());

async function post(path: string, body: object): Promise<{ status: number; body: any }> {
  const answer = await org.app.inject({ method: "POST", url: `/api/v1/authn${path}`, payload: body });
  return { status: answer.statusCode, body: answer.json() };
}

/** Somebody who may log on, with a password and no factor. */
async function newcomer(login: string): Promise<string> {
  const credentials = { password: { value: PASSWORD } };
  const user = await make(org, "POST", "/api/v1/users?activate=true", { profile: { login }, credentials });
  await make(org, "POST", `/api/v1/apps/${appId}/users`, { id: user.id });
  return user.id;
}

const openTicket = (id: string, body: object = {}) => make(org, "POST", `/api/v1/users/${id}/tickets`, body);
const begin = async (username: string) => (await post("", { username, password: PASSWORD })).body;
const enrol = (stateToken: string) => post("/factors", { stateToken, factorType: "token:software:totp", provider: "GOOGLE" });

function codeOf(begun: any): string {
  const secret = Secret.fromBase32(begun._embedded.factor._embedded.activation.sharedSecret);
  return new TOTP({ secret }).generate({ timestamp: org.clock.now });
}

const activate = (begun: any, passCode: string) =>
  post(`/factors/${begun._embedded.factor.id}/lifecycle/activate`, { stateToken: begun.stateToken, passCode });

describe("from primary authentication", () => {
  test("with the ticket a first factor is enrolled, and lets in; the window is used up and the factor counts from then on", async () => {
    const id = await newcomer("anna");
    const { ticket } = await openTicket(id);
    const begun = await begin("anna");
    assert.equal(begun.status, "MFA_ENROLL");
    assert.equal(begun._links.next.name, "ticket");
    assert.equal(begun._links.skip, undefined);
    const { stateToken } = begun;
    const early = await enrol(stateToken);
    assert.deepEqual([early.status, early.body.errorCode], [403, "E0000006"], "S18: not before the ticket");
    const shown = await post("/ticket", { stateToken, ticket: ticket.toLowerCase().replaceAll("-", " ") });
    assert.equal(shown.body.status, "MFA_ENROLL");
    const pending = (await enrol(stateToken)).body;
    assert.equal(pending.status, "MFA_ENROLL_ACTIVATE");
    assert.equal((await activate(pending, codeOf(pending) === "000000" ? "111111" : "000000")).body.errorCode, "E0000068");
    const done = await activate(pending, codeOf(pending));
    assert.equal(done.body.status, "SUCCESS");
    assert.ok(done.body.sessionToken);
    const [window] = (await org.manage("GET", `/api/v1/users/${id}/tickets`)).body;
    assert.equal(window.status, "USED");
    org.clock.now += 60_000;
    assert.equal((await begin("anna")).status, "MFA_REQUIRED");
  });

  test("S4: the code that activated the factor does not let in a second time", async () => {
    const id = await newcomer("arno");
    const { ticket } = await openTicket(id);
    const { stateToken } = await begin("arno");
    await post("/ticket", { stateToken, ticket });
    const pending = (await enrol(stateToken)).body;
    const code = codeOf(pending);
    assert.equal((await activate(pending, code)).body.status, "SUCCESS");
    const next = await begin("arno");
    const again = await post(`/factors/${pending._embedded.factor.id}/verify`, { stateToken: next.stateToken, passCode: code });
    assert.equal(again.body.errorCode, "E0000068");
  });

  test("S18: without a window there is no enrolment, and the answer is that of a wrong password (S16)", async () => {
    await newcomer("bert");
    const none = await post("", { username: "bert", password: PASSWORD });
    const wrong = await post("", { username: "bert", password: "not the password" });
    assert.deepEqual({ ...none.body, errorId: "" }, { ...wrong.body, errorId: "" });
  });

  test("S18: an administrator's word counts as the ticket, and nothing before it does", async () => {
    const id = await newcomer("cleo");
    const window = await openTicket(id, { proof: "confirmation" });
    assert.equal(window.ticket, undefined);
    const { stateToken } = await begin("cleo");
    assert.equal((await enrol(stateToken)).body.errorCode, "E0000006");
    await make(org, "POST", `/api/v1/users/${id}/tickets/${window.id}/confirm`, {});
    const pending = (await enrol(stateToken)).body;
    assert.equal((await activate(pending, codeOf(pending))).body.status, "SUCCESS");
  });

  test("S1: wrong tickets count, in a wait that grows, and end the transaction; other people's tickets are wrong ones", async () => {
    const id = await newcomer("dora");
    const other = await openTicket(await newcomer("dirk"));
    await openTicket(id);
    const { stateToken } = await begin("dora");
    for (const ticket of [other.ticket, "AAAA-AAAA-AAAA-AAAA-AAAA", "no ticket", ""])
      assert.equal((await post("/ticket", { stateToken, ticket })).body.errorCode, "E0000068", ticket);
    assert.equal((await post("/ticket", { stateToken, ticket: other.ticket })).body.errorCode, "E0000068");
    assert.equal((await post("/introspect", { stateToken })).body.errorCode, "E0000011", "over after the fifth");
    const again = await begin("dora");
    assert.equal((await post("/ticket", { stateToken: again.stateToken, ticket: other.ticket })).body.errorCode, "E0000068");
    const [window] = (await org.manage("GET", `/api/v1/users/${id}/tickets`)).body;
    assert.equal(window.failures, 5, "while the wait lasts nothing is compared");
  });

  test("S4: of two transactions in one window one comes to an end", async () => {
    const id = await newcomer("emil");
    const { ticket } = await openTicket(id);
    const both = [await begin("emil"), await begin("emil")];
    const pending = [];
    for (const { stateToken } of both) {
      await post("/ticket", { stateToken, ticket });
      pending.push((await enrol(stateToken)).body);
    }
    const ends = await Promise.all(pending.map((one) => activate(one, codeOf(one))));
    assert.deepEqual(ends.map(({ body }) => body.status ?? body.errorCode).filter((end) => end === "SUCCESS").length, 1);
    assert.equal((await org.manage("GET", `/api/v1/users/${id}/factors`)).body.length, 1);
  });

  test("whoever leaves in the middle may begin again: what was not confirmed locks nobody out", async () => {
    const id = await newcomer("fritz");
    const { ticket } = await openTicket(id);
    const { stateToken } = await begin("fritz");
    await post("/ticket", { stateToken, ticket });
    await enrol(stateToken);
    assert.equal((await begin("fritz")).status, "MFA_ENROLL", "while the first is open");
    await post("/cancel", { stateToken });
    assert.equal((await begin("fritz")).status, "MFA_ENROLL");
    assert.deepEqual(await org.deps.store.read((tx) => tx.enrolments.ofUser(id)), []);
  });
});

describe("S1: a burnt factor is no way to a new one", () => {
  test("locked, reset or pending, it is LOCKED_OUT although a window was opened before", async () => {
    for (const status of ["LOCKED", "RESET", "PENDING_ACTIVATION"] as const) {
      const login = `gus-${status.toLowerCase()}`;
      const id = await newcomer(login);
      await openTicket(id);
      const factor = await make(org, "POST", `/api/v1/users/${id}/factors?activate=true`, { factorType: "token:software:totp" });
      await org.deps.store.inTransaction((tx) => tx.enrolments.update(factor.id, { status }));
      assert.deepEqual(await begin(login), { status: "LOCKED_OUT", _links: {} });
      const request = host.request(login);
      assert.equal((await host.call("/api/v1/authn/logon", request)).status, 403);
      assert.equal((await why(org, request.reference)).cause, "factor.locked");
      const refused = await org.manage("POST", `/api/v1/users/${id}/tickets`, {});
      assert.equal(refused.status, 409, "nor is a window opened for them");
    }
  });

  test("a transaction that began before an administrator enrolled a factor cannot enrol another", async () => {
    const id = await newcomer("hans");
    const { ticket } = await openTicket(id);
    const { stateToken } = await begin("hans");
    await post("/ticket", { stateToken, ticket });
    await make(org, "POST", `/api/v1/users/${id}/factors?activate=true`, { factorType: "token:software:totp" });
    assert.equal((await enrol(stateToken)).body.errorCode, "E0000006");
    assert.equal((await post("/introspect", { stateToken })).body.errorCode, "E0000011");
  });
});

describe("at a machine", () => {
  test("the host drives ticket and enrolment, and gets its decision only at the end", async () => {
    const id = await newcomer("ida");
    const { ticket } = await openTicket(id);
    const request = host.request("ida");
    const opened = await host.call("/api/v1/authn/logon", request);
    assert.equal(opened.body.status, "MFA_ENROLL");
    const { stateToken } = opened.body;
    const early = await host.call("/api/v1/authn/factors", { stateToken, factorType: "token:software:totp", provider: "GOOGLE" });
    assert.equal(early.body.cause, "factor.enrol-not-allowed");
    const shown = await host.call("/api/v1/authn/ticket", { stateToken, ticket });
    assert.equal(shown.body.status, "MFA_ENROLL");
    const pending = (await host.call("/api/v1/authn/factors", { stateToken, factorType: "token:software:totp", provider: "GOOGLE" })).body;
    assert.equal(pending.decision, undefined);
    const path = `/api/v1/authn/factors/${pending._embedded.factor.id}/lifecycle/activate`;
    const done = await host.call(path, { stateToken, passCode: codeOf(pending) });
    assert.equal(done.body.status, "SUCCESS");
    assert.deepEqual(payloadOf(done.body.decision).amr, ["pwd", "otp"]);
    assert.equal((await why(org, request.reference)).result, "allow");
  });

  test("without a window, or where nothing can be asked, it is factor.none as ever", async () => {
    const id = await newcomer("jan");
    assert.equal((await host.call("/api/v1/authn/logon", host.request("jan"))).body.cause, "factor.none");
    await openTicket(id);
    assert.equal((await host.call("/api/v1/authn/logon", host.request("jan", { conversation: false }))).body.cause, "factor.none");
  });

  test("a window that is closed meanwhile ends the logon as factor.enrol-expired", async () => {
    const id = await newcomer("kai");
    const window = await openTicket(id);
    const request = host.request("kai");
    const { stateToken } = (await host.call("/api/v1/authn/logon", request)).body;
    await host.call("/api/v1/authn/ticket", { stateToken, ticket: window.ticket });
    assert.equal((await org.manage("DELETE", `/api/v1/users/${id}/tickets/${window.id}`)).status, 204);
    const refused = await host.call("/api/v1/authn/factors", { stateToken, factorType: "token:software:totp", provider: "GOOGLE" });
    assert.equal(refused.body.cause, "factor.enrol-expired");
    assert.equal((await why(org, request.reference)).cause, "factor.enrol-expired");
  });
});

test("S18: nobody opens a window for a higher role", async () => {
  const user = await make(org, "POST", "/api/v1/users?activate=true", { profile: { login: "boss" } });
  await org.deps.store.inTransaction((tx) => tx.users.update(user.id, { role: "owner" }));
  const { token } = await make(org, "POST", "/api/v1/tokens", { name: "desk", role: "help-desk" });
  const answer = await org.app.inject({
    method: "POST",
    url: `/api/v1/users/${user.id}/tickets`,
    payload: {},
    headers: { authorization: `SSWS ${token}` },
  });
  assert.equal(answer.statusCode, 403);
});

test("S11: the ticket stands in no row and no event", async () => {
  const id = await newcomer("lena");
  const { ticket } = await openTicket(id);
  const [row] = await org.deps.store.read((tx) => tx.tickets.ofUser(id));
  assert.match(row?.hash ?? "", /^\$argon2id\$/);
  const log = JSON.stringify((await org.manage("GET", "/api/v1/logs?limit=1000")).body);
  for (const group of (ticket as string).split("-").slice(1)) assert.ok(!log.includes(group));
});
