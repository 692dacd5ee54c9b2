/** Registering by typed values: a mangled one costs no network call, an org that does not know the secret is not believed. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { generateKeyPair } from "jose";
import { issue } from "../doubles/certificates.ts";
import { OrgDouble, RIGHT_CODE } from "../doubles/org-double.ts";
import { ProviderDouble } from "../doubles/provider-double.ts";
import { readLog, registered, runHere, tempFolder, valuesOf } from "../doubles/rig.ts";
import { error, type Script } from "../doubles/scripted-server.ts";
import { arm } from "./arm.ts";
import { enrolHost } from "./enrol.ts";
import { type RegisterOptions, registerHost } from "./register.ts";

const REGISTER = "/api/v1/hosts/register";

async function orgFor(t: TestContext): Promise<{ org: OrgDouble; values: RegisterOptions; state: string }> {
  const org = await OrgDouble.start();
  t.after(() => org.stop());
  const values = valuesOf(org, tempFolder(t));
  return { org, values, state: values.state ?? "" };
}

/** One logon at a running agent; its last frame, and its record in the log. */
async function logOn(t: TestContext, state: string) {
  const agent = await runHere(t, state);
  const provider = new ProviderDouble(agent.settings.files.socket);
  t.after(() => provider.leave());
  const { end } = await provider.hello().begin().talk(RIGHT_CODE);
  assert.ok(end && "end" in end, JSON.stringify(end));
  const record = readLog(join(state, "agent.log")).findLast((line) => line["event"] === "logon") as any;
  return { end: end.end, record };
}

test("the machine makes a key of its own, and neither it nor the secret is ever sent or kept", async (t) => {
  const { org, state } = await registered(t);
  const { key } = JSON.parse(readFileSync(join(state, "host.json"), "utf8")) as { key: { d: string } };
  const { clientSecret } = valuesOf(org, tempFolder(t));
  for (const secret of [key.d, clientSecret, org.client.secret.toString("base64url"), org.client.secret.toString("hex")])
    assert.ok(org.calls.every((call) => !call.raw.includes(secret)));
  assert.ok(!existsSync(join(state, "client.secret")));
  for (const file of readdirSync(state)) assert.ok(!readFileSync(join(state, file), "utf8").includes(clientSecret), file);
  assert.deepEqual(await arm({ state }), { ok: true, findings: [], blocking: [] });
  assert.equal((await logOn(t, state)).end.result, "allow");
});

describe("a value that is not right is refused before any network call, by name and place", () => {
  const at = (text: string, position: number, character: string) => `${text.slice(0, position - 1)}${character}${text.slice(position - 1)}`;
  const cases: [string, (values: RegisterOptions) => Partial<RegisterOptions>, string, number, RegExp][] = [
    [
      "a smart quote in the secret",
      (v) => ({ clientSecret: at(v.clientSecret, 20, "\u201d") }),
      "client.secret-mangled",
      20,
      /smart quote/,
    ],
    [
      "a zero-width space in the secret",
      (v) => ({ clientSecret: at(v.clientSecret, 33, "\u200b") }),
      "client.secret-mangled",
      33,
      /zero-width/,
    ],
    ["a Cyrillic letter in the id", (v) => ({ clientId: at(v.clientId, 12, "\u0410") }), "client.id-mangled", 12, /U\+0410/],
    ["a byte order mark before the id", (v) => ({ clientId: `\ufeff${v.clientId}` }), "client.id-mangled", 1, /byte order mark/],
    ["a path in the URL", (v) => ({ url: `${v.url}/login` }), "url.malformed", 24, /path/],
    ["a no-break space after the URL", (v) => ({ url: `${v.url}\u00a0` }), "url.malformed", 24, /no-break space/],
    ["http", () => ({ url: "http://mfa.corp.example" }), "url.malformed", 1, /https/],
  ];
  for (const [what, wrong, cause, position, words] of cases) {
    test(`${what}: ${cause}`, async (t) => {
      const { org, values, state } = await orgFor(t);
      const done = await registerHost({ ...values, ...wrong(values) });
      assert.ok(!done.ok);
      assert.deepEqual([done.finding.cause, done.position], [cause, position]);
      assert.match(done.reason, words);
      assert.equal(org.calls.length, 0);
      assert.throws(() => statSync(state), "nothing is written");
      const mask = values.clientSecret.slice(20, 40);
      assert.ok(!JSON.stringify(done).includes(mask), "the secret is not repeated");
    });
  }

  test("what is only around a value is taken off, and a slash at the end of the URL forgiven", async (t) => {
    const { values } = await orgFor(t);
    const { url, clientId, clientSecret } = values;
    const done = await registerHost({
      ...values,
      url: `${url}/\n`,
      clientId: ` "${clientId}" `,
      clientSecret: `${clientSecret.toLowerCase()}\r\n`,
    });
    assert.ok(done.ok, JSON.stringify(done));
  });
});

