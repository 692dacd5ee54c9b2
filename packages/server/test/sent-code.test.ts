/** Codes that are sent out: what a right, wrong, old, used and foreign one does, how many are sent, and who learns what of an address. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { outboxContext } from "../src/flows/outbox.ts";
import { openLogonOrg } from "./logon-org.ts";
import { make, type TestPerson, why } from "./test-org.ts";

const { org, host, appId, person, nextStep } = await openLogonOrg();
after(() => org.close());

const RULE = { rules: [{ name: "mail too", then: "factor", factors: ["totp", "email", "sms"] }] };

before(async () => {
  await make(org, "PUT", "/api/v1/org/mail", { server: "smtps://mail.corp.test", from: "mfa@corp.test" });
  const { version, document } = await make(org, "GET", `/api/v1/apps/${appId}/policy`);
  await make(org, "PUT", `/api/v1/apps/${appId}/policy`, { version, document: { ...document, ...RULE } });
});

/** Everything that was put out so far, opened, oldest first. */
async function posted(): Promise<any[]> {
  const rows = await org.deps.store.read((tx) => tx.outbox.list({ limit: 1000 }));
  const opened = rows.map((row) => ({
    ...row,
    payload: JSON.parse(Buffer.from(org.deps.keys.unseal(row.sealed, outboxContext(row.id))).toString()),
  }));
  return opened.toSorted((a, b) => a.created - b.created);
}

/** The code that went to this address last. */
async function mailed(to: string): Promise<string> {
  const mail = (await posted()).filter(({ payload }) => payload.to === to).at(-1);
  const code = /^ {4}([0-9]{6})$/m.exec(mail?.payload.text)?.[1];
  assert.ok(code, `no code went to ${to}`);
  return code;
}

interface Mailed extends TestPerson {
  email: string;
  mail: string;
}

async function withMail(login: string, profile: object = {}): Promise<Mailed> {
  const made = await person(login);
  const email = `${login}@example.test`;
  await make(org, "POST", `/api/v1/users/${made.id}`, { profile: { email, ...profile } });
  const factor = await make(org, "POST", `/api/v1/users/${made.id}/factors?activate=true`, { factorType: "email", provider: "OKTA" });
  return { ...made, email, mail: factor.id };
}

async function opened(login: string, afresh = true) {
  // Mails are told apart by their time.
  org.clock.now += 1;
  if (afresh) nextStep();
  const request = host.request(login);
  const { status, body } = await host.call("/api/v1/authn/logon", request);
  assert.equal(status, 200, JSON.stringify(body));
  return { reference: request.reference, stateToken: body.stateToken as string, body };
}

const other = (code: string) => (code === "000000" ? "000001" : "000000");

test("a code that was asked for arrives and lets in once; the decision says that it came by mail", async () => {
  const alba = await withMail("alba");
  const { stateToken } = await opened("alba");
  const asked = await host.verify(stateToken, alba.mail, "");
  assert.deepEqual([asked.body.status, asked.body.factorResult, asked.body._links.next.name], ["MFA_CHALLENGE", "CHALLENGE", "verify"]);
  const right = await host.verify(stateToken, alba.mail, await mailed(alba.email));
  assert.equal(right.body.status, "SUCCESS", JSON.stringify(right.body));
  const claims = JSON.parse(Buffer.from(right.body.decision.split(".")[1], "base64url").toString());
  assert.ok(claims.amr.includes("email"));
  assert.equal((await org.deps.store.read((tx) => tx.enrolments.byId(alba.mail)))?.lastUsed, org.clock.now);
});

test("S16: no list of factors tells of an address; once a code is under way it shows masked", async () => {
  const bea = await withMail("bea");
  const { stateToken, body } = await opened("bea");
  assert.doesNotMatch(JSON.stringify(body), /example\.test|b\*\*\*/);
  const asked = await host.verify(stateToken, bea.mail, "");
  assert.deepEqual(asked.body._embedded.factor.profile, { email: "b***@e***.test" });
  assert.doesNotMatch(JSON.stringify(asked.body), /bea@/);
});

test("S1: a wrong code counts; an old one after a resend, and one after its time, are factor.code-expired; a used one is factor.code-used", async () => {
  const cleo = await withMail("cleo");
  const first = await opened("cleo");
  await host.verify(first.stateToken, cleo.mail, "");
  const old = await mailed(cleo.email);
  const wrong = await host.verify(first.stateToken, cleo.mail, other(old));
  assert.deepEqual([wrong.status, wrong.body.cause], [403, "factor.code-wrong"]);
  org.clock.now += 1;
  const resent = await host.call(`/api/v1/authn/factors/${cleo.mail}/verify/resend`, { stateToken: first.stateToken });
  assert.equal(resent.body.status, "MFA_CHALLENGE", JSON.stringify(resent.body));
  const code = await mailed(cleo.email);
  if (code !== old) assert.equal((await host.verify(first.stateToken, cleo.mail, old)).body.cause, "factor.code-expired");
  assert.equal((await host.verify(first.stateToken, cleo.mail, code)).body.status, "SUCCESS");
  const second = await opened("cleo");
  await host.verify(second.stateToken, cleo.mail, "");
  org.clock.now -= 9 * 60_000;
  const used = await host.verify(second.stateToken, cleo.mail, code);
  org.clock.now += 9 * 60_000;
  assert.equal(used.body.cause, "factor.code-used");
  assert.equal((await why(org, second.reference)).cause ?? "open", "open");
});

