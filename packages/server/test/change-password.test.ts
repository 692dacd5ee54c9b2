/** A password that has to be changed: who hears of it, what is judged, when the new one counts, and what ends with it (S1, S3, S4, S13, S16, S18). */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { openLogonOrg, PASSWORD } from "./logon-org.ts";
import { make, makePerson, type TestPerson } from "./test-org.ts";

const { org, host, appId, nextStep } = await openLogonOrg();
after(() => org.close());
const NEW = "sleepy violins orbit marble";
let people = 0;

async function expired(): Promise<TestPerson> {
  const made = await makePerson(org, `somebody${++people}`, PASSWORD);
  const shown = await make(org, "POST", `/api/v1/users/${made.id}/lifecycle/expire_password`, {});
  assert.equal(shown.status, "PASSWORD_EXPIRED");
  const found = await make(
    org,
    "GET",
    `/api/v1/users?search=${encodeURIComponent(`status eq "PASSWORD_EXPIRED" and profile.login eq "${made.login}"`)}`,
  );
  assert.equal(found.length, 1);
  nextStep();
  return made;
}

// Behind the admin socket no rate limit is in the way of the count.
async function post(path: string, payload: object): Promise<{ status: number; body: any }> {
  const answer = await org.admin.inject({ method: "POST", url: `/api/v1/authn${path}`, payload });
  return { status: answer.statusCode, body: answer.json() };
}
const primary = (username: string, password: string) => post("", { username, password });
const begin = async ({ login }: TestPerson, password = PASSWORD): Promise<string> => (await primary(login, password)).body.stateToken;
const change = (stateToken: string, oldPassword: string, newPassword: string) =>
  post("/credentials/change_password", { stateToken, oldPassword, newPassword });
const verify = (one: TestPerson, stateToken: string) =>
  post(`/factors/${one.factor}/verify`, { stateToken, passCode: one.code(org.clock.now) });
const statusOf = async (one: TestPerson, password: string) => (await primary(one.login, password)).body.status ?? "refused";
const tries = ({ id }: TestPerson) => org.deps.store.read((tx) => tx.users.passwordTries(id));
async function eventsOf({ id }: TestPerson): Promise<string[]> {
  const all: any[] = (await org.manage("GET", "/api/v1/logs?limit=1000")).body;
  return all.filter(({ actor, target }) => actor.id === id || target.some((one: any) => one.id === id)).map((one) => one.eventType);
}

test("S16: only the right password hears that it has to be changed, and no factor is offered before it is", async () => {
  const ann = await expired();
  const nobody = await primary("nobody", "x");
  const wrong = await primary(ann.login, "wrong");
  assert.deepEqual([wrong.status, { ...wrong.body, errorId: "" }], [nobody.status, { ...nobody.body, errorId: "" }]);
  const { body } = await primary(ann.login, PASSWORD);
  assert.equal(body.status, "PASSWORD_EXPIRED");
  assert.equal(body._embedded.factors, undefined);
  assert.deepEqual(body._embedded.policy.complexity.minLength, 8);
  assert.deepEqual(body._links.next.name, "changePassword");
  assert.match(body._links.next.href, /\/api\/v1\/authn\/credentials\/change_password$/);
  const early = await verify(ann, body.stateToken);
  assert.deepEqual([early.status, early.body.errorCode], [403, "E0000079"]);
  const [factor] = (await org.manage("GET", `/api/v1/users/${ann.id}/factors`)).body;
  assert.equal(factor.failures, 0, "S3: nothing was evaluated");
  assert.equal((await post("/introspect", { stateToken: body.stateToken })).body.status, "PASSWORD_EXPIRED");
});

test("the new one becomes the password with the factor and not before: who has only the old one takes nothing over", async () => {
  const bea = await expired();
  const stolen = await change(await begin(bea), PASSWORD, NEW);
  assert.equal(stolen.body.status, "MFA_REQUIRED");
  assert.equal(await statusOf(bea, NEW), "refused");
  assert.equal(await statusOf(bea, PASSWORD), "PASSWORD_EXPIRED");
  const stateToken = await begin(bea);
  await change(stateToken, PASSWORD, NEW);
  const done = await verify(bea, stateToken);
  assert.equal(done.body.status, "SUCCESS");
  assert.equal(done.body._embedded.user.passwordChanged, new Date(org.clock.now).toISOString());
  assert.equal(await statusOf(bea, PASSWORD), "refused");
  nextStep();
  assert.equal(await statusOf(bea, NEW), "MFA_REQUIRED");
  assert.equal((await make(org, "GET", `/api/v1/users/${bea.id}`)).status, "ACTIVE");
  assert.equal((await eventsOf(bea)).filter((type) => type === "user.password-changed").length, 1);
  // The one who was first proves a factor after all: their transaction was about a password that is gone.
  nextStep();
  const late = await verify(bea, stolen.body.stateToken);
  assert.notEqual(late.status, 200);
  assert.equal(await statusOf(bea, NEW), "MFA_REQUIRED");
});