describe("S20: another org, or somebody in between", () => {
  const always = (script: Script) => (org: OrgDouble) => {
    org.scripts[REGISTER] = script;
  };
  const lies: [string, (org: OrgDouble) => Promise<void> | void, string][] = [
    [
      "that does not know the secret",
      (org) => {
        org.scripts[REGISTER] = async (_call, normal) => {
          const { enrolled } = (await normal()).body as { enrolled: string };
          return { body: org.registered(enrolled, new Uint8Array(32), org.pin) };
        };
      },
      "url.wrong-org",
    ],
    [
      "that puts its own decision key into the org's answer",
      (org) => {
        org.scripts[REGISTER] = async (_call, normal) => {
          const { body } = (await normal()) as { body: { enrolled: string } };
          org.decision = await generateKeyPair("ES256", { extractable: true });
          const claims = JSON.parse(Buffer.from(body.enrolled.split(".")[1] ?? "", "base64url").toString());
          return { body: { ...body, enrolled: await org.sign("sallyport-enrolled+jws", claims) } };
        };
      },
      "url.wrong-org",
    ],
    [
      "that changes the pin on the way",
      (org) => {
        org.scripts[REGISTER] = async (_call, normal) => ({ body: { ...((await normal()).body as object), pin: "0".repeat(32) } });
      },
      "url.wrong-org",
    ],
    ["that answers 401", always(() => error(401, "S0000002")), "client.unknown"],
    ["that has reached the cap", always(() => error(403, "S0000007", "client.capped", { cap: 1 })), "client.capped"],
  ];
  for (const [what, lie, cause] of lies) {
    test(`${what}: ${cause}, and nothing is left on disk`, async (t) => {
      const { org, values, state } = await orgFor(t);
      await lie(org);
      const done = await registerHost(values);
      assert.deepEqual([done.ok, !done.ok && done.finding.cause], [false, cause]);
      assert.deepEqual(readdirSync(state), []);
    });
  }

  test("a certificate that the machine does not trust: tls.untrusted, and nothing is sent", async (t) => {
    const { org, values } = await orgFor(t);
    const { caFile: _none, ...bare } = values;
    const other = issue({ subject: "Other CA", ca: true });
    const done = await registerHost(bare);
    assert.ok(!done.ok && done.finding.cause === "tls.untrusted", JSON.stringify(done));
    writeFileSync(values.caFile ?? "", other.pem);
    assert.equal((await registerHost(values)).ok, false);
    assert.equal(org.calls.length, 0);
  });
});

test("behind a proxy the org sends no pin: the CA that was given at the start is trusted from then on", async (t) => {
  const { org, values, state } = await orgFor(t);
  org.scripts[REGISTER] = async (_call, normal) => {
    const { enrolled } = (await normal()).body as { enrolled: string };
    return { body: org.registered(enrolled, org.client.secret, undefined) };
  };
  assert.ok((await registerHost(values)).ok);
  assert.deepEqual(await arm({ state }), { ok: true, findings: [], blocking: [] });
});

