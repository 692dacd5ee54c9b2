/** Every kind of answer has what the public documentation shows of its kind, but for differences that are meant; nothing else is added. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Answered, LOCAL_URL, LocalOrg, PageHost, type Someone } from "../machine/local-org.ts";
import { SoftAuthenticator } from "../machine/soft-authenticator.ts";
import { StoryPhone } from "./phone.ts";
import { beyond, DOCUMENTED, lacking, leavesOf } from "./shapes.ts";
import { SignedIn } from "./signed-in.ts";

const org = new LocalOrg("shapes");
before(() => org.start());
after(() => org.stop());

/** What the documentation shows and the org does not, with the reason. `*` stands for the rest of a path. */
const NOT_SHOWN: Record<string, string> = {
  "_embedded.user.passwordChanged": "a password alone shows nothing of a person (S16); and the org may not keep the password",
  "_embedded.user.profile.firstName": "the same",
  "_embedded.user.profile.lastName": "the same",
  "_embedded.user.profile.locale": "the org keeps no language of a person",
  "_embedded.user.profile.timeZone": "the org keeps no time zone of a person",
  "profile.*": "a password alone shows no device, address or number (S16)",
  "_embedded.factor.profile.*": "the same",
  "_embedded.challenge.extensions": "none is used",
  "profile.authenticatorName": "no name of a device before it answered (S16)",
  "_embedded.factor.profile.authenticatorName": "the same",
  "_embedded.policy.*": "no device is remembered",
  "_embedded.authentication.*": "no app signs in by SAML here: it is the session that becomes fresh",
  "_embedded.factor._embedded.challenge.extensions": "none is used",
  "_embedded.factor._embedded.activation.u2fParams.appid": "no key of the older U2F is taken over",
  "_embedded.factor._embedded.activation._links.send[].*": "an activation is sent nowhere: whoever enrols shows it to their own phone",
  "_links.next.*": "LOCKED_OUT: nobody unlocks themselves by mail (S18)",
};
/** What the org shows beyond the documentation. Public clients take no notice of it. */
const OURS: Record<string, string> = {
  kind: "the kind of factor, also of recovery codes",
  digits: "how many digits a code has",
  vendorName: "documented for some kinds only",
  status: "the same",
  type: "documented of step-ups alone",
  "_embedded.target.*": "the same",
  _links: "empty in SUCCESS, so that clients need not ask whether it is there",
  factorResult: "SUCCESS has it in some examples",
  "_embedded.challenge.*": "the same, for whichever key is at hand",
  "_links.verify.*": "the same link, where the documentation has none",
  "_links.next.*": "in MFA_ENROLL: where a ticket is shown (S18)",
  "_embedded.factor._links.verify.*": "the same link as next: a factor is shown alike in a list and alone",
  "_links.resend[].*": "a passkey may be asked anew as every factor",
  correctAnswer: "documented for one example of a push only",
  "_embedded.logon.*": "to a page that drives a machine's logon: which one it is",
  "_embedded.factor._embedded.challenge.*": "the rest of what a browser takes for a passkey (WebAuthn level 3, JSON form)",
  "_embedded.factor._embedded.activation.*":
    "the rest of what a browser takes for a passkey; otpauth URL, code and address for who cannot scan",
};

/** @param notShown keys of NOT_SHOWN that this very answer lacks; exactly those. */
function holds(kind: string, answer: unknown, notShown: (keyof typeof NOT_SHOWN)[], ours: (keyof typeof OURS)[] = []): void {
  held.add(kind);
  const fits = (path: string, pattern: string) => (pattern.endsWith("*") ? path.startsWith(pattern.slice(0, -1)) : path === pattern);
  const last = (path: string) => path.split(".").at(-1) ?? "";
  const lost = lacking(kind, answer);
  assert.deepEqual(
    lost.filter((path) => !notShown.some((pattern) => fits(path, pattern))),
    [],
    `${kind} lacks`,
  );
  assert.deepEqual(
    notShown.filter((pattern) => !lost.some((path) => fits(path, pattern))),
    [],
    `${kind} has what it is said to lack`,
  );
  const more = beyond(kind, answer);
  assert.deepEqual(
    more.filter((path) => !ours.some((pattern) => fits(path, pattern) || last(path) === pattern)),
    [],
    `${kind} adds`,
  );
}

