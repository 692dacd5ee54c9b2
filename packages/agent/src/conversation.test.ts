/** A logon through the real door, over real TLS, to an org that signs: who is let in, and who is refused with which cause. */
import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { AgentFrame } from "@sallyport/contracts";
import { type OrgDouble, RIGHT_CODE, RIGHT_PASSWORD } from "../doubles/org-double.ts";
import { type Rig, rig } from "../doubles/rig.ts";
import { error, type Script } from "../doubles/scripted-server.ts";
import { disarm } from "./arm.ts";

function result(frame: AgentFrame | undefined): string {
  assert.ok(frame && "end" in frame, JSON.stringify(frame));
  return frame.end.result;
}

/** The one record of the last attempt, once it is written. */
function last({ attempts }: Rig): [unknown, unknown] {
  const record = attempts().at(-1);
  return [record?.["result"], record?.["cause"]];
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((done) => setTimeout(done, 10));
}

const cancels = (org: OrgDouble) => org.calls.filter((call) => call.path === "/api/v1/authn/cancel").map((call) => call.body["cause"]);

describe("a logon that is let in", () => {
  test("the right code lets in, repeats the account and leaves one record", async (t) => {
    const { provider, attempts, org } = await rig(t);
    const { end, shows } = await provider().hello().begin({ uid: 1000, domain: "CORP" }).talk(RIGHT_CODE);
    assert.deepEqual(shows, [
      { show: { title: "Second factor", fields: [{ id: "code", kind: "code", label: "Code from your app", digits: 6 }] } },
    ]);
    assert.ok(end && "end" in end && end.end.result === "allow");
    const { reference, ...account } = end.end;
    assert.deepEqual(account, { result: "allow", username: "alice", domain: "CORP", uid: 1000 });
    const [record, ...more] = attempts();
    assert.deepEqual([record?.["reference"], record?.["result"], record?.["cause"], more.length], [reference, "allow", undefined, 0]);
    assert.equal(org.calls.filter((call) => call.path.startsWith("/api/v1/authn")).length, 2, "two round trips");
  });

  test("S35: the address and its origin go to the org as the provider gave them", async (t) => {
    const { provider, org } = await rig(t);
    await provider()
      .hello()
      .begin({ address: { value: "203.0.113.7", origin: "claimed" } })
      .talk(RIGHT_CODE);
    const logon = org.calls.find((call) => call.path === "/api/v1/authn/logon");
    assert.deepEqual(logon?.body["address"], { value: "203.0.113.7", origin: "claimed" });
  });

  test("a wrong code is asked again, and the next one that is right lets in", async (t) => {
    const { provider } = await rig(t);
    const { end, shows } = await provider().hello().begin().talk("111111", RIGHT_CODE);
    assert.equal(result(end), "allow");
    assert.deepEqual(
      shows.map((one) => "show" in one && one.show.text),
      [undefined, "That code is not right. Try again."],
    );
  });

  test("policy lets in without a factor: the decision says so, and it is recorded as a warning", async (t) => {
    const one = await rig(t);
    one.org.firstStatus = "SUCCESS";
    one.org.decisionChange = (claims) => ({ ...claims, amr: ["pwd"], cause: "policy.no-mfa" });
    assert.equal(result((await one.provider().hello().begin().talk()).end), "allow");
    assert.deepEqual(last(one), ["allow", "policy.no-mfa"]);
  });

  test("S3: with no password verified the org checks it first, and no code is asked before", async (t) => {
    const { provider, org } = await rig(t);
    org.firstStatus = "UNAUTHENTICATED";
    const terminal = provider().hello({ provider: "terminal" }).begin({ password: "none" });
    const kinds: (string | undefined)[] = [];
    for (const values of [{ password: "wrong" }, { password: RIGHT_PASSWORD }, { code: RIGHT_CODE }]) {
      const frame = await terminal.next();
      assert.ok(frame && "show" in frame);
      kinds.push(frame.show.fields?.[0]?.kind);
      terminal.input(values as unknown as Record<string, string>);
    }
    assert.deepEqual(kinds, ["secret", "secret", "code"]);
    assert.equal(org.calls.find(({ path }) => path === "/api/v1/authn/logon")?.body["trial"], true);
    assert.equal(result(await terminal.next()), "allow");
  });

  test("S24: there is no grace: an unlock right after a logon asks as the logon did", async (t) => {
    const { provider } = await rig(t);
    const where = { service: "console", username: "alice" };
    assert.equal(result((await provider().hello().begin(where).talk(RIGHT_CODE)).end), "allow");
    for (const scenario of ["unlock", "reconnect"]) {
      const { end, shows } = await provider()
        .hello()
        .begin({ ...where, scenario })
        .talk("111111", "222222", "333333");
      assert.deepEqual([result(end), shows.length], ["deny", 3]);
    }
  });

  test("a provider without conversation answers the one prompt by itself", async (t) => {
    const { provider, org } = await rig(t);
    const { end } = await provider().hello({ conversation: false, serial: true }).begin({ service: "xrdp" }).talk(RIGHT_CODE);
    assert.equal(result(end), "allow");
    assert.equal(org.calls.find((call) => call.path === "/api/v1/authn/logon")?.body["conversation"], false);
  });
});

