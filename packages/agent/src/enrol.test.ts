/** Enrolment: a code that is not right costs no network call, another org is not believed, and nothing is half-written. */
import assert from "node:assert/strict";
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { exportJWK, generateKeyPair } from "jose";
import { issue } from "../doubles/certificates.ts";
import { OrgDouble } from "../doubles/org-double.ts";
import { enrolled, tempFolder } from "../doubles/rig.ts";
import { error, type Script } from "../doubles/scripted-server.ts";
import { enrolHost } from "./enrol.ts";
import { readSettings } from "./settings.ts";
import { readArmed } from "./state/armed.ts";
import { readIdentity } from "./state/host-identity.ts";

const ENROL = "/api/v1/hosts/enrol";

async function orgFor(t: TestContext, tls?: Parameters<typeof OrgDouble.start>[0]): Promise<OrgDouble> {
  const org = await OrgDouble.start(tls);
  t.after(() => org.stop());
  return org;
}

test("a host that is enrolled is disarmed, its files are its own, and its key never left it", async (t) => {
  const { org, state } = await enrolled(t);
  for (const file of ["agent.json", "host.json", "state.json", "armed.json"])
    assert.equal(statSync(join(state, file)).mode & 0o777, 0o600, file);
  const armed = readArmed(state);
  assert.ok(armed.ok && !armed.armed.armed);
  const { key } = JSON.parse(readFileSync(join(state, "host.json"), "utf8")) as { key: { d: string } };
  assert.ok(org.calls.length > 0 && org.calls.every((call) => !call.raw.includes(key.d)));
  assert.deepEqual(
    readdirSync(state).filter((name) => /new$|probe/.test(name)),
    [],
  );
});

describe("a code that is not right", () => {
  test("is refused before any network call, with the place of the wrong character", async (t) => {
    const org = await orgFor(t);
    const state = join(tempFolder(t), "state");
    const code = await org.code();
    for (let at = 8; at < code.length; at += 11) {
      if (code[at] === "-") continue;
      const typed = code.slice(0, at) + (code[at] === "7" ? "8" : "7") + code.slice(at + 1);
      const done = await enrolHost({ code: typed, state });
      assert.ok(!done.ok && done.finding.cause === "client.secret-mangled");
      assert.equal(done.position, at + 1);
    }
    assert.equal(org.calls.length, 0);
    assert.throws(() => statSync(state), "nothing is written");
  });

  test("is refused when it was used: the org says so, and nothing is written", async (t) => {
    const org = await orgFor(t);
    const state = tempFolder(t);
    org.scripts[ENROL] = () => error(400, "S0000006");
    const done = await enrolHost({ code: await org.code(), state });
    assert.ok(!done.ok && done.finding.cause === "client.secret-wrong");
    assert.deepEqual(readdirSync(state), []);
  });
});

describe("S20: another org, or somebody in between", () => {
  const answerWith = (script: Script) => async (org: OrgDouble) => {
    org.scripts[ENROL] = script;
  };
  const lies: [string, (org: OrgDouble) => Promise<void>, string][] = [
    [
      "with another decision key",
      async (org) => {
        org.decision = await generateKeyPair("ES256", { extractable: true });
      },
      "url.wrong-org",
    ],
    [
      "that answers another question",
      async (org) => {
        org.scripts[ENROL] = async () => ({ body: { enrolled: await stale(org) } });
      },
      "url.wrong-org",
    ],
    ["that answers no token", answerWith(() => ({ body: { enrolled: "x.y.z" } })), "url.wrong-org"],
    ["that shows a page", answerWith(() => ({ text: "<html>", headers: { "content-type": "text/html" } })), "net.captive"],
    ["that is down", answerWith(() => error(500, "E0000009")), "http.server-error"],
  ];
  async function stale(org: OrgDouble): Promise<string> {
    const { kty, crv, x, y } = await exportJWK(org.decision.publicKey);
    const nonce = "A".repeat(22);
    const claims = {
      typ: "enrolled",
      nonce,
      hostId: org.hostId,
      name: "n",
      app: "a",
      orgUrl: org.url,
      generation: nonce,
      decisionKey: { kty, crv, x, y },
      now: 0,
    };
    return org.sign("sallyport-enrolled+jws", claims);
  }
  for (const [what, lie, cause] of lies) {
    test(`${what}: ${cause}, and nothing is written`, async (t) => {
      const org = await orgFor(t);
      const state = tempFolder(t);
      const code = await org.code();
      await lie(org);
      const done = await enrolHost({ code, state });
      assert.deepEqual([done.ok, !done.ok && done.finding.cause], [false, cause]);
      assert.deepEqual(readdirSync(state), []);
    });
  }

  test("a certificate of another CA than the code pins: tls.inspected, and nothing is sent", async (t) => {
    const org = await orgFor(t);
    const code = await org.code();
    const other = issue({ subject: "Corporate Inspection", ca: true });
    const leaf = issue({ subject: "org", names: ["localhost"], issuer: other });
    await org.restart({ cert: leaf.pem + other.pem, key: leaf.keyPem });
    const done = await enrolHost({ code, state: tempFolder(t) });
    assert.ok(!done.ok && done.finding.cause === "tls.inspected");
    assert.equal(org.calls.length, 0);
  });

  test("S15: a host clock by which the certificate has expired does not stop it: the pin holds", async (t) => {
    const day = 86_400_000;
    const org = await orgFor(t);
    const leaf = issue({
      subject: "org",
      names: ["localhost"],
      issuer: org.ca,
      from: new Date(Date.now() - 9 * day),
      to: new Date(Date.now() - day),
    });
    await org.restart({ cert: leaf.pem + org.ca.pem, key: leaf.keyPem });
    assert.ok((await enrolHost({ code: await org.code(), state: tempFolder(t) })).ok);
  });
});