const NOT_OFFERED: Record<string, string> = {
  "UNAUTHENTICATED SESSION_STEP_UP": "whoever has no session signs in first",
  "MFA_ENROLL_ACTIVATE push OKTA TIMEOUT": "a code that nobody typed ends with its transaction",
};

const held = new Set<string>();

const BEFORE_SUCCESS = [
  "_embedded.user.passwordChanged",
  "_embedded.user.profile.firstName",
  "_embedded.user.profile.lastName",
  "_embedded.user.profile.locale",
  "_embedded.user.profile.timeZone",
];
/** Of a factor in the middle of being enrolled, or asked for. */
const OURS_ENROLLING = ["kind", "vendorName", "_embedded.factor._embedded.activation.*", "_links.resend[].*"];
const OURS_ASKED = ["kind", "vendorName", "_embedded.factor._links.verify.*", "correctAnswer"];
const OURS_PASSKEY = [...OURS_ASKED, "_embedded.factor._embedded.challenge.*", "_links.resend[].*"];
const IN_SUCCESS = ["_embedded.user.profile.locale", "_embedded.user.profile.timeZone"];

/** An answer without its list of factors, which is held to its own kinds. */
function withoutFactors(body: any): any {
  return { ...body, _embedded: { ...body._embedded, factors: [] } };
}

const verify = (person: Someone, stateToken: string, passCode: string): Promise<Answered> =>
  org.post(`/api/v1/authn/factors/${person.factor}/verify`, { stateToken, passCode });

test("the comparison sees a key that is missing, and one that is too many", () => {
  const whole = { status: "LOCKED_OUT", _links: { next: { name: "unlock", href: "x", hints: { allow: ["POST"] } } } };
  assert.deepEqual([lacking("LOCKED_OUT", whole), beyond("LOCKED_OUT", whole)], [[], []]);
  assert.deepEqual(lacking("LOCKED_OUT", { ...whole, status: undefined, _links: { next: { name: "x" } } }), [
    "_links.next.hints.allow",
    "_links.next.href",
  ]);
  assert.deepEqual(beyond("LOCKED_OUT", { ...whole, secret: 1 }), ["secret"]);
  assert.deepEqual([...leavesOf({ a: [{ b: 1 }, { c: [] }], d: {} })].sort(), ["a[].b", "a[].c", "d"]);
});