test("a password that an administrator set meanwhile is not written over", async () => {
  const cid = await expired();
  const stateToken = await begin(cid);
  assert.equal((await change(stateToken, PASSWORD, NEW)).body.status, "MFA_REQUIRED");
  org.clock.now += 1000;
  const set = "given by an administrator";
  await make(org, "POST", `/api/v1/users/${cid.id}`, { credentials: { password: { value: set } } });
  const late = await verify(cid, stateToken);
  assert.deepEqual([late.status, late.body.errorCode], [401, "E0000004"]);
  assert.equal((await post("/introspect", { stateToken })).status, 401, "it ended");
  assert.equal(await statusOf(cid, set), "MFA_REQUIRED");
});

test("S13: the old one, a short, a common one and the user's own name are refused with the reason, and cost no try", async () => {
  const dot = await expired();
  const stateToken = await begin(dot);
  for (const [chosen, why] of [
    [PASSWORD, /has to be changed/],
    ["short", /at least 8/],
    ["password123", /most used/],
    [dot.login, /own name/],
  ] as const) {
    const { status, body } = await change(stateToken, PASSWORD, chosen);
    assert.deepEqual([status, body.errorCode, body.errorSummary], [403, "E0000014", "Update of credentials failed"]);
    assert.match(body.errorCauses[0].errorSummary, why);
    assert.ok(!JSON.stringify(body).includes(PASSWORD));
  }
  assert.equal((await tries(dot)).failures, 0);
  assert.equal((await change(stateToken, PASSWORD, NEW)).body.status, "MFA_REQUIRED");
  const again = await change(stateToken, PASSWORD, `${NEW} again`);
  assert.deepEqual([again.status, again.body.errorCode], [403, "E0000079"], "S4: once");
});

test("S2, S3: a wrong old password counts as any wrong one and waits; the third ends the transaction", async () => {
  const eli = await expired();
  let stateToken = await begin(eli);
  for (let count = 1; count <= 3; count++) {
    const { status, body } = await change(stateToken, "wrong", NEW);
    assert.deepEqual([status, body.errorCode], [403, "E0000014"]);
    assert.equal(body.errorCauses[0].errorSummary, "oldPassword: The credentials provided were incorrect.");
    assert.equal((await tries(eli)).failures, count);
  }
  assert.equal((await change(stateToken, PASSWORD, NEW)).status, 401);
  stateToken = await begin(eli);
  await org.deps.store.inTransaction((tx) => tx.users.setPasswordTries(eli.id, { failures: 5, nextAt: org.clock.now + 30_000 }));
  assert.equal((await change(stateToken, PASSWORD, NEW)).status, 403, "not even the right one is looked at");
  org.clock.now += 30_000;
  assert.equal((await change(stateToken, PASSWORD, NEW)).body.status, "MFA_REQUIRED");
});

test("S4: of many changes at once one wins, and of the codes after it one lets in", async () => {
  const fay = await expired();
  const stateToken = await begin(fay);
  const all = await Promise.all(Array.from({ length: 4 }, (_, at) => change(stateToken, PASSWORD, `${NEW} ${at}`)));
  assert.equal(all.filter(({ status }) => status === 200).length, 1);
  const winner = all.findIndex(({ status }) => status === 200);
  const codes = await Promise.all(Array.from({ length: 4 }, () => verify(fay, stateToken)));
  assert.equal(codes.filter(({ status }) => status === 200).length, 1);
  assert.equal(await statusOf(fay, `${NEW} ${winner}`), "MFA_REQUIRED");
});

test("whoever has no factor yet enrols the first one after it, through the window; without one the answer is that of a wrong password", async () => {
  const user = await make(org, "POST", "/api/v1/users?activate=true", {
    profile: { login: "newcomer" },
    credentials: { password: { value: PASSWORD } },
  });
  await make(org, "POST", `/api/v1/users/${user.id}/lifecycle/expire_password`);
  assert.equal((await primary("newcomer", PASSWORD)).status, 401);
  await make(org, "POST", `/api/v1/users/${user.id}/tickets`, { proof: "confirmation" });
  const { body } = await primary("newcomer", PASSWORD);
  assert.equal(body.status, "PASSWORD_EXPIRED");
  assert.equal((await change(body.stateToken, PASSWORD, NEW)).body.status, "MFA_ENROLL");
});

test("at a machine the logon ends with its cause, which a machine hears only of the right password", async () => {
  const gus = await expired();
  await make(org, "POST", `/api/v1/apps/${appId}/users`, { id: gus.id });
  const asked = host.request(gus.login, { password: "none" });
  const { body } = await host.call("/api/v1/authn/logon", asked);
  const ended = await host.call("/api/v1/authn", { stateToken: body.stateToken, password: PASSWORD });
  assert.deepEqual([ended.status, ended.body.cause], [403, "user.password-expired"]);
  const logon = await make(org, "GET", `/api/v1/logons/${asked.reference}`);
  assert.equal([logon].flat()[0].cause, "user.password-expired");
});

test("who may not be told to: a user of a directory, one who is suspended, and one above the caller", async () => {
  const bare = await makePerson(org, "bare");
  const none = await org.manage("POST", `/api/v1/users/${bare.id}/lifecycle/expire_password`);
  assert.deepEqual([none.status, none.body.errorCauses[0].errorSummary], [400, "credentials: the org keeps no password of this user"]);
  const held = await makePerson(org, "held", PASSWORD);
  await make(org, "POST", `/api/v1/users/${held.id}/lifecycle/suspend`);
  assert.equal((await org.manage("POST", `/api/v1/users/${held.id}/lifecycle/expire_password`)).status, 400);
});
