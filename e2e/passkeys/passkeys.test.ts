/** Passkeys in a real Chromium against a real org: made, used, several at once, alone, copied, and for a logon at a machine by link. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { claimsOf, LOCAL_URL, LocalOrg, PageHost, type Someone } from "../machine/local-org.ts";
import { COMMAND, run } from "../machine/processes.ts";
import { OrgPage } from "./browser-page.ts";

const org = new LocalOrg("passkeys");
const host = new PageHost(org);
let person: Someone;
let first: OrgPage;
let second: OrgPage;

before(async () => {
  await org.start();
  await host.enrol("Servers");
  person = await org.someone();
  await host.assign(person);
  first = await OrgPage.open(LOCAL_URL);
  second = await OrgPage.open(LOCAL_URL, { transport: "internal" });
});
after(async () => {
  await Promise.allSettled([first?.browser.close(), second?.browser.close()]);
  await org.stop();
});

const keysOf = async () =>
  (await org.call("GET", `/api/v1/users/${person.id}/factors`)).filter(({ factorType }: any) => factorType === "webauthn");

/** Password and a factor that is there: after that another may be added. */
async function addPasskey(at: OrgPage, name?: string): Promise<any> {
  const options = { multiOptionalFactorEnroll: true };
  const opened = await at.post("/api/v1/authn", { username: person.login, password: person.password, options });
  assert.equal(opened.status, 200, JSON.stringify(opened.body));
  const { stateToken } = opened.body;
  const [key] = await keysOf();
  const verify = `/api/v1/authn/factors/${key?.id ?? person.factor}/verify`;
  const offered = await at.post(verify, { stateToken, ...(key ? await answered(at, verify, stateToken) : { passCode: org.code(person) }) });
  assert.equal(offered.body.status, "MFA_ENROLL", JSON.stringify(offered.body));
  const profile = name === undefined ? {} : { profile: { name } };
  const begun = await at.post("/api/v1/authn/factors", { stateToken, factorType: "webauthn", provider: "FIDO", ...profile });
  assert.equal(begun.body.status, "MFA_ENROLL_ACTIVATE", JSON.stringify(begun.body));
  const { factor } = begun.body._embedded;
  // Whoever reloads the page is shown the same again.
  const reloaded = await at.post("/api/v1/authn/introspect", { stateToken });
  assert.deepEqual(reloaded.body._embedded.factor._embedded.activation, factor._embedded.activation);
  const made = await at.create(factor._embedded.activation);
  return at.post(`/api/v1/authn/factors/${factor.id}/lifecycle/activate`, { stateToken, ...made });
}

/** The first browser's key answers, whichever browser goes on: a sign-in stays in the one that began it. */
async function answered(at: OrgPage, verify: string, stateToken: string): Promise<any> {
  const { body } = await at.post(verify, { stateToken });
  return first.get(body._embedded.factor._embedded.challenge);
}

/** Password, then the challenge of whichever key. */
async function asked(at: OrgPage, factor: string) {
  const { body } = await at.post("/api/v1/authn", { username: person.login, password: person.password });
  const verify = `/api/v1/authn/factors/${factor}/verify`;
  const challenged = await at.post(verify, { stateToken: body.stateToken });
  assert.equal(challenged.body.status, "MFA_CHALLENGE", JSON.stringify(challenged.body));
  const { _embedded: embedded } = challenged.body;
  return { verify, stateToken: body.stateToken, publicKey: embedded.challenge ?? embedded.factor._embedded.challenge };
}

test("a passkey is made on the org's origin, discoverable and verified, and stands in the list", async () => {
  const done = await addPasskey(first, "Blue key");
  assert.ok(["SUCCESS", "MFA_ENROLL"].includes(done.body.status), JSON.stringify(done.body));
  const [held] = await first.credentials();
  assert.deepEqual([held.rpId, held.isResidentCredential], ["localhost", true]);
  assert.equal(Buffer.from(held.userHandle, "base64").toString(), person.id);
  const [key] = await keysOf();
  assert.equal(key.profile.authenticatorName, "Blue key");
  assert.equal(key.profile.credentialId, Buffer.from(held.credentialId, "base64").toString("base64url"));
});

test("the same authenticator is not enrolled a second time: the browser itself refuses it", async () => {
  await assert.rejects(addPasskey(first), /InvalidStateError|already registered/i);
  assert.equal((await keysOf()).filter(({ status }: any) => status === "ACTIVE").length, 1);
});

test("one key signs in by its id, without saying which it is, as the public clients do", async () => {
  const [key] = await keysOf();
  const { verify, stateToken, publicKey } = await asked(first, key.id);
  const done = await first.post(verify, { stateToken, ...(await first.get(publicKey, false)) });
  assert.equal(done.body.status, "SUCCESS", JSON.stringify(done.body));
  assert.match(done.body.sessionToken, /^trx_\w+\.[\w-]{43}$/);
});

test("of several keys any one answers the one challenge", async () => {
  const done = await addPasskey(second);
  assert.ok(["SUCCESS", "MFA_ENROLL"].includes(done.body.status), JSON.stringify(done.body));
  const keys = await keysOf();
  assert.deepEqual(keys.map(({ profile }: any) => profile.authenticatorName).sort(), ["Blue key", "Passkey of a device"]);
  for (const at of [first, second, first]) {
    const { verify, stateToken, publicKey } = await asked(at, "webauthn");
    assert.equal(publicKey.allowCredentials.length, 2);
    const right = await at.post(verify, { stateToken, ...(await at.get(publicKey, false)) });
    assert.equal(right.body.status, "SUCCESS", JSON.stringify(right.body));
  }
});

