/** The self-check: generations survive lost answers and crashes, copied disks are noticed, org time and policy are kept. */
import assert from "node:assert/strict";
import { appendFileSync, cpSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { failModeFile } from "@sallyport/contracts";
import { RIGHT_CODE } from "../doubles/org-double.ts";
import { enrolled, type Rig, rig, runHere, tempFolder } from "../doubles/rig.ts";
import { arm } from "./arm.ts";
import { stateFile } from "./state/host-state.ts";

const CHECK = "/api/v1/hosts/self/check";
const stateOf = (folder: string) => stateFile.parse(JSON.parse(readFileSync(join(folder, "state.json"), "utf8")));
const causes = (findings: { cause: string }[]) => findings.map((one) => one.cause);

async function logon(one: Rig, more: object = {}): Promise<string> {
  const { end } = await one.provider().hello().begin(more).talk(RIGHT_CODE);
  return end && "end" in end ? end.end.result : "closed";
}

/** What an org says to a host that it does not know. */
const UNKNOWN = {
  status: 401,
  body: { errorCode: "E0000011", errorSummary: "Invalid token provided", errorLink: "E0000011", errorId: "x", errorCauses: [] },
};

describe("generations", () => {
  test("each check moves the generation on, on disk and in the next assertion", async (t) => {
    const one = await rig(t);
    const before = stateOf(one.state).generation;
    assert.deepEqual(await one.agent.checked(), []);
    const after = stateOf(one.state);
    assert.notEqual(after.generation, before);
    assert.deepEqual([after.generation, after.pendingCheck], [one.org.generation, undefined]);
    assert.equal(await logon(one), "allow");
    assert.equal(one.org.calls.at(-1)?.claims?.["gen"], after.generation);
  });

  test("a lost answer is asked for again with the same id and the old generation, and nothing is suspended", async (t) => {
    const one = await rig(t);
    let lost = 0;
    one.org.scripts[CHECK] = async (_, normal) => {
      const reply = await normal();
      lost += 1;
      return lost <= 3 ? { cut: true } : reply;
    };
    assert.deepEqual(causes(await one.agent.checked()), ["net.unreachable"]);
    assert.ok(stateOf(one.state).pendingCheck, "kept on disk, so that a crash here is survived");
    // A logon finishes the check first: its own call would else carry a generation of unknown standing.
    assert.equal(await logon(one), "allow");
    const ids = one.org.calls.filter((call) => call.path === CHECK).map((call) => call.body["checkId"]);
    assert.deepEqual([new Set(ids.slice(-4)).size, one.org.suspended], [1, false]);
  });

  test("a crash between question and answer: the next process goes on with the same id", async (t) => {
    const { org, state } = await enrolled(t);
    await arm({ state });
    const first = await runHere(t, state);
    org.scripts[CHECK] = async (_, normal) => {
      await normal();
      return { cut: true };
    };
    await first.checked();
    const pending = stateOf(state).pendingCheck;
    await first.stop();
    org.scripts = {};
    const second = await runHere(t, state);
    assert.deepEqual(await second.checked(), []);
    assert.deepEqual(
      [org.calls.filter((call) => call.path === CHECK && call.body["checkId"] === pending).length >= 3, org.suspended],
      [true, false],
    );
  });

  test("a check that never left the machine leaves nothing pending", async (t) => {
    const { org, state } = await enrolled(t);
    await arm({ state });
    await org.stop();
    // No connection is kept alive from before: the first attempt meets a closed port.
    const agent = await runHere(t, state);
    assert.deepEqual(causes(await agent.checked()), ["net.refused"]);
    assert.equal(stateOf(state).pendingCheck, undefined);
    await org.listen(undefined, Number(new URL(org.url).port));
  });

  test("a lost answer, and then no way to the org: the id is kept, since the org may have moved on", async (t) => {
    const { org, state } = await enrolled(t);
    await arm({ state });
    const first = await runHere(t, state);
    await first.checked();
    let gone: Promise<void> | undefined;
    org.scripts[CHECK] = async (_, normal) => {
      await normal();
      gone = org.stop();
      return { cut: true };
    };
    await first.checked();
    await gone;
    assert.ok(stateOf(state).pendingCheck, "the repeat met a closed port; the first question did not");
    await first.stop();
    org.scripts = {};
    await org.listen(undefined, Number(new URL(org.url).port));
    const second = await runHere(t, state);
    assert.deepEqual([await second.checked(), org.suspended], [[], false]);
  });

  test("a lost answer, and then a refusal by whoever answers there: the id is kept until its own org has answered", async (t) => {
    const one = await rig(t);
    let asked = 0;
    one.org.scripts[CHECK] = async (_, normal) => {
      if (asked++ > 0) return UNKNOWN;
      await normal();
      return { cut: true };
    };
    assert.deepEqual(causes(await one.agent.checked()), ["client.unknown"], "refused at the repeat");
    const kept = stateOf(one.state).pendingCheck;
    assert.deepEqual(causes(await one.agent.checked()), ["client.unknown"], "and at the next check");
    assert.ok(kept !== undefined && kept === stateOf(one.state).pendingCheck);
    one.org.scripts = {};
    assert.deepEqual([await one.agent.checked(), one.org.suspended, stateOf(one.state).pendingCheck], [[], false, undefined]);
    assert.equal(await logon(one), "allow");
  });

  test("a check that was refused before any could have arrived leaves nothing pending", async (t) => {
    const one = await rig(t);
    one.org.scripts[CHECK] = async () => UNKNOWN;
    assert.deepEqual(causes(await one.agent.checked()), ["client.unknown"]);
    assert.equal(stateOf(one.state).pendingCheck, undefined);
  });

  test("a copied disk: the one that speaks second with an old generation is refused as cloned", async (t) => {
    const { org, state } = await enrolled(t);
    const copy = tempFolder(t);
    await arm({ state });
    cpSync(state, copy, { recursive: true });
    const original = await runHere(t, state);
    await original.checked();
    await original.checked();
    const clone = await runHere(t, copy);
    assert.deepEqual(causes(await clone.checked()), ["client.cloned"]);
    assert.ok(org.suspended);
  });

  test("200 logons during checks: no call carries a generation that is too old", async (t) => {
    const one = await rig(t);
    const checks = (async () => {
      for (let i = 0; i < 10; i++) assert.deepEqual(await one.agent.checked(), []);
    })();
    const results: unknown[] = [];
    // In rounds, so that a slow machine meets no deadline: that is not what this is about.
    for (let round = 0; round < 8; round++)
      results.push(...(await Promise.all(Array.from({ length: 25 }, (_, i) => logon(one, { username: `u${round}-${i}` })))));
    await checks;
    assert.deepEqual([results.filter((result) => result === "allow").length, one.org.suspended], [200, false]);
  });
});

describe("S15: org time", () => {
  /** The rig enrols with the org's clock; then the org's clock is moved, as if the host's were wrong. */
  async function skewed(t: TestContext, ms: number): Promise<Rig> {
    const { org, state } = await enrolled(t);
    org.clockOffset = ms;
    const armed = await arm({ state });
    assert.deepEqual([armed.ok, causes(armed.findings)], [true, ["clock.host"]]);
    const agent = await runHere(t, state);
    await agent.checked();
    const base = await rigOf(t, org, state, agent);
    return base;
  }

  async function rigOf(t: TestContext, org: Rig["org"], state: string, agent: Rig["agent"]): Promise<Rig> {
    const { ProviderDouble } = await import("../doubles/provider-double.ts");
    const { readLog } = await import("../doubles/rig.ts");
    const log = () => readLog(join(state, "agent.log"));
    const provider = () => {
      const made = new ProviderDouble(agent.settings.files.socket);
      t.after(() => made.leave());
      return made;
    };
    return { org, state, agent, provider, log, attempts: () => log().filter((line) => line["event"] === "logon") };
  }

  for (const [what, ms, zone] of [
    ["an hour slow", 3_600_000, true],
    ["twenty hours fast", -20 * 3_600_000, true],
    ["seven minutes slow", 7 * 60_000, false],
  ] as const) {
    test(`a host whose clock is ${what} logs on, and the org hears by how much it is off`, async (t) => {
      const one = await skewed(t, ms);
      assert.equal(await logon(one), "allow", JSON.stringify(one.attempts().at(-1)));
      const check = one.org.calls.filter((call) => call.path === CHECK).at(-1);
      assert.ok(Math.abs((check?.body["offsetMs"] as number) + ms) < 1000, String(check?.body["offsetMs"]));
      const found = (check?.body["findings"] as { cause: string; evidence: string }[] | undefined)?.[0];
      assert.equal(found?.cause, "clock.host");
      assert.equal(found?.evidence.includes("timeZoneGuess"), zone);
    });
  }

  test("an org clock that moved while the agent ran: refused once, corrected, retried once, reported", async (t) => {
    const one = await rig(t);
    one.org.clockOffset = 600_000;
    assert.equal(await logon(one), "allow");
    const paths = one.org.calls.slice(-4).map((call) => call.path.replace("/api/v1/", ""));
    assert.deepEqual(paths, ["authn/logon", "time", "authn/logon", "authn/factors/f1/verify"]);
    assert.deepEqual(causes(await one.agent.checked()), ["clock.host"]);
  });

  test("S20: a signed time by another key, or to another question, is not taken", async (t) => {
    const one = await rig(t);
    one.org.scripts["/api/v1/time"] = async () => ({
      body: { time: await one.org.sign("sallyport-time+jws", { typ: "time", nonce: "A".repeat(22), now: 0 }) },
    });
    assert.deepEqual(causes(await one.agent.checked()), ["url.wrong-org"]);
    const { generateKeyPair } = await import("jose");
    const other = await generateKeyPair("ES256");
    one.org.scripts["/api/v1/time"] = async (call) => ({
      body: { time: await one.org.sign("sallyport-time+jws", { typ: "time", nonce: call.body["nonce"], now: 0 }, other.privateKey) },
    });
    assert.deepEqual(causes(await one.agent.checked()), ["url.wrong-org"]);
    assert.equal(await logon(one), "allow", "the time known before stays in force");
  });

  test("a restarted agent knows the time of this boot without asking", async (t) => {
    const one = await rig(t);
    one.org.clockOffset = 0;
    await one.agent.stop();
    await one.org.stop();
    const again = await runHere(t, one.state);
    assert.ok(Math.abs((await again.checked()).length) > 0, "the org is down");
    assert.match(readFileSync(join(one.state, "fail-mode"), "utf8"), /"armed":true/);
    await one.org.listen(undefined, Number(new URL(one.org.url).port));
  });
});

describe("what the check keeps and brings", () => {
  test("S21: the head of the org's log is kept on disk, is never replaced by a lower one, and goes with the next check", async (t) => {
    const one = await rig(t);
    assert.equal(await logon(one), "allow");
    await one.agent.checked();
    const kept = stateOf(one.state).heads.at(-1);
    assert.ok(kept && kept.seq > 1);
    one.org.scripts[CHECK] = async (_, normal) => {
      const reply = await normal();
      const head = { typ: "head", node: "n1", seq: 1, hash: "0".repeat(64), now: one.org.now() };
      return { body: { ...(reply.body as object), head: await one.org.sign("sallyport-head+jws", head) } };
    };
    await one.agent.checked();
    assert.deepEqual(one.org.calls.at(-1)?.body["head"] ?? one.org.calls.filter((call) => call.path === CHECK).at(-1)?.body["head"], kept);
    assert.equal(stateOf(one.state).heads.at(-1)?.seq, kept.seq);
  });

  test("S20: a policy of a lower version, for another host, or by another key is refused, and the old one stays", async (t) => {
    const one = await rig(t, { policy: { version: 7, exclusions: [{ name: "CORP\\svc", reason: "service" }] } });
    const bad = [
      { version: 6, exclusions: [{ name: "alice", reason: "x" }] },
      { version: 8, host: "hst_99999999999999999999", exclusions: [{ name: "alice", reason: "x" }] },
    ];
    for (const change of bad) {
      one.org.scripts[CHECK] = async (_, normal) => ({
        body: { ...((await normal()).body as object), policy: await one.org.signPolicy(change) },
      });
      assert.deepEqual(causes(await one.agent.checked()), ["policy.stale"]);
      assert.equal(await logon(one, { username: `u${change.version}` }), "allow");
      assert.notEqual(one.attempts().at(-1)?.["cause"], "policy.no-mfa");
    }
    assert.equal(stateOf(one.state).policyVersion, 7);
  });

  test("S20: a lower policy is refused also after the policy file was removed", async (t) => {
    const one = await rig(t, { policy: { version: 7 } });
    await one.agent.stop();
    const { rmSync } = await import("node:fs");
    rmSync(join(one.state, "policy.jws"));
    one.org.policy = { version: 6 };
    const again = await runHere(t, one.state);
    assert.deepEqual(causes(await again.checked()), ["policy.stale"]);
  });

  test("the fail-mode file is private, of the module's shape, and follows policy and arming", async (t) => {
    const one = await rig(t, { policy: { failModes: { orgUnreachable: "refuse", orgError: "refuse", agentGone: "allow" } } });
    const file = join(one.state, "fail-mode");
    const read = () => failModeFile.parse(JSON.parse(readFileSync(file, "utf8")));
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const { until, ...rest } = read();
    assert.deepEqual(rest, { v: 1, armed: true, agentGone: "allow" });
    const ahead = until - Date.now() / 1000;
    assert.ok(ahead > 86_000 && ahead <= 86_400, `${ahead}`);
    const { disarm } = await import("./arm.ts");
    await disarm({ state: one.state });
    assert.equal(read().armed, false);
  });

  test("attempts that the module wrote down are shipped once, in order, and lines written meanwhile are not lost", async (t) => {
    const one = await rig(t);
    const file = join(one.state, "attempts.jsonl");
    const line = (reference: string, more: object = {}) =>
      `${JSON.stringify({ time: "2026-11-24T10:00:00Z", reference, username: "alice", service: "sshd", result: "deny", cause: "agent.unreachable", evidence: "no socket", ...more })}\n`;
    writeFileSync(
      file,
      `${line("AAAA-0001")}not json\n${line("AAAA-0002", { cause: "made.up" })}${line("AAAA-0003", { result: "allow", cause: "logon.fail-open" })}`,
      { mode: 0o600 },
    );
    one.org.scripts["/api/v1/hosts/self/reports"] = (_, normal) => {
      if (!existsSync(file)) appendFileSync(file, line("AAAA-0004"), { mode: 0o600 });
      return normal();
    };
    await one.agent.checked();
    delete one.org.scripts["/api/v1/hosts/self/reports"];
    assert.ok(existsSync(file));
    await one.agent.checked();
    assert.deepEqual(
      one.org.reports.map((report) => report.reference),
      ["AAAA-0001", "AAAA-0003", "AAAA-0004"],
    );
    assert.deepEqual([existsSync(file), existsSync(`${file}.taken`)], [false, false]);
  });

  test("a refusal by Windows that only its service heard is shipped with the cause that its numbers name", async (t) => {
    const one = await rig(t);
    const of = { username: "CORP\\alice", service: "console", result: "deny", cause: "user.password" };
    const failed = { reason: "machine", status: "0xC000006E", subStatus: "0xC0000072", after: "AAAA-0001" };
    const left = { reason: "cancel", after: "AAAA-0002" };
    const lines = [failed, left, { ...left, reason: "bored" }].map((why, at) => ({ ...of, reference: `AAAA-001${at}`, failed: why }));
    writeFileSync(
      join(one.state, "attempts.jsonl"),
      lines.map((line) => `${JSON.stringify({ time: "2026-11-24T10:00:00Z", ...line })}\n`).join(""),
      { mode: 0o600 },
    );
    await one.agent.checked();
    assert.deepEqual(
      one.org.reports.map(({ reference, cause, evidence }) => ({ reference, cause, evidence })),
      [
        { reference: "AAAA-0010", cause: "user.account-disabled", evidence: { from: "provider", ...failed } },
        { reference: "AAAA-0011", cause: "logon.cancelled", evidence: { from: "provider", ...left } },
      ],
    );
  });

  test("reports wait on disk while the org is away, and survive a restart", async (t) => {
    const one = await rig(t);
    await one.org.stop();
    for (let i = 0; i < 3; i++) {
      const provider = one.provider().hello();
      provider.send({ failed: { username: `u${i}`, service: "sshd", reason: "password" } });
      await provider.next();
    }
    await one.agent.stop();
    await one.org.listen(undefined, Number(new URL(one.org.url).port));
    const again = await runHere(t, one.state);
    await again.checked();
    // A report whose answer was lost comes twice; the org keeps it once.
    assert.deepEqual([...new Set(one.org.reports.map((report) => report.username))], ["u0", "u1", "u2"]);
    assert.equal(readFileSync(join(one.state, "reports.jsonl"), "utf8"), "");
  });
});

describe("arming", () => {
  test("is refused while the org cannot be reached, unless forced, and says what was overridden", async (t) => {
    const { org, state } = await enrolled(t);
    await org.stop();
    const refused = await arm({ state });
    assert.deepEqual([refused.ok, causes(refused.blocking)], [false, ["net.refused"]]);
    assert.match(readFileSync(join(state, "armed.json"), "utf8"), /"armed":false/);
    assert.equal((await arm({ state, force: true })).ok, true);
    assert.match(readFileSync(join(state, "armed.json"), "utf8"), /"armed":true.*net\.refused/);
    await org.listen(undefined, Number(new URL(org.url).port));
  });

  test("asks a running agent to check itself: two processes with one identity would look like a copied disk", async (t) => {
    const one = await rig(t, { armed: false });
    for (let i = 0; i < 5; i++) assert.deepEqual(await arm({ state: one.state }), { ok: true, findings: [], blocking: [] });
    assert.deepEqual([one.org.suspended, await logon(one)], [false, "allow"]);
    assert.equal(one.attempts().at(-1)?.["cause"], undefined);
  });
});
