/** Every kind of answer has what the public documentation shows of its kind, but for differences that are meant; nothing else is added. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Answered, LocalOrg, type Someone } from "./local-org.ts";
import { beyond, lacking, leavesOf } from "./shapes.ts";

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
  "_links.next.*": "LOCKED_OUT: nobody unlocks themselves by mail (S18)",
};
/** What the org shows beyond the documentation. Public clients take no notice of it. */
const OURS: Record<string, string> = {
  kind: "the kind of factor, also of recovery codes",
  digits: "how many digits a code has",
  vendorName: "documented for some kinds only",
  status: "the same",
  _links: "empty in SUCCESS, so that clients need not ask whether it is there",
  factorResult: "SUCCESS has it in some examples",
  "_links.skip.*": "documented in PASSWORD_WARN; clients read it in MFA_ENROLL",
  "_links.skip.name": "the same",
};

/** @param notShown keys of NOT_SHOWN that this very answer lacks; exactly those. */
function holds(kind: string, answer: unknown, notShown: (keyof typeof NOT_SHOWN)[], ours: (keyof typeof OURS)[] = []): void {
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

const BEFORE_SUCCESS = [
  "_embedded.user.passwordChanged",
  "_embedded.user.profile.firstName",
  "_embedded.user.profile.lastName",
  "_embedded.user.profile.locale",
  "_embedded.user.profile.timeZone",
];
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

test("LOCKED_OUT by a name whose factor is burnt", async () => {
  const bob = await org.someone();
  await org.fail(bob, 99);
  const { stateToken } = await org.primary(bob);
  assert.equal((await verify(bob, stateToken, org.wrongCode(bob))).body.errorCode, "E0000069");
  holds("LOCKED_OUT", await org.primary(bob), ["_links.next.*"]);
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