test("S9: a code dies after five minutes, although its transaction lives on", async () => {
  const dina = await withMail("dina");
  const { stateToken } = await opened("dina");
  await host.verify(stateToken, dina.mail, "");
  const code = await mailed(dina.email);
  org.clock.now += 3 * 60_000;
  assert.equal((await host.verify(stateToken, dina.mail, other(code))).body.cause, "factor.code-wrong");
  org.clock.now += 2 * 60_000 + 1;
  assert.equal((await host.verify(stateToken, dina.mail, code)).body.cause, "factor.code-expired");
});

test("S9: a code is of no use in another logon, nor for another person", async () => {
  const [elsa, finn] = [await withMail("elsa"), await withMail("finn")];
  const [one, two] = [await opened("elsa"), await opened("elsa", false)];
  const third = await opened("finn", false);
  await host.verify(two.stateToken, elsa.mail, "");
  const code = await mailed(elsa.email);
  await host.verify(third.stateToken, finn.mail, "");
  for (const [{ stateToken }, factor] of [
    [one, elsa.mail],
    [third, finn.mail],
  ] as const) {
    const answer = await host.verify(stateToken, factor, code);
    assert.equal(answer.status, 403, JSON.stringify(answer.body));
  }
});

test("S4: of twenty tries at once with the right code one lets in", async () => {
  const gwen = await withMail("gwen");
  const { stateToken } = await opened("gwen");
  await host.verify(stateToken, gwen.mail, "");
  const code = await mailed(gwen.email);
  const answers = await Promise.all(Array.from({ length: 20 }, () => host.verify(stateToken, gwen.mail, code)));
  assert.equal(answers.filter(({ status }) => status === 200).length, 1);
});

test("at most five codes go to one user within ten minutes, over all their logons; then it is factor.throttled, and an app's code still works", async () => {
  const hugo = await withMail("hugo");
  nextStep();
  const before = (await posted()).length;
  const tokens: string[] = [];
  for (let at = 0; at < 6; at += 1) {
    const { body } = await host.call("/api/v1/authn/logon", host.request("hugo"));
    tokens.push(body.stateToken);
  }
  const answers = [];
  for (const token of tokens) answers.push(await host.verify(token, hugo.mail, ""));
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200, 200, 200, 403],
  );
  assert.equal(answers.at(-1)?.body.cause, "factor.throttled");
  assert.equal((await posted()).length - before, 5);
  assert.equal((await host.verify(tokens[5] ?? "", hugo.factor, hugo.code(org.clock.now))).body.status, "SUCCESS");
});

test("S10: users who are one person have one mailbox and one cap, and each kind is capped by itself", async () => {
  const [one, linked] = [await withMail("jan"), await person("jan.adm")];
  await make(org, "PUT", "/api/v1/org/sms", { url: "https://sms.corp.test/send" });
  const phone = { factorType: "sms", provider: "OKTA", profile: { phoneNumber: "+49 30 1234567" } };
  const { id: number } = await make(org, "POST", `/api/v1/users/${one.id}/factors?activate=true`, phone);
  await org.deps.store.inTransaction((tx) => tx.users.update(linked.id, { linkedTo: one.id }));
  const ask = async (login: string, factor: string) => (await host.verify((await opened(login, false)).stateToken, factor, "")).body;
  for (let sent = 0; sent < 5; sent += 1) assert.equal((await ask(sent % 2 ? "jan" : "jan.adm", one.mail)).factorResult, "CHALLENGE");
  for (const login of ["jan", "jan.adm"]) assert.equal((await ask(login, one.mail)).cause, "factor.throttled");
  assert.equal((await ask("jan", number)).factorResult, "CHALLENGE");
});

test("S3: nothing is sent to somebody whose password was not proved", async () => {
  const ines = await withMail("ines");
  nextStep();
  const before = (await posted()).length;
  const { body } = await host.call("/api/v1/authn/logon", { ...host.request("ines"), password: "required" });
  if (body.stateToken) await host.verify(body.stateToken, ines.mail, "");
  assert.equal((await posted()).length, before);
});