describe("a logon that is refused", () => {
  test("three wrong codes end it, and the org hears why", async (t) => {
    const one = await rig(t);
    const { end, shows } = await one.provider().hello().begin().talk("111111", "222222", "333333");
    assert.equal(result(end), "deny");
    assert.equal(shows.length, 3);
    assert.deepEqual(last(one), ["deny", "factor.code-wrong"]);
    await until(() => cancels(one.org).length > 0);
    assert.deepEqual(cancels(one.org), ["factor.code-wrong"]);
  });

  test("without conversation one wrong code ends it", async (t) => {
    const one = await rig(t);
    const { end, shows } = await one
      .provider()
      .hello({ conversation: false, serial: true })
      .begin({ service: "xrdp" })
      .talk("111111", RIGHT_CODE);
    assert.deepEqual([result(end), shows.length], ["deny", 1]);
  });

  test("S4: a used code does not let in a second time", async (t) => {
    const one = await rig(t);
    assert.equal(result((await one.provider().hello().begin().talk(RIGHT_CODE)).end), "allow");
    assert.equal(result((await one.provider().hello().begin().talk(RIGHT_CODE, RIGHT_CODE, RIGHT_CODE)).end), "deny");
    assert.deepEqual(last(one), ["deny", "factor.code-used"]);
  });

  test("what is not shaped like a code never leaves the machine", async (t) => {
    const one = await rig(t);
    const { end } = await one.provider().hello().begin().talk("my password", "12345", "１２３４５６");
    assert.equal(result(end), "deny");
    assert.deepEqual(last(one), ["deny", "factor.code-malformed"]);
    assert.equal(one.org.calls.filter((call) => call.path.endsWith("/verify")).length, 0);
  });

  test("when the org says to wait, the person reads how long", async (t) => {
    const one = await rig(t);
    one.org.scripts["/api/v1/authn/factors/:id/verify"] = () =>
      error(403, "E0000068", "factor.throttled", { ended: false, waitSeconds: 30 });
    const { shows } = await one.provider().hello().begin().talk();
    assert.match("show" in (shows[1] as object) ? String((shows[1] as { show: { text: string } }).show.text) : "", /30 seconds/);
    assert.deepEqual(last(one), ["deny", "factor.throttled"]);
  });

  test("S16: a refused user reads one sentence and a reference, whatever the cause", async (t) => {
    const one = await rig(t);
    const texts = new Set<string>();
    for (const cause of ["user.refused", "policy.denies", "factor.none", "factor.locked", "app.not-assigned"]) {
      one.org.scripts["/api/v1/authn/logon"] = () => error(403, "S0000001", cause);
      const { end } = await one.provider().hello().begin().talk();
      assert.ok(end && "end" in end && end.end.result === "deny");
      assert.match(end.end.reference ?? "", /^[0-9A-Z]{4}-[0-9A-Z]{4}$/);
      texts.add(end.end.text);
      assert.deepEqual(last(one), ["deny", cause]);
    }
    assert.equal(texts.size, 1, [...texts].join(" | "));
  });

  const odd: [string, Script, string][] = [
    ["a rate limit", () => error(429, "E0000047", "http.rate-limited"), "http.rate-limited"],
    ["a fault of the org", () => error(500, "E0000009"), "http.server-error"],
    ["a dead database", () => error(503, "S0000004", "org.database"), "org.database"],
    ["a page where JSON was due", () => ({ text: "<html><title>Hotel</title>", headers: { "content-type": "text/html" } }), "net.captive"],
    ["a redirect", () => ({ status: 302, headers: { location: "http://portal/" } }), "net.captive"],
    ["JSON of somebody else", () => ({ status: 404, body: { message: "nope" } }), "url.wrong-org"],
    ["an answer of another shape", () => ({ body: { status: "FINE" } }), "http.unexpected"],
    ["no JSON at all", () => ({ text: "ok", headers: { "content-type": "text/plain" } }), "http.unexpected"],
    ["too large an answer", () => ({ body: { status: "x".repeat(300_000) } }), "http.unexpected"],
    ["a proxy that wants a password", () => ({ status: 407, text: "" }), "net.proxy-auth"],
    ["a generic 401", () => error(401, "S0000002"), "client.unknown"],
    ["a revoked host", () => error(403, "S0000001", "client.revoked"), "client.revoked"],
    ["a cut connection, twice", () => ({ cut: true }), "net.unreachable"],
  ];
  for (const [what, script, cause] of odd) {
    test(`S22: ${what} refuses with ${cause}`, async (t) => {
      const one = await rig(t);
      one.org.scripts["/api/v1/authn/logon"] = script;
      assert.equal(result((await one.provider().hello().begin().talk()).end), "deny");
      assert.deepEqual(last(one), ["deny", cause]);
    });
  }

  test("S22: a missing, exposed or corrupt file refuses with its cause, also while the agent runs", async (t) => {
    const one = await rig(t);
    const file = join(one.state, "armed.json");
    const tryOnce = async () => {
      assert.equal(result((await one.provider().hello().begin().talk()).end), "deny");
      return last(one)[1];
    };
    writeFileSync(file, '{"armed": fals', { mode: 0o600 });
    assert.equal(await tryOnce(), "config.invalid");
    rmSync(file);
    assert.equal(await tryOnce(), "config.missing");
    writeFileSync(file, '{"armed":false,"since":""}', { mode: 0o666 });
    assert.equal(await tryOnce(), "config.exposed");
  });

  test("a person who leaves is recorded, and the org closes the transaction", async (t) => {
    const one = await rig(t);
    const provider = one.provider().hello().begin();
    await provider.next();
    provider.leave();
    await until(() => one.attempts().length === 1 && cancels(one.org).length === 1);
    assert.deepEqual([last(one), cancels(one.org)], [["deny", "logon.cancelled"], ["logon.cancelled"]]);
  });

  test("a person who leaves while the org still thinks: the transaction is closed as soon as it is known", async (t) => {
    const one = await rig(t);
    let release: () => void = () => undefined;
    const held = new Promise<void>((done) => {
      release = done;
    });
    one.org.scripts["/api/v1/authn/logon"] = async (_, normal) => {
      await held;
      return normal();
    };
    const provider = one.provider().hello().begin();
    await until(() => one.org.calls.some((call) => call.path === "/api/v1/authn/logon"));
    provider.send({ cancel: {} });
    assert.equal(result(await provider.next()), "deny");
    release();
    await until(() => cancels(one.org).length === 1);
  });

  test("nobody answers the prompt in time", async (t) => {
    const one = await rig(t, { settings: { timeouts: { promptMs: 1000 } } });
    const provider = one.provider().hello().begin();
    await provider.next();
    assert.equal(result(await provider.next()), "deny");
    assert.deepEqual(last(one), ["deny", "factor.timeout"]);
    await until(() => cancels(one.org).length === 1);
    assert.deepEqual(cancels(one.org), ["factor.timeout"]);
  });

  test("a serial logon ends within its deadline though the org has not answered", async (t) => {
    const one = await rig(t, { settings: { timeouts: { serialMs: 500 } } });
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    one.org.scripts["/api/v1/authn/logon"] = async (_, normal) => {
      await held;
      return normal();
    };
    assert.equal(result((await one.provider().hello({ conversation: false, serial: true }).begin({ service: "xrdp" }).talk()).end), "deny");
    assert.deepEqual(last(one), ["deny", "factor.timeout"], "before the agent gives the org up");
    release();
  });

  test("a lost answer to a code is asked for again with the same input id and a fresh jti", async (t) => {
    const one = await rig(t);
    let lost = 0;
    one.org.scripts["/api/v1/authn/factors/:id/verify"] = async (_, normal) => {
      const reply = await normal();
      lost += 1;
      return lost === 1 ? { cut: true } : reply;
    };
    assert.equal(result((await one.provider().hello().begin().talk(RIGHT_CODE)).end), "allow");
    const [first, second] = one.org.calls.filter((call) => call.path.endsWith("/verify"));
    assert.equal(first?.body["inputId"], second?.body["inputId"]);
    assert.notEqual(first?.claims?.["jti"], second?.claims?.["jti"]);
  });
});