test("a discoverable passkey alone signs in to the pages; a key that verifies nobody does not", async () => {
  const { body } = await first.post("/api/v1/authn/passkey", {});
  const done = await first.post("/api/v1/authn/passkey/verify", await first.get(body.publicKey));
  assert.equal(done.body.status, "SUCCESS", JSON.stringify(done.body));
  assert.equal(done.body._embedded.user.profile.login, person.login);
  await first.key.cdp.send("WebAuthn.setUserVerified", { authenticatorId: first.key.id, isUserVerified: false });
  const again = (await first.post("/api/v1/authn/passkey", {})).body.publicKey;
  await assert.rejects(first.get(again), /NotAllowedError/);
  // A page that asks for less than it was told gets no further.
  const [held] = await first.credentials();
  const allowCredentials = [{ type: "public-key", id: held.credentialId }];
  const weak = await first.get({ ...again, allowCredentials, userVerification: "discouraged" });
  assert.deepEqual((await first.post("/api/v1/authn/passkey/verify", weak)).body.errorCode, "E0000004");
  await first.key.cdp.send("WebAuthn.setUserVerified", { authenticatorId: first.key.id, isUserVerified: true });
});

test("S28: what is signed for another org on the same machine is worth nothing here", async () => {
  const { verify, stateToken, publicKey } = await asked(first, "webauthn");
  const elsewhere = await first.browser.context.newPage();
  // Same name, another port: the browser lets the key answer, and writes its own origin into the answer.
  await elsewhere.route("http://localhost:8081/**", (route) => route.fulfill({ body: "a forged page", contentType: "text/html" }));
  await elsewhere.goto("http://localhost:8081/");
  const cdp = await first.browser.context.newCDPSession(elsewhere);
  await cdp.send("WebAuthn.enable");
  const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "usb",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  for (const credential of await first.credentials()) await cdp.send("WebAuthn.addCredential", { authenticatorId, credential });
  const forged = await new OrgPage(first.browser, elsewhere, { cdp, id: authenticatorId }).get(publicKey);
  const refused = await first.post(verify, { stateToken, ...forged });
  assert.deepEqual([refused.status, refused.body.errorCode], [403, "E0000068"]);
  const [event] = await org.call(
    "GET",
    `/api/v1/logs?sortOrder=DESCENDING&limit=1&filter=${encodeURIComponent('eventType eq "factor.failed"')}`,
  );
  assert.match(JSON.stringify(event), /factor\.passkey-origin.*localhost:8081|localhost:8081.*factor\.passkey-origin/);
  await elsewhere.close();
});

test("S28: a copied key is found by its counter, locked and reported; the other key and the code still work", async () => {
  const [held] = await first.credentials();
  const [key] = (await keysOf()).filter(
    ({ profile }: any) => profile.credentialId === Buffer.from(held.credentialId, "base64").toString("base64url"),
  );
  await first.key.cdp.send("WebAuthn.removeCredential", { authenticatorId: first.key.id, credentialId: held.credentialId });
  await first.key.cdp.send("WebAuthn.addCredential", { authenticatorId: first.key.id, credential: { ...held, signCount: 1 } });
  const { verify, stateToken, publicKey } = await asked(first, key.id);
  const refused = await first.post(verify, { stateToken, ...(await first.get(publicKey)) });
  assert.equal(refused.status, 403, JSON.stringify(refused.body));
  assert.equal((await keysOf()).find(({ id }: any) => id === key.id)?.status, "LOCKED");
  assert.ok((await org.events(person)).includes("factor.counter-back"));
  const other = await asked(second, (await keysOf()).find(({ status }: any) => status === "ACTIVE").id);
  const done = await second.post(other.verify, { stateToken: other.stateToken, ...(await second.get(other.publicKey)) });
  assert.equal(done.body.status, "SUCCESS", JSON.stringify(done.body));
});

test("a logon at a machine is approved by link: the code that the browser shows, typed at the machine, lets in", async () => {
  const logon = await host.ask(person, "agent");
  const { stateToken } = logon.body;
  const link = await host.call("/api/v1/authn/link", { stateToken });
  assert.equal(link.status, 200, JSON.stringify(link.body));
  const token = link.body.url.split("/").at(-1);
  const { body: begun } = await second.post("/api/v1/approve/begin", { token });
  const proven = await second.post("/api/v1/approve/prove", { token, ...(await second.get(begun.publicKey)) });
  assert.deepEqual([proven.body.user.login, proven.body.logon.reference], [person.login, logon.reference]);
  const given = await second.post("/api/v1/approve/answer", { token, approval: proven.body.approval, answer: "yes" });
  const done = await host.call(`/api/v1/authn/factors/${link.body.factor}/verify`, { stateToken, passCode: given.body.code });
  assert.equal(done.body.status, "SUCCESS", JSON.stringify(done.body));
  assert.deepEqual(claimsOf(done.body.decision).amr, ["pwd", "link"]);
});

test("S17: the org does not start under another name while people have passkeys", async () => {
  await org.stop();
  const url = "http://127.0.0.1:8080";
  const args = [
    "--disable-warning=ExperimentalWarning",
    COMMAND,
    "serve",
    "--data",
    org.folder,
    "--listen",
    "127.0.0.1:8080",
    "--url",
    url,
  ];
  const refused = await run(process.execPath, args);
  assert.notEqual(refused.code, 0);
  assert.match(refused.out, /people have passkeys for localhost/);
  await org.start();
});