test("a code by mail counts only where a rule names it, and is not offered elsewhere", async () => {
  const jane = await withMail("jane");
  const { version, document } = await make(org, "GET", `/api/v1/apps/${appId}/policy`);
  await make(org, "PUT", `/api/v1/apps/${appId}/policy`, { version, document: { ...document, rules: [] } });
  const { body, stateToken } = await opened("jane");
  assert.deepEqual(
    body._embedded.factors.map((factor: { kind: string }) => factor.kind),
    ["totp"],
  );
  assert.equal((await host.verify(stateToken, jane.mail, "")).status, 403);
  const kurt = await person("kurt");
  const refused = await org.manage("POST", `/api/v1/users/${kurt.id}/factors`, {
    factorType: "email",
    provider: "OKTA",
    profile: { email: "k@x.test" },
  });
  assert.match(JSON.stringify(refused.body), /No app's rule takes codes by email/);
  await make(org, "PUT", `/api/v1/apps/${appId}/policy`, { version: version + 1, document });
});

test("an address that is not the profile's becomes a factor only by the code that was sent to it", async () => {
  const lena = await person("lena");
  const path = `/api/v1/users/${lena.id}/factors`;
  const body = { factorType: "email", provider: "OKTA", profile: { email: "lena@elsewhere.test" } };
  const atOnce = await org.manage("POST", `${path}?activate=true`, body);
  assert.match(JSON.stringify(atOnce.body), /only the address of the user's profile/);
  const pending = await make(org, "POST", path, body);
  assert.equal(pending.status, "PENDING_ACTIVATION");
  const code = await mailed("lena@elsewhere.test");
  assert.equal((await org.manage("POST", `${path}/${pending.id}/lifecycle/activate`, { passCode: other(code) })).status, 403);
  const active = await make(org, "POST", `${path}/${pending.id}/lifecycle/activate`, { passCode: code });
  assert.deepEqual([active.status, active.profile], ["ACTIVE", { email: "lena@elsewhere.test" }]);
  assert.equal((await org.manage("POST", `${path}/${pending.id}/lifecycle/activate`, { passCode: code })).status, 400);
});

test("a mail tells the machine, the service and the reference, in the person's language, and holds no link", async () => {
  const mona = await withMail("mona", { locale: "de_DE" });
  const { stateToken, reference } = await opened("mona");
  await host.verify(stateToken, mona.mail, "");
  const { payload } = (await posted()).filter((one) => one.payload.to === mona.email).at(-1);
  assert.match(payload.subject, /Ihr Code für die Anmeldung/);
  assert.doesNotMatch(payload.subject, /[0-9]{6}/);
  for (const part of ["Rechner: ", "Wofür: sshd", `Referenz: ${reference}`]) assert.ok(payload.text.includes(part), payload.text);
  assert.doesNotMatch(payload.text + payload.html, /https?:/);
});

test("S7: neither code nor address stands in the database in clear, nor in an event", async () => {
  const nora = await withMail("nora");
  const { stateToken } = await opened("nora");
  await host.verify(stateToken, nora.mail, "");
  const code = await mailed(nora.email);
  const { rows, challenges, events } = await org.deps.store.read(async (tx) => ({
    rows: await tx.outbox.list({ limit: 1000 }),
    challenges: await tx.challenges.openOf(nora.mail, tx.now),
    events: await tx.log.list({ limit: 1000 }),
  }));
  assert.equal(challenges.length, 1);
  for (const text of [rows, challenges, events].map((one) => JSON.stringify(one))) {
    assert.ok(!text.includes(nora.email));
    assert.ok(!text.includes(`"${code}"`));
  }
});

test("a code that is sent again while an address is enrolled goes where the first one went: to the typed address, not the profile's", async () => {
  const profile = { login: "olga", email: "olga@profile.test" };
  const { id } = await make(org, "POST", "/api/v1/users?activate=true", { profile });
  await make(org, "POST", `/api/v1/apps/${appId}/users`, { id });
  const window = await make(org, "POST", `/api/v1/users/${id}/tickets`, { proof: "confirmation" });
  await make(org, "POST", `/api/v1/users/${id}/tickets/${window.id}/confirm`, {});
  const { stateToken } = await opened("olga");
  const typed = { factorType: "email", provider: "OKTA", profile: { email: "olga@typed.test" } };
  const begun = await host.call("/api/v1/authn/factors", { stateToken, ...typed });
  const factor = begun.body._embedded.factor.id;
  const first = await mailed("olga@typed.test");
  org.clock.now += 1;
  const again = await host.call(`/api/v1/authn/factors/${factor}/lifecycle/resend`, { stateToken });
  assert.deepEqual(again.body._embedded.factor.profile, { email: "o***@t***.test" });
  const second = await mailed("olga@typed.test");
  assert.equal((await posted()).filter(({ payload }) => payload.to === profile.email).length, 0);
  const activate = (passCode: string) => host.call(`/api/v1/authn/factors/${factor}/lifecycle/activate`, { stateToken, passCode });
  if (first !== second) assert.equal((await activate(first)).status, 403, "the first one counts no more");
  assert.equal((await activate(second)).body.status, "SUCCESS");
  assert.equal((await org.deps.store.read((tx) => tx.enrolments.byId(factor)))?.data["to"], "olga@typed.test");
});
