/** TOTP in all its variants, and its re-sync, over HTTP. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Secret, TOTP } from "otpauth";
import { openOrg, type TestOrg } from "../org.fixture.ts";

const BODY = { factorType: "token:software:totp", provider: "GOOGLE" };
const BYTES = { SHA1: 20, SHA256: 32, SHA512: 64 } as const;

async function alice(org: TestOrg): Promise<string> {
  return (await org.call("admin", "POST", "/api/v1/users?activate=true", { profile: { login: "alice" } })).body.id;
}

/** What an authenticator app makes of the QR code, and of nothing else. */
function deviceOf(otpauth: string): { code(at: number): string; digits: number; algorithm: string } {
  const uri = new URL(otpauth);
  const [digits, algorithm, period] = ["digits", "algorithm", "period"].map((name) => uri.searchParams.get(name) ?? "");
  const secret = Secret.fromBase32(uri.searchParams.get("secret") ?? "");
  const totp = new TOTP({ secret, digits: Number(digits), algorithm: algorithm ?? "", period: Number(period) });
  return { code: (timestamp) => totp.generate({ timestamp }), digits: Number(digits), algorithm: algorithm ?? "" };
}

for (const algorithm of ["SHA1", "SHA256", "SHA512"] as const) {
  for (const digits of [6, 7, 8]) {
    test(`${digits} digits by ${algorithm}: what the QR code says makes the code that activates; the secret is as long as the hash`, async (t) => {
      const org = await openOrg(t);
      const id = await alice(org);
      const made = (await org.call("admin", "POST", `/api/v1/users/${id}/factors`, { ...BODY, digits, algorithm })).body;
      assert.deepEqual([made.digits, made.algorithm], [digits, algorithm]);
      const { otpauth, sharedSecret } = made._embedded.activation;
      assert.equal(Secret.fromBase32(sharedSecret).bytes.length, BYTES[algorithm]);
      const device = deviceOf(otpauth);
      assert.deepEqual([device.digits, device.algorithm], [digits, algorithm]);
      const passCode = device.code(org.clock.now);
      assert.equal(passCode.length, digits);
      const url = `/api/v1/users/${id}/factors/${made.id}/lifecycle/activate`;
      const done = await org.call("admin", "POST", url, { passCode });
      assert.deepEqual([done.status, done.body.status, done.body.digits], [200, "ACTIVE", digits]);
    });
  }
}

test("S8: fewer than six digits, or a hash that RFC 6238 does not know, are refused", async (t) => {
  const org = await openOrg(t);
  const id = await alice(org);
  for (const bad of [{ digits: 5 }, { digits: 9 }, { digits: "6" }, { algorithm: "MD5" }, { factorType: "none" }])
    assert.equal((await org.call("admin", "POST", `/api/v1/users/${id}/factors`, { ...BODY, ...bad })).status, 400, JSON.stringify(bad));
});

async function drifting(t: Parameters<typeof openOrg>[0], behind: number) {
  const org = await openOrg(t);
  const id = await alice(org);
  const made = (await org.call("admin", "POST", `/api/v1/users/${id}/factors?activate=true`, BODY)).body;
  const device = deviceOf(made._embedded.activation.otpauth);
  const url = `/api/v1/users/${id}/factors/${made.id}/lifecycle/resync`;
  const shows = (at: number) => device.code(at - behind * 30_000);
  const send = (passCode: string, nextPassCode: string) => org.call("help-desk", "POST", url, { passCode, nextPassCode });
  const row = () => org.store.read((tx) => tx.enrolments.byId(made.id));
  return { org, id, factor: made.id as string, shows, send, row };
}

test("S6: two codes in a row set the org to a device that is two steps behind; both are used up, the log says so", async (t) => {
  const { org, shows, send, row, factor } = await drifting(t, 2);
  const now = org.clock.now;
  const done = await send(` ${shows(now - 30_000)} `, shows(now));
  assert.deepEqual([done.status, done.body.id], [200, factor]);
  assert.deepEqual([(await row())?.drift, (await row())?.failures], [-2, 0]);
  const step = Math.floor(now / 30_000) - 2;
  const consumed = await org.store.inTransaction(async (tx) => [
    await tx.enrolments.consumeStep(factor, step - 1),
    await tx.enrolments.consumeStep(factor, step),
  ]);
  assert.deepEqual(consumed, [false, false], "S4: neither counts again");
  assert.deepEqual((await org.events("factor.resynced"))[0]?.data, { factor, kind: "totp", drift: -2, before: 0 });
  assert.match((await send(shows(now - 30_000), shows(now))).text, /used already/);
});

