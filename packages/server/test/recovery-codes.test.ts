/** Recovery codes at a logon: one field, ten single uses, counted like every other try, and silent about everything else. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, test } from "node:test";
import { CROCKFORD, LONG_CODE_BYTES, writeLongCode } from "@sallyport/contracts";
import fc from "fast-check";
import { openLogonOrg } from "./logon-org.ts";
import { make, why } from "./test-org.ts";

const { org, host, appId, nextStep, person } = await openLogonOrg();
after(() => org.close());

interface Holder {
  id: string;
  login: string;
  factor: string;
  set: string;
  codes: string[];
  code(at: number): string;
}

async function holder(login: string): Promise<Holder> {
  const made = await person(login);
  const { id, _embedded } = await make(org, "POST", `/api/v1/users/${made.id}/factors`, { factorType: "recovery_codes" });
  return { ...made, set: id, codes: _embedded.activation.codes };
}

async function begin(login: string) {
  const request = host.request(login);
  const { body } = await host.call("/api/v1/authn/logon", request);
  return { reference: request.reference, token: body.stateToken as string, factors: body._embedded?.factors as { kind: string }[], body };
}

async function type(one: Holder, passCode: string, factor = one.factor) {
  const { reference, token } = await begin(one.login);
  const answer = await host.verify(token, factor, passCode);
  return { reference, ...answer };
}

const setOf = async ({ id, set }: Holder) =>
  (await org.manage("GET", `/api/v1/users/${id}/factors`)).body.find((one: { id: string }) => one.id === set);
const log = (type: string) => org.deps.store.read((tx) => tx.log.list({ limit: 1000, type }));
const random = () => writeLongCode(randomBytes(LONG_CODE_BYTES));

test("S11: ten codes of 80 secret bits are shown once, kept as argon2id only, and none stands in any row or event", async () => {
  const one = await holder("ten");
  assert.equal(new Set(one.codes).size, 10);
  for (const code of one.codes) assert.match(code, /^([0-9A-HJKMNP-TV-Z]{4}-){4}[0-9A-HJKMNP-TV-Z]{4}$/);
  assert.ok(!JSON.stringify((await org.manage("GET", `/api/v1/users/${one.id}/factors`)).body).includes("_embedded"));
  const stored = await org.deps.store.read(async (tx) => [
    await Promise.all(one.codes.map((code) => tx.recoveryCodes.find(one.set, code.slice(0, 4)))),
    await tx.enrolments.ofUser(one.id),
    await tx.log.list({ limit: 1000 }),
  ]);
  const hashes = stored[0] as { hash: string }[];
  assert.equal(new Set(hashes.map(({ hash }) => hash)).size, 10);
  for (const { hash } of hashes) assert.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  const text = JSON.stringify(stored);
  for (const code of one.codes)
    for (const form of [code, code.replaceAll("-", ""), code.replaceAll("-", "").slice(4)]) assert.ok(!text.includes(form));
});

test("S4: each code lets in once, in the field of the app's code, in either case, with or without hyphens; then it is factor.code-used", async () => {
  const one = await holder("once");
  const [first = "", second = "", third = ""] = one.codes;
  for (const typed of [first, second.toLowerCase(), third.replaceAll("-", "").toLowerCase()]) {
    const done = await type(one, typed);
    assert.equal(done.body.status, "SUCCESS", JSON.stringify(done.body));
    assert.deepEqual((await why(org, done.reference)).amr, ["pwd", "recovery"]);
    const again = await type(one, typed);
    assert.deepEqual([again.status, again.body.cause], [403, "factor.code-used"]);
  }
  assert.equal((await setOf(one)).remaining, 7);
  assert.equal((await type(one, one.codes[3] ?? "", one.set)).body.status, "SUCCESS", "by the set's own address, too");
});

test("S4: of many that send one code at the same time, in logons of their own, exactly one is let in", async () => {
  const one = await holder("many");
  const opened = await Promise.all(Array.from({ length: 4 }, () => begin("many")));
  const answers = await Promise.all(opened.map(({ token }) => host.verify(token, one.factor, one.codes[0] ?? "")));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 403, 403, 403]);
});

test("a retry with the same input id gets the same answer, and uses up no second code", async () => {
  const one = await holder("retry");
  const { token } = await begin("retry");
  const first = await host.verify(token, one.factor, one.codes[0] ?? "", "input-0001");
  const retry = await host.verify(token, one.factor, one.codes[0] ?? "", "input-0001");
  assert.deepEqual([first.body.status, retry.body.status], ["SUCCESS", "SUCCESS"]);
  assert.equal((await setOf(one)).remaining, 9);
});

test("S1, S2: wrong codes count on the set, not on the app; the wait grows, the cap locks the set, and the app's code still works", async () => {
  const one = await holder("guess");
  for (let tries = 1; tries <= 5; tries++) {
    const answer = await type(one, random());
    assert.equal(answer.body.cause, "factor.recovery-wrong");
    assert.equal((await setOf(one)).failures, tries);
  }
  const waiting = await type(one, one.codes[0] ?? "");
  assert.deepEqual([waiting.body.cause, waiting.body.evidence.waitSeconds], ["factor.throttled", 30]);
  assert.equal((await setOf(one)).failures, 5, "what is not looked at is not counted");
  await org.deps.store.inTransaction((tx) => tx.enrolments.update(one.set, { failures: 99, nextTryAt: 0 }));
  const last = await type(one, random());
  assert.equal(last.body.cause, "factor.recovery-wrong");
  assert.equal((await setOf(one)).status, "LOCKED");
  const locked = await begin("guess");
  assert.deepEqual(
    locked.factors.map(({ kind }) => kind),
    ["totp"],
  );
  assert.equal((await host.verify(locked.token, one.factor, one.codes[0] ?? "")).body.cause, "factor.recovery-wrong");
  nextStep();
  const fresh = await begin("guess");
  assert.equal((await host.verify(fresh.token, one.factor, one.code(org.clock.now))).body.status, "SUCCESS");
});

test("S1: a set that is locked or reset is still an enrolment: who has nothing else is locked out, and never free to enrol", async () => {
  const user = await make(org, "POST", "/api/v1/users?activate=true", { profile: { login: "alone" } });
  await make(org, "POST", `/api/v1/apps/${appId}/users`, { id: user.id });
  const set = await make(org, "POST", `/api/v1/users/${user.id}/factors`, { factorType: "recovery_codes" });
  const opened = await begin("alone");
  assert.deepEqual(
    opened.factors.map(({ kind }) => kind),
    ["recovery"],
  );
  assert.equal((await host.verify(opened.token, set.id, "123456")).body.cause, "factor.code-malformed");
  assert.equal((await host.verify(opened.token, set.id, set._embedded.activation.codes[0])).body.status, "SUCCESS");
  assert.equal((await org.manage("DELETE", `/api/v1/users/${user.id}/factors/${set.id}`)).status, 204);
  assert.equal((await begin("alone")).body.cause, "factor.locked");
});

test("S1: tries that wait for the slow hash together do not slip past the wait", async () => {
  const one = await holder("crowd");
  const opened = await Promise.all(Array.from({ length: 12 }, () => begin("crowd")));
  const answers = await Promise.all(opened.map(({ token }) => host.verify(token, one.factor, random())));
  const looked = answers.filter(({ body }) => body.cause === "factor.recovery-wrong").length;
  assert.equal(looked, 5);
  assert.equal(answers.filter(({ body }) => body.cause === "factor.throttled").length, 7);
});

test("S14: with the queue of hashes full nothing is compared, and no try is used up", async () => {
  const one = await holder("queue");
  const { verify } = org.deps.passwords;
  org.deps.passwords.verify = async () => "overloaded";
  try {
    assert.equal((await type(one, one.codes[0] ?? "")).body.cause, "org.overloaded");
  } finally {
    org.deps.passwords.verify = verify;
  }
  assert.equal((await setOf(one)).failures, 0);
  assert.equal((await type(one, one.codes[0] ?? "")).body.status, "SUCCESS");
});

test("a person who is suspended while the hash is compared does not get in, and a set that is reset then has no codes", async () => {
  const one = await holder("between");
  const { verify } = org.deps.passwords;
  const meanwhile = (path: string, method: string) => {
    org.deps.passwords.verify = async (hash, secret) => {
      await make(org, method, `/api/v1/users/${one.id}/${path}`);
      return verify(hash, secret);
    };
  };
  try {
    meanwhile("lifecycle/suspend", "POST");
    const suspended = await type(one, one.codes[0] ?? "");
    assert.equal(suspended.status, 403);
    assert.equal((await why(org, suspended.reference)).cause, "user.suspended");
    org.deps.passwords.verify = verify;
    await make(org, "POST", `/api/v1/users/${one.id}/lifecycle/unsuspend`);
    meanwhile(`factors/${one.set}`, "DELETE");
    assert.equal((await type(one, one.codes[0] ?? "")).body.cause, "factor.recovery-wrong");
  } finally {
    org.deps.passwords.verify = verify;
  }
});

test("when two codes are left a warning stands in the log, and again for the last ones", async () => {
  const one = await holder("low");
  for (const code of one.codes) assert.equal((await type(one, code)).body.status, "SUCCESS");
  const warned = (await log("factor.recovery-low")).filter(({ target }) => target?.id === one.id);
  assert.deepEqual(
    warned.map(({ data }) => data["remaining"]),
    [2, 1, 0],
  );
  assert.equal((await setOf(one)).remaining, 0);
  assert.equal((await type(one, random())).body.cause, "factor.recovery-wrong");
});

test("a rule that lists kinds leaves recovery codes out as any other kind", async () => {
  const one = await holder("ruled");
  const { version, document } = (await org.manage("GET", `/api/v1/apps/${appId}/policy`)).body;
  const rules = [{ name: "app only", if: { users: ["ruled"] }, then: "factor", factors: ["totp"] }];
  await make(org, "PUT", `/api/v1/apps/${appId}/policy`, { version, document: { ...document, rules } });
  const opened = await begin("ruled");
  assert.deepEqual(
    opened.factors.map(({ kind }) => kind),
    ["totp"],
  );
  assert.equal((await host.verify(opened.token, one.factor, one.codes[0] ?? "")).body.cause, "factor.recovery-wrong");
  assert.equal((await setOf(one)).remaining, 10);
});

test("S16: of another's codes, of a known selector with a wrong end, and of nobody's code, the answer is one and the same", async () => {
  const [one, other] = [await holder("same"), await holder("other")];
  const answers = new Set<string>();
  const own = one.codes[0] ?? "";
  for (const typed of [other.codes[0] ?? "", random(), `${own.slice(0, -1)}${own.endsWith("0") ? "1" : "0"}`]) {
    const { status, body } = await type(one, typed);
    answers.add(JSON.stringify({ status, ...body, errorId: "", reference: "" }));
  }
  assert.equal(answers.size, 1);
  assert.equal((await setOf(other)).remaining, 10);
});

test("a code with one wrong character never lets in, wherever it stands", async () => {
  const one = await holder("typo");
  await fc.assert(
    fc.asyncProperty(fc.nat(9), fc.nat(19), fc.integer({ min: 1, max: 31 }), async (which, at, by) => {
      const code = (one.codes[which] ?? "").replaceAll("-", "");
      const typo = `${code.slice(0, at)}${CROCKFORD[(CROCKFORD.indexOf(code[at] ?? "") + by) % 32]}${code.slice(at + 1)}`;
      await org.deps.store.inTransaction((tx) => tx.enrolments.update(one.set, { failures: 0, nextTryAt: 0 }));
      assert.equal((await type(one, typo)).body.cause, "factor.recovery-wrong");
    }),
    { numRuns: 40 },
  );
  assert.equal((await setOf(one)).remaining, 10);
});