describe("logons that nobody asks the org about", () => {
  test("a disarmed host lets in with a warning, on record and reported", async (t) => {
    const one = await rig(t, { armed: false });
    assert.equal(result((await one.provider().hello().begin().talk()).end), "allow");
    assert.deepEqual(last(one), ["allow", "agent.not-armed"]);
    await until(() => one.org.reports.length === 1);
    assert.equal(one.org.reports[0]?.cause, "agent.not-armed");
  });

  test("disarming is noticed by the running agent", async (t) => {
    const one = await rig(t);
    await disarm({ state: one.state });
    assert.equal(result((await one.provider().hello().begin().talk()).end), "allow");
    assert.deepEqual(last(one), ["allow", "agent.not-armed"]);
  });

  test("an excluded account is let in, but never where nobody checked a password", async (t) => {
    const one = await rig(t, { policy: { exclusions: [{ uid: 0, reason: "recovery" }] } });
    assert.equal(result((await one.provider().hello().begin({ username: "root", uid: 0 }).talk()).end), "allow");
    assert.deepEqual(last(one), ["allow", "policy.no-mfa"]);
    one.org.firstStatus = "UNAUTHENTICATED";
    const frame = await one.provider().hello().begin({ username: "root", uid: 0, password: "none" }).next();
    assert.ok(frame && "show" in frame);
  });

  test("an exclusion by SID holds for that account and for whoever is in that group, and for no other", async (t) => {
    const [account, group] = ["S-1-5-21-1-2-3-500", "S-1-5-21-1-2-3-1201"];
    const one = await rig(t, { policy: { exclusions: [{ sid: group, reason: "recovery" }] } });
    const logon = (begin: object) => one.provider().hello().begin(begin).next();
    for (const begin of [{ sid: group }, { sid: account, groups: ["S-1-5-32-545", group] }]) {
      assert.equal(result((await logon(begin)) as never), "allow", JSON.stringify(begin));
      assert.deepEqual(last(one), ["allow", "policy.no-mfa"]);
    }
    for (const begin of [{ sid: account }, { groups: [] }, { groups: [account, `${group}1`] }, { username: group, groups: [account] }]) {
      const frame = await logon(begin);
      assert.ok(frame && "show" in frame, JSON.stringify(begin));
    }
  });

  test("a wrong password is recorded and reported, and nothing is asked", async (t) => {
    const one = await rig(t);
    const provider = one.provider().hello();
    provider.send({
      failed: { username: "alice", service: "sshd", reason: "password", address: { value: "203.0.113.7", origin: "socket" } },
    });
    assert.equal(result(await provider.next()), "deny");
    await until(() => one.org.reports.length === 1);
    assert.deepEqual([one.org.reports[0]?.cause, one.org.reports[0]?.address?.value], ["user.password", "203.0.113.7"]);
    assert.equal(one.org.calls.filter((call) => call.path.startsWith("/api/v1/authn")).length, 0);
  });

  test("S23: a way in without a decision is refused unless policy permits it by service, method and user", async (t) => {
    const one = await rig(t, { policy: { permits: [{ service: "sshd", method: "publickey", users: ["backup"] }] } });
    const ask = async (account: object) => {
      const provider = one.provider().hello();
      provider.send({ account: { username: "backup", service: "sshd", method: "publickey", ...account } });
      return [result(await provider.next()), last(one)[1]];
    };
    assert.deepEqual(await ask({}), ["allow", "policy.no-mfa"]);
    assert.deepEqual(await ask({ username: "alice" }), ["deny", "pam.open-path"]);
    assert.deepEqual(await ask({ method: "gssapi" }), ["deny", "pam.open-path"]);
    assert.deepEqual(await ask({ service: "cron" }), ["deny", "pam.open-path"]);
  });
});

test("500 logons at once all get their own right answer", async (t) => {
  // What is tested is whose answer each one gets, not how busy the machine is.
  const one = await rig(t, { settings: { timeouts: { connectMs: 30_000, answerMs: 60_000 } } });
  const ends = await Promise.all(
    Array.from({ length: 500 }, async (_, i) => {
      const { end } = await one
        .provider()
        .hello()
        .begin({ username: `user${i}` })
        .talk(i % 2 === 0 ? RIGHT_CODE : "111111");
      return end && "end" in end && end.end.result === "allow" ? `${end.end.username} allow` : `user${i} ${result(end)}`;
    }),
  );
  assert.deepEqual(
    ends,
    Array.from({ length: 500 }, (_, i) => `user${i} ${i % 2 === 0 ? "allow" : "deny"}`),
  );
  assert.equal(one.attempts().length, 500);
});