// First, while the org's clock is the machine's: a signature goes by the time.
test("codes that are sent: listed, asked for, and enrolled by who has no factor", async () => {
  await org.call("PUT", "/api/v1/org/mail", { server: "smtp://127.0.0.1:2525", from: "mfa@corp.example" });
  await org.call("PUT", "/api/v1/org/sms", { url: "https://sms.corp.example/send" });
  const host = await new PageHost(org).enrol("weak", [{ name: "sent", then: "factor", factors: ["email", "sms", "call"] }]);
  const hal = await org.newcomer();
  const ida = await org.newcomer();
  for (const one of [hal, ida]) await host.assign(one);
  const phoneNumber = "+493012345678";
  for (const [factorType, profile] of [
    ["email", {}],
    ["sms", { phoneNumber }],
    ["call", { phoneNumber }],
  ] as const)
    await org.call("POST", `/api/v1/users/${hal.id}/factors?activate=true`, { factorType, provider: "OKTA", profile });
  const { body } = await host.ask(hal);
  const named = ["kind", "digits", "vendorName"];
  for (const factor of body._embedded.factors.filter((one: any) => one.factorType !== "email")) {
    holds(`MFA_REQUIRED > ${factor.factorType} OKTA`, factor, [], named);
    const asked = await org.post(`/api/v1/authn/factors/${factor.id}/verify`, { stateToken: body.stateToken, passCode: "" });
    const more = [...OURS_ASKED, "digits", "_links.resend[].*", "factorResult", "_embedded.logon.*"];
    holds(`MFA_CHALLENGE ${factor.factorType} OKTA`, asked.body, BEFORE_SUCCESS, more);
    assert.doesNotMatch(JSON.stringify(asked.body), /12345678/, "no number in full");
    await back(body.stateToken);
  }
  await org.openWindow(ida);
  const offered = (await host.ask(ida)).body;
  for (const factor of offered._embedded.factors) {
    const { factorType } = factor;
    if (factorType !== "email") holds(`MFA_ENROLL > ${factorType} OKTA`, factor, [], ["kind", "vendorName"]);
    const profile = factorType === "email" ? {} : { phoneNumber };
    const begun = await org.post("/api/v1/authn/factors", { stateToken: offered.stateToken, factorType, provider: "OKTA", profile });
    const more = [...OURS_ENROLLING, "digits", "factorResult", "_embedded.logon.*"];
    holds(`MFA_ENROLL_ACTIVATE ${factorType} OKTA`, begun.body, BEFORE_SUCCESS, more);
    await back(offered.stateToken);
  }
});

test("MFA_REQUIRED and SUCCESS by an authenticator app", async () => {
  const ann = await org.someone();
  const asked = await org.primary(ann);
  holds("MFA_REQUIRED", withoutFactors(asked), BEFORE_SUCCESS);
  for (const factor of asked._embedded.factors) {
    holds("MFA_REQUIRED > token:software:totp OKTA", factor, ["profile.*"], ["kind", "digits", "vendorName"]);
  }
  const done = await verify(ann, asked.stateToken, org.code(ann));
  holds("SUCCESS", done.body, IN_SUCCESS, ["_links", "factorResult"]);
});

test("a step-up: its app in MFA_REQUIRED, and SUCCESS", async () => {
  const kit = await org.someone();
  const app = (await org.call("POST", "/api/v1/apps", { label: "Corporate VPN" })).id;
  await org.call("POST", `/api/v1/apps/${app}/users`, { id: kit.id });
  const signed = await SignedIn.of(org, kit);
  org.setClock(org.clock + 61);
  const asked = (await signed.stepUp(app)).body;
  holds("MFA_REQUIRED", withoutFactors(asked), BEFORE_SUCCESS, ["type", "_embedded.target.*"]);
  const proof = { stateToken: asked.stateToken, passCode: org.code(kit) };
  const done = await signed.call("POST", `/api/v1/authn/factors/${kit.factor}/verify`, proof);
  holds("SUCCESS SESSION_STEP_UP", done.body, [...IN_SUCCESS, "_embedded.authentication.*"], ["factorResult"]);
});

test("PASSWORD_EXPIRED by who has to change their password", async () => {
  const ivy = await org.someone();
  await org.call("POST", `/api/v1/users/${ivy.id}/lifecycle/expire_password`);
  holds("PASSWORD_EXPIRED", await org.primary(ivy), BEFORE_SUCCESS, ["excludeUsername"]);
});

test("LOCKED_OUT by a name whose factor is burnt", async () => {
  const bob = await org.someone();
  await org.fail(bob, 99);
  const { stateToken } = await org.primary(bob);
  assert.equal((await verify(bob, stateToken, org.wrongCode(bob))).body.errorCode, "E0000069");
  holds("LOCKED_OUT", await org.primary(bob), ["_links.next.*"]);
});