test("S6: a device that is further off than a drift may be is told so, and its codes are used up", async (t) => {
  const { org, shows, send, row } = await drifting(t, 5);
  const now = org.clock.now;
  const far = await send(shows(now - 30_000), shows(now));
  assert.deepEqual([far.status, far.body.errorCode], [403, "E0000068"]);
  assert.match(far.text, /150 seconds behind.*set its clock/);
  assert.deepEqual([(await row())?.drift, (await row())?.failures], [0, 1]);
});

test("S5: codes that are no pair re-sync nothing, and what was recognised of them is used up", async (t) => {
  const { org, shows, send, row, factor } = await drifting(t, 0);
  const now = org.clock.now;
  const pairs: [string, string][] = [
    [shows(now), shows(now - 30_000)],
    [shows(now - 90_000), "12"],
    ["", ""],
  ];
  for (const pair of pairs) assert.match((await send(...pair)).text, /not two codes in a row/);
  assert.equal((await row())?.failures, 3);
  const steps = [0, 1, 3].map((back) => Math.floor(now / 30_000) - back);
  for (const step of steps) assert.equal(await org.store.inTransaction((tx) => tx.enrolments.consumeStep(factor, step)), false);
});

test("S1, S2: a re-sync is a try: after five wrong ones it has to wait, at the cap the factor is locked and nothing is looked at", async (t) => {
  const { org, shows, send, row, factor } = await drifting(t, 1);
  for (let tries = 0; tries < 5; tries++) await send("000000", "111111");
  assert.match((await send(shows(org.clock.now - 30_000), shows(org.clock.now))).text, /wait 30 seconds/);
  assert.equal((await row())?.failures, 5);
  await org.store.inTransaction((tx) => tx.enrolments.update(factor, { failures: 99, nextTryAt: 0 }));
  await send("000000", "111111");
  assert.equal((await row())?.status, "LOCKED");
  assert.match((await send(shows(org.clock.now - 30_000), shows(org.clock.now))).text, /the factor is LOCKED/);
});

test("S18: nobody re-syncs a factor, makes recovery codes or gives out a bypass code for somebody of a higher role", async (t) => {
  const { org, id, factor, shows } = await drifting(t, 0);
  const app = (await org.call("admin", "POST", "/api/v1/apps", { label: "servers" })).body.id;
  await org.store.inTransaction((tx) => tx.users.update(id, { role: "owner" }));
  const pair = { passCode: shows(org.clock.now - 30_000), nextPassCode: shows(org.clock.now) };
  const calls: [string, string, object?][] = [
    ["POST", `factors/${factor}/lifecycle/resync`, pair],
    ["POST", "factors", { factorType: "recovery_codes" }],
    ["POST", "bypass-codes", { app, reason: "phone lost" }],
  ];
  for (const [method, path, body] of calls) {
    const answer = await org.call("admin", method, `/api/v1/users/${id}/${path}`, body);
    assert.equal(answer.status, 403, path);
    assert.match(answer.text, /role owner, which is above admin/);
  }
  const given = (await org.call("owner", "POST", `/api/v1/users/${id}/bypass-codes`, { app, reason: "phone lost" })).body;
  assert.equal((await org.call("admin", "DELETE", `/api/v1/users/${id}/bypass-codes/${given.id}`)).status, 403);
  assert.deepEqual(
    (await org.store.read((tx) => tx.enrolments.ofUser(id))).map(({ kind }) => kind),
    ["totp"],
  );
});

test("recovery codes stand beside TOTP: one set at a time, no first code, no re-sync, reset by itself", async (t) => {
  const { org, id } = await drifting(t, 0);
  const url = `/api/v1/users/${id}/factors`;
  const made = (await org.call("help-desk", "POST", url, { factorType: "recovery_codes" })).body;
  assert.deepEqual([made.status, made.remaining, made._embedded.activation.codes.length], ["ACTIVE", 10, 10]);
  assert.match((await org.call("admin", "POST", url, { factorType: "recovery_codes" })).text, /already set up .*reset it first/);
  const activate = await org.call("admin", "POST", `${url}/${made.id}/lifecycle/activate`, { passCode: "123456" });
  assert.match(activate.text, /the factor is ACTIVE/);
  const sync = await org.call("admin", "POST", `${url}/${made.id}/lifecycle/resync`, { passCode: "123456", nextPassCode: "123456" });
  assert.match(sync.text, /only a TOTP factor has a clock/);
  assert.equal((await org.call("help-desk", "DELETE", `${url}/${made.id}`)).status, 204);
  const left = (await org.call("auditor", "GET", url)).body;
  assert.deepEqual(
    left.map(({ factorType }: Record<string, string>) => factorType),
    ["token:software:totp"],
  );
  assert.deepEqual(await org.store.read((tx) => tx.recoveryCodes.selectors(made.id)), [], "S7: nothing of it is kept");
  assert.equal((await org.call("help-desk", "POST", url, { factorType: "recovery_codes" })).status, 200);
});