describe("legacy: the shared secret is the machine's only credential", () => {
  test("it is let in, each logon with the finding; joining anew with a key takes the secret off the disk", async (t) => {
    const { org, state } = await registered(t, { legacy: true });
    assert.equal(statSync(join(state, "client.secret")).mode & 0o777, 0o600);
    assert.equal(readFileSync(join(state, "client.secret"), "utf8"), `${valuesOf(org, tempFolder(t)).clientSecret}\n`, "as it was issued");
    assert.equal(JSON.parse(readFileSync(join(state, "host.json"), "utf8")).key, undefined);
    const armed = await arm({ state });
    assert.deepEqual([armed.ok, armed.findings.map((one) => one.cause), armed.blocking], [true, ["client.legacy"], []]);
    const { end, record } = await logOn(t, state);
    assert.equal(end.result, "allow");
    assert.deepEqual(
      record.findings.map((one: { cause: string }) => one.cause),
      ["client.legacy"],
    );
    org.legacy = false;
    assert.ok((await enrolHost({ code: await org.code(), state, replace: true })).ok);
    assert.ok(!existsSync(join(state, "client.secret")));
    assert.equal(JSON.parse(readFileSync(join(state, "agent.json"), "utf8")).client, undefined);
  });

  test("S15: a clock that is off is refused, not put right; a host with a key is let in with the finding", async (t) => {
    const legacy = await registered(t, { legacy: true });
    assert.ok((await arm({ state: legacy.state })).ok);
    legacy.org.clockOffset = 600_000;
    const refused = await logOn(t, legacy.state);
    assert.deepEqual([refused.end.result, refused.end.result === "deny" && refused.end.cause], ["deny", "clock.host"]);
    assert.equal((await arm({ state: legacy.state })).ok, false, "and it blocks arming");
    const own = await registered(t);
    assert.ok((await arm({ state: own.state })).ok);
    own.org.clockOffset = 600_000;
    const done = await logOn(t, own.state);
    assert.equal(done.end.result, "allow");
    assert.deepEqual(
      done.record.findings.map((one: { cause: string }) => one.cause),
      ["clock.host"],
    );
  });

  for (const [what, mangle, cause, position] of [
    [
      "a smart quote in the secret",
      ["client.secret", (text: string) => `${text.slice(0, 29)}\u201c${text.slice(29)}`],
      "client.secret-mangled",
      30,
    ],
    [
      "a zero-width space in the secret",
      ["client.secret", (text: string) => `${text.slice(0, 13)}\u200b${text.slice(13)}`],
      "client.secret-mangled",
      14,
    ],
    [
      "a no-break space in the client id",
      ["agent.json", (text: string) => text.replace("SALLYID-", "SALLYID\u00a0")],
      "client.id-mangled",
      8,
    ],
    [
      "a host id cut short",
      ["agent.json", (text: string) => text.replace(/("host": "hst_.{12}).*"/, '$1"')],
      "client.id-mangled",
      undefined,
    ],
    ["a path in the URL", ["agent.json", (text: string) => text.replace(/("org": "[^"]*)/, "$1/mfa")], "url.malformed", 24],
  ] as const) {
    test(`${what}: the agent runs, and refuses each logon with ${cause}, before any network call`, async (t) => {
      const { org, state } = await registered(t, { legacy: true });
      assert.ok((await arm({ state })).ok);
      const [name, change] = mangle;
      const file = join(state, name);
      writeFileSync(file, change(readFileSync(file, "utf8")), { mode: 0o600 });
      const calls = org.calls.length;
      const { end, record } = await logOn(t, state);
      assert.deepEqual([end.result, end.result === "deny" && end.cause], ["deny", cause]);
      assert.equal(record.evidence.position, position);
      assert.equal(record.evidence.file, file);
      assert.equal(org.calls.length, calls);
      const kept = valuesOf(org, tempFolder(t)).clientSecret.split("-").slice(1);
      const log = readFileSync(join(state, "agent.log"), "utf8");
      for (const part of kept.filter(({ length }) => length === 6)) assert.ok(!log.includes(part), "the secret is not in the log");
    });
  }
});

test("url.trailing-slash: let in, with the finding, and not in the way of arming", async (t) => {
  const { state } = await registered(t);
  const file = join(state, "agent.json");
  writeFileSync(file, readFileSync(file, "utf8").replace(/("org": "[^"]*)/, "$1/"), { mode: 0o600 });
  const armed = await arm({ state });
  assert.deepEqual([armed.ok, armed.findings.map((one) => one.cause)], [true, ["url.trailing-slash"]]);
  const { end, record } = await logOn(t, state);
  assert.equal(end.result, "allow");
  assert.equal(record.findings[0].cause, "url.trailing-slash");
  assert.match(record.findings[0].evidence.value, /\/$/);
});