/** A passkey, made in this transaction by an authenticator of software. */
async function makePasskey(stateToken: string): Promise<void> {
  const { factor } = (await enrol(stateToken, "webauthn", "FIDO")).body._embedded;
  const done = await org.post(`/api/v1/authn/factors/${factor.id}/lifecycle/activate`, {
    stateToken,
    ...new SoftAuthenticator(LOCAL_URL).create(factor._embedded.activation),
  });
  assert.equal(done.body.status, "SUCCESS");
}

const enrol = (stateToken: string, factorType: string, provider: string) =>
  org.post("/api/v1/authn/factors", { stateToken, factorType, provider });
const back = (stateToken: string) => org.post("/api/v1/authn/previous", { stateToken });

test("MFA_ENROLL, and MFA_ENROLL_ACTIVATE of an app, a phone and a passkey", async () => {
  const eve = await org.newcomer();
  await org.openWindow(eve);
  const offered = await org.primary(eve);
  holds("MFA_ENROLL", withoutFactors(offered), BEFORE_SUCCESS, ["_links.next.*"]);
  for (const factor of offered._embedded.factors) {
    const kind = { totp: "token:software:totp GOOGLE", push: "push OKTA", passkey: "sms OKTA" }[factor.kind as string];
    if (kind) holds(`MFA_ENROLL > ${kind}`, factor, [], ["kind", "vendorName"]);
  }
  const { stateToken } = offered;
  const totp = await enrol(stateToken, "token:software:totp", "GOOGLE");
  holds("MFA_ENROLL_ACTIVATE token:software:totp GOOGLE", totp.body, [...BEFORE_SUCCESS, "_embedded.factor.profile.*"], OURS_ENROLLING);
  await back(stateToken);
  const push = await enrol(stateToken, "push", "OKTA");
  holds(
    "MFA_ENROLL_ACTIVATE push OKTA WAITING",
    push.body,
    [...BEFORE_SUCCESS, "_embedded.factor._embedded.activation._links.send[].*"],
    OURS_ENROLLING,
  );
  await back(stateToken);
  const passkey = await enrol(stateToken, "webauthn", "FIDO");
  holds(
    "MFA_ENROLL_ACTIVATE webauthn FIDO",
    passkey.body,
    [...BEFORE_SUCCESS, "_embedded.factor._embedded.activation.u2fParams.appid"],
    OURS_ENROLLING,
  );
});

test("MFA_CHALLENGE of a push: waiting, refused, too late", async () => {
  const fay = await org.newcomer();
  const phone = await StoryPhone.of(org, fay);
  const asked = await org.primary(fay);
  for (const factor of asked._embedded.factors) holds("MFA_REQUIRED > push OKTA", factor, ["profile.*"], ["kind", "vendorName"]);
  const send = () => org.post(`/api/v1/authn/factors/${asked._embedded.factors[0].id}/verify`, { stateToken: asked.stateToken });
  const missing = [...BEFORE_SUCCESS, "_embedded.factor.profile.*"];
  holds("MFA_CHALLENGE push OKTA WAITING", (await send()).body, missing, OURS_ASKED);
  await phone.answer(await phone.request(), "no");
  holds("MFA_CHALLENGE push OKTA REJECTED", (await send()).body, missing, OURS_ASKED);
  await send();
  org.setClock(org.clock + 61);
  holds("MFA_CHALLENGE push OKTA TIMEOUT", (await send()).body, missing, OURS_ASKED);
});