describe("enrolling again", () => {
  test("is refused unless asked for, and keeps what an administrator had set", async (t) => {
    const { org, state } = await enrolled(t, { settings: { selfCheckSeconds: 77 } });
    const refused = await enrolHost({ code: await org.code(), state });
    assert.ok(!refused.ok && refused.finding.cause === "config.invalid");
    assert.ok((await enrolHost({ code: await org.code(), state, replace: true })).ok);
    const read = readSettings(state);
    assert.ok(read.ok && read.settings.selfCheckMs === 77_000 && (await readIdentity(read.settings)).ok);
  });

  test("S22: an attempt that fails leaves an armed host armed and its identity as it was", async (t) => {
    const { org, state } = await enrolled(t);
    writeFileSync(join(state, "armed.json"), '{"armed":true,"since":"2026-01-01T00:00:00Z"}', { mode: 0o600 });
    const before = readdirSync(state).map((name) => [name, readFileSync(join(state, name), "utf8")]);
    org.scripts[ENROL] = () => error(400, "S0000006");
    assert.equal((await enrolHost({ code: await org.code(), state, replace: true })).ok, false);
    assert.deepEqual(
      readdirSync(state).map((name) => [name, readFileSync(join(state, name), "utf8")]),
      before,
    );
  });
});

test("settings or a key that others can touch, or that name another host or key, are refused with their cause", async (t) => {
  const { state } = await enrolled(t);
  const file = join(state, "agent.json");
  const good = readFileSync(file, "utf8");
  const cause = (text: string, mode = 0o600) => {
    writeFileSync(file, text);
    chmodSync(file, mode);
    const read = readSettings(state);
    return read.ok ? "read" : `${read.finding.cause} ${read.finding.evidence["line"] ?? ""}`.trim();
  };
  const identity = async (text: string) => {
    writeFileSync(file, text, { mode: 0o600 });
    chmodSync(file, 0o600);
    const read = readSettings(state);
    assert.ok(read.ok, JSON.stringify(read));
    const found = await readIdentity(read.settings);
    return found.ok ? "read" : found.finding.cause;
  };
  assert.equal(cause(good), "read");
  assert.equal(cause(good, 0o622), "config.exposed");
  assert.equal(cause('{\n"org": 1}'), "config.invalid 1");
  assert.equal(cause(good.replace("{", '{\n"hots":1,')), "config.invalid 2");
  const changed = (key: string, value: string) => JSON.stringify({ ...(JSON.parse(good) as object), [key]: value });
  assert.equal(await identity(changed("host", "hst_99999999999999999999")), "config.invalid");
  assert.equal(await identity(changed("org", "https://other.example")), "config.invalid");
  assert.equal(await identity(changed("decisionKey", "A".repeat(43))), "config.invalid");
  assert.equal(await identity(good.replace(/https:[^"]*/, "http://mfa.example")), "url.malformed");
  assert.equal(await identity(good.replace("hst_", "hst-")), "client.id-mangled");
  assert.equal(await identity(good), "read");
  chmodSync(join(state, "host.json"), 0o640);
  assert.equal(await identity(good), "config.exposed");
});