test("MFA_CHALLENGE of a passkey, and of whichever passkey is at hand", async () => {
  const gus = await org.newcomer();
  await org.openWindow(gus);
  const first = await org.primary(gus);
  await makePasskey(first.stateToken);
  const missing = [...BEFORE_SUCCESS, "_embedded.policy.*", "_embedded.factor.profile.authenticatorName"];
  const asked = await org.primary(gus);
  const [{ id }] = asked._embedded.factors;
  const one = await org.post(`/api/v1/authn/factors/${id}/verify`, { stateToken: asked.stateToken });
  holds("MFA_CHALLENGE webauthn FIDO CHALLENGE", one.body, [...missing, "_embedded.factor._embedded.challenge.extensions"], OURS_PASSKEY);
  await back(asked.stateToken);
  const any = await org.post("/api/v1/authn/factors/webauthn/verify", { stateToken: asked.stateToken });
  const kind = "MFA_CHALLENGE webauthn by type";
  const { factors, ...rest } = any.body._embedded;
  holds(
    kind,
    { ...any.body, _embedded: { ...rest, factors: [] } },
    [...BEFORE_SUCCESS, "_embedded.policy.*", "_embedded.challenge.extensions"],
    ["_embedded.challenge.*", "_links.resend[].*"],
  );
  for (const one of factors) holds(`${kind} > webauthn FIDO`, one, ["profile.authenticatorName"], ["kind", "_links.verify.*"]);
});

test("errors have their documented code, status and shape", async () => {
  const cleo = await org.someone();
  const { stateToken } = await org.primary(cleo);
  const post = (path: string, body: unknown) => org.post(`/api/v1/authn${path}`, body);
  const none = `00${"x".repeat(43)}`;
  const tries: [string, number, Promise<Answered>][] = [
    ["E0000001", 400, post("", { username: "" })],
    ["E0000001", 400, post("/previous?later=true", { stateToken })],
    ["E0000004", 401, post("", { username: cleo.login, password: "wrong" })],
    ["E0000011", 401, post("/introspect", { stateToken: none })],
    ["E0000068", 403, verify(cleo, stateToken, org.wrongCode(cleo))],
    ["E0000079", 403, post("/skip", { stateToken })],
    ["E0000079", 403, post("/previous", { stateToken })],
  ];
  for (const [code, status, call] of tries) {
    const answer = await call;
    assert.deepEqual([answer.status, answer.body.errorCode, answer.body.errorLink], [status, code, code], JSON.stringify(answer.body));
    holds(`error ${code}`, answer.body, []);
  }
  const unknown = await post("/previous?later=true", { stateToken });
  assert.deepEqual(unknown.body.errorCauses, [{ errorSummary: "later: unknown query parameter" }]);
  const broken = await org.post("/api/v1/authn", "{");
  assert.deepEqual([broken.status, broken.body.errorCode], [400, "E0000003"]);
  for (let i = 0; i < 25; i++) await post("", { username: cleo.login, password: "wrong" });
  const many = await post("", { username: cleo.login, password: "wrong" });
  assert.deepEqual([many.status, many.body.errorCode], [429, "E0000047"]);
  holds("error E0000047", { ...many.body, errorCauses: [] }, []);
});

test("every answer says how many calls are left, and until when; a password, how many passwords", async () => {
  const dan = await org.someone();
  org.setClock(org.clock + 61);
  const primary = await org.post("/api/v1/authn", { username: dan.login, password: dan.password });
  const { stateToken } = primary.body;
  const answers = [primary, await org.post("/api/v1/authn/introspect", { stateToken }), await verify(dan, stateToken, org.wrongCode(dan))];
  for (const { headers } of answers) {
    const [limit, left, reset] = ["limit", "remaining", "reset"].map((name) => Number(headers.get(`x-rate-limit-${name}`)));
    assert.ok(limit && left !== undefined && left < limit && reset && reset > org.now().getTime() / 1000, `${limit} ${left} ${reset}`);
  }
  const again = await org.post("/api/v1/authn", { username: dan.login, password: dan.password });
  const said = [primary, again].map(({ headers }) => [headers.get("x-rate-limit-limit"), headers.get("x-rate-limit-remaining")]);
  assert.deepEqual(said, [
    ["20", "19"],
    ["20", "18"],
  ]);
});

test("every kind that is documented was held, or is not offered for a reason", () => {
  const left = [...DOCUMENTED.keys()].filter((kind) => !held.has(kind));
  assert.deepEqual(left.sort(), Object.keys(NOT_OFFERED).sort());
});
