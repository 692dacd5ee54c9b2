/** One logon is explained from the agent's log alone, from the org's export alone, and better from both; what is missing is said. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, describe, it } from "node:test";
import { type CauseId, CHAIN_START, type Diagnosis, diagnosis, hashEvent, type LogEvent, logEvent } from "@sallyport/contracts";
import fc from "fast-check";
import { newAttempt, type Outcome } from "../../../agent/src/attempt.ts";
import type { Finding } from "../../../agent/src/finding.ts";
import { AgentLog } from "../../../agent/src/log.ts";
import { exitCodeOf } from "../conclude.ts";
import { inChunks } from "../okta/log.fixture.ts";
import { diagnoseRecords } from "./diagnose-logon.ts";
import { readRecords } from "./records.ts";

const folder = mkdtempSync(join(tmpdir(), "sallyport-logon-"));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const ORG_TIME = Date.parse("2026-05-06T10:00:00Z");

/** The true agent writes its log; the reference is made by it as well. */
function agentLog(outcome: Outcome, findings: Finding[] = []): { file: string; reference: string } {
  const file = join(folder, `agent-${++files}.log`);
  const log = new AgentLog(file);
  const attempt = newAttempt({ kind: "begin", username: "alice", service: "sshd", scenario: "logon" }, 0);
  log.info("started");
  log.logon(
    newAttempt({ kind: "begin", username: "bob", service: "sudo" }, 0),
    { result: "allow", evidence: {}, decidedByOrg: true },
    { orgTime: undefined, durationMs: 5, findings: [] },
  );
  log.logon(attempt, outcome, { orgTime: ORG_TIME, durationMs: 1234, findings });
  log.close();
  return { file, reference: attempt.reference };
}

function exported(reference: string, end: Partial<LogEvent>): string {
  const file = join(folder, `export-${++files}.jsonl`);
  let previous = CHAIN_START;
  const lines = [
    { type: "logon.started" as const, outcome: "success" as const },
    { outcome: "failure" as const, ...end },
  ].map((part, at) => {
    const event = {
      node: "n1",
      seq: at + 1,
      id: `e${at}`,
      published: new Date(ORG_TIME + at * 1000).toISOString(),
      actor: { type: "host" as const, id: "hst_1", name: "srv01" },
      reference,
      host: "hst_1",
      previous,
      type: "logon.refused" as const,
      ...part,
      data: { username: "alice", ...(part as Partial<LogEvent>).data },
    };
    previous = hashEvent(event);
    return JSON.stringify(logEvent.parse({ ...event, hash: previous }));
  });
  writeFileSync(file, `${lines.join("\n")}\n`);
  return file;
}

const deny = (cause: CauseId, evidence = {}): Outcome => ({ result: "deny", cause, evidence, decidedByOrg: true });
const of = (found: Diagnosis, verdict: string) =>
  found.findings.filter((one) => one.verdict === verdict).map(({ cause }) => cause as string);
const look = async (reference: string, ...paths: string[]) => diagnosis.parse(await diagnoseRecords(reference, paths));

describe("a logon", () => {
  it("from the agent's log alone: its cause, its evidence, both clocks, and that the org's record is missing", async () => {
    const { file, reference } = agentLog(deny("net.refused", { address: "192.0.2.7", port: 443 }));
    const found = await look(reference, file);
    assert.deepEqual(of(found, "confirmed"), ["net.refused"]);
    assert.deepEqual(found.findings[0]?.evidence.slice(0, 2), [
      { what: "address", value: "192.0.2.7", where: `${basename(file)}:3` },
      { what: "port", value: "443", where: `${basename(file)}:3` },
    ]);
    assert.match(found.findings[0]?.evidence[2]?.value ?? "", /by the host's clock, 2026-05-06T10:00:00\.000Z by the org's$/);
    assert.deepEqual(found.incidents[0]?.users, ["alice"]);
    assert.deepEqual(
      found.notLookedAt.map(({ what }) => what),
      ["the org's record"],
    );
    assert.equal(exitCodeOf(found), 1);
  });

  it("that was told user.refused: from the agent's log alone the causes behind it stay open, each with the look that decides", async () => {
    const { file, reference } = agentLog(deny("user.refused"));
    const found = await look(reference, file);
    assert.deepEqual(of(found, "confirmed"), ["user.refused"]);
    assert.ok(["user.unknown", "user.ambiguous", "app.not-assigned"].every((cause) => of(found, "candidate").includes(cause)));
    assert.match(found.incidents[0]?.candidates.at(-1)?.decidedBy ?? "", /sallyport why/);
  });

  it("that was told user.refused: with the org's export the true cause is the root, and the one answer stands below it", async () => {
    const { file, reference } = agentLog(deny("user.refused"));
    const found = await look(
      reference,
      file,
      exported(reference, { cause: "app.not-assigned", data: { evidence: { rule: "login", offsetMs: 5000 } } }),
    );
    assert.deepEqual(
      found.findings.slice(0, 2).map(({ cause, dependsOn }) => [cause, dependsOn]),
      [
        ["app.not-assigned", undefined],
        ["user.refused", ["app.not-assigned"]],
      ],
    );
    assert.deepEqual(of(found, "candidate"), []);
    assert.deepEqual(found.notLookedAt, []);
    assert.ok(of(found, "ruled-out").includes("clock.host") && of(found, "ruled-out").includes("client.replayed"));
    assert.ok(!of(found, "ruled-out").includes("policy.denies"), "the org had not come to the policy");
    const began = found.steps?.find(({ outcome }) => outcome.includes("logon.started"));
    assert.equal(began?.title, "2026-05-06T10:00:00.000Z");
    assert.match(began?.why[0] ?? "", /^2026-05-06T10:00:05\.000Z by the host's clock \(/);
  });

  it("that the org called a wrong password, from the agent's log alone: only possible, since strangers hear the same", async () => {
    const told = agentLog(deny("user.password", { ended: true, errorId: "ebfc453c-012d-47bc-a56e-295fbf7741ef" }));
    const found = await look(told.reference, told.file);
    assert.deepEqual(of(found, "confirmed"), []);
    for (const cause of ["user.password", "user.unknown", "user.ambiguous"]) assert.ok(of(found, "candidate").includes(cause), cause);
    assert.deepEqual(
      found.incidents[0]?.candidates.slice(0, 2).map(({ cause, verdict }) => [cause, verdict]),
      [
        ["user.password", "candidate"],
        ["user.unknown", "candidate"],
      ],
    );
    assert.equal(exitCodeOf(found), 1);
    const sure = await look(told.reference, told.file, exported(told.reference, { cause: "user.password" }));
    assert.deepEqual([of(sure, "confirmed"), of(sure, "candidate")], [["user.password"], []]);
    const own = agentLog(deny("user.password", { from: "pam" }));
    assert.deepEqual(of(await look(own.reference, own.file), "confirmed"), ["user.password"], "the machine's own word");
  });

  it("that was refused by a bare 401: which of three it means nobody but a look at the machine tells", async () => {
    const bare = { status: 401, contentType: "application/json", endpoint: "/api/v1/authn/logon", errorCode: "E0000011", errorId: "x" };
    const told = agentLog(deny("client.unknown", bare));
    const found = await look(told.reference, told.file);
    assert.deepEqual(of(found, "confirmed"), []);
    assert.deepEqual(of(found, "candidate").sort(), ["client.secret-wrong", "client.unknown", "url.wrong-org"]);
    assert.equal(found.incidents[0]?.candidates[0]?.decidedBy, "`sallyport doctor host` on the machine");
    assert.equal(exitCodeOf(found), 1);
    const own = agentLog(deny("client.unknown", { reason: "the id in the settings is none" }));
    assert.deepEqual(of(await look(own.reference, own.file), "confirmed"), ["client.unknown"], "the machine's own word");
  });

  it("that was told of a wrong password in place of the true cause: what the host heard is not claimed", async () => {
    const { file, reference } = agentLog(deny("user.password"));
    const told = { cause: "user.unknown" as const, data: { told: "user.password" } };
    const found = await look(reference, file, exported(reference, told));
    assert.deepEqual(of(found, "confirmed"), ["user.unknown"]);
    assert.deepEqual(
      found.incidents[0]?.candidates.map(({ cause }) => cause),
      ["user.unknown"],
    );
    const another = await look(reference, file, exported(reference, { cause: "user.unknown" }));
    assert.deepEqual(of(another, "confirmed"), ["user.unknown", "user.password"], "what nobody told the host, it found itself");
  });

  it("from the org's export alone: the cause, what the org had ruled out before it, and that the agent's record is missing", async () => {
    const found = await look("K7QF-3M2P", exported("K7QF-3M2P", { cause: "factor.code-wrong", data: { evidence: { failures: 2 } } }));
    assert.deepEqual(of(found, "confirmed"), ["factor.code-wrong"]);
    for (const cause of ["client.secret-wrong", "clock.host", "user.unknown", "app.not-assigned", "policy.denies", "factor.none"])
      assert.ok(of(found, "ruled-out").includes(cause), cause);
    assert.deepEqual(
      found.notLookedAt.map(({ what }) => what),
      ["the agent's record"],
    );
  });

  it("that ended before the org came to something rules nothing of it out", async () => {
    const ruledOut = async (cause: CauseId) => of(await look("K7QF-3M2P", exported("K7QF-3M2P", { cause })), "ruled-out");
    for (const cause of ["logon.expired", "logon.cancelled", "factor.timeout"] as const) {
      const out = await ruledOut(cause);
      assert.ok(out.includes("clock.host") && out.includes("client.revoked"), `${cause}: the machine was judged`);
      assert.ok(!out.includes("user.unknown") && !out.includes("factor.none"), `${cause}: perhaps no password was ever proved`);
    }
    const shape = await ruledOut("client.assertion-invalid");
    assert.ok(shape.includes("client.secret-wrong") && !shape.includes("clock.host") && !shape.includes("client.replayed"));
    assert.ok(!(await ruledOut("clock.host")).includes("client.secret-retired"), "a shared secret's end is judged after the clock");
    assert.ok((await ruledOut("user.suspended")).includes("client.secret-retired"));
  });

  it("that the org let in and the agent did not: the agent's cause counts", async () => {
    const { file, reference } = agentLog(deny("agent.decision-invalid", { check: "nonce" }));
    const found = await look(reference, file, exported(reference, { type: "logon.allowed", outcome: "success" }));
    assert.deepEqual(of(found, "confirmed"), ["agent.decision-invalid"]);
    assert.equal(exitCodeOf(found), 1);
  });

  it("brings along what the agent's self-check had found by then, below the logon's own cause", async () => {
    const { file, reference } = agentLog(deny("net.refused"), [{ cause: "clock.host", evidence: { offsetMs: 400_000 } }]);
    const found = await look(reference, file);
    assert.deepEqual(of(found, "confirmed"), ["net.refused", "clock.host"]);
    assert.match(found.findings[1]?.evidence[0]?.where ?? "", /self-check$/);
    assert.deepEqual(
      found.incidents[0]?.candidates.map(({ cause }) => cause),
      ["net.refused"],
    );
  });

  it("that was let in is healthy; one let in by a warning is not", async () => {
    const good = agentLog({ result: "allow", evidence: {}, decidedByOrg: true });
    assert.equal(exitCodeOf(await look(good.reference, good.file)), 0);
    const warned = agentLog({ result: "allow", cause: "logon.fail-open", evidence: { mode: "allow" }, decidedByOrg: false });
    const found = await look(warned.reference, warned.file);
    assert.deepEqual([of(found, "confirmed"), found.incidents], [["logon.fail-open"], []]);
  });

  it("of which nothing is found is not called healthy, and a file that is not there is named", async () => {
    const { file } = agentLog(deny("net.dns"));
    const found = await look("K7QF-3M2P", file, join(folder, "nowhere.log"));
    assert.equal(exitCodeOf(found), 2);
    assert.deepEqual(found.notLookedAt[0], { what: "K7QF-3M2P", why: "no record of it was found" });
    assert.match(found.notLookedAt[1]?.why ?? "", /nowhere\.log: it is not there/);
  });

  it("is told in order by both clocks: from both records, and from the agent's alone, with its beginning", async () => {
    const { file, reference } = agentLog(deny("user.refused"));
    const end = { cause: "app.not-assigned" as const, data: { evidence: { offsetMs: 60_000 } } };
    const both = await look(reference, exported(reference, end), file);
    assert.deepEqual(
      both.steps?.map(({ title, outcome }) => [title, outcome]),
      [
        ["2026-05-06T09:59:58.766Z", "the host: begun, alice (sshd)"],
        ["2026-05-06T10:00:00.000Z", "the org: logon.started, srv01"],
        ["2026-05-06T10:00:00.000Z", "the host: refused (user.refused)"],
        ["2026-05-06T10:00:01.000Z", "the org: logon.refused (app.not-assigned), srv01"],
      ],
    );
    assert.match(both.steps?.[3]?.why[0] ?? "", /^2026-05-06T10:01:01\.000Z by the host's clock/);
    const alone = await look(reference, file);
    assert.equal(alone.steps?.length, 2);
    for (const { why } of alone.steps ?? []) assert.match(why[0] ?? "", /by the host's clock/);
  });

  it("whose clocks cannot be compared shows each time by the clock that it is of, and says so", async () => {
    const found = await look("K7QF-3M2P", exported("K7QF-3M2P", { cause: "user.unknown" }));
    assert.deepEqual(
      found.steps?.map(({ why }) => /^the host's clock: not known/.test(why[0] ?? "")),
      [true, true],
    );
  });

  it("that was let in is told as well", async () => {
    const found = await look("K7QF-3M2P", exported("K7QF-3M2P", { type: "logon.allowed", outcome: "success" }));
    assert.deepEqual([found.healthy, found.steps?.at(-1)?.outcome], [true, "the org: logon.allowed, srv01"]);
  });

  it("that the PAM module wrote down while there was no agent is read like any other", async () => {
    const file = join(folder, `attempts-${++files}.jsonl`);
    const line = {
      time: "2026-05-06T10:00:00.000Z",
      reference: "K7QF-3M2P",
      username: "alice",
      service: "sshd",
      result: "deny",
      cause: "agent.unreachable",
    };
    writeFileSync(file, `${JSON.stringify({ ...line, evidence: "connect: no such file" })}\n`);
    const found = await look("K7QF-3M2P", file);
    assert.deepEqual(of(found, "confirmed"), ["agent.unreachable"]);
    assert.deepEqual(found.findings[0]?.evidence[0], { what: "detail", value: "connect: no such file", where: `${basename(file)}:1` });
  });

  it("that a host reported afterwards: its cause stands, nothing is ruled out by it, and that the org was not asked is said", async () => {
    const data = { reported: true, at: "2026-05-06T09:00:00.000Z", evidence: { file: "armed.json" } };
    const events = exported("K7QF-3M2P", { cause: "factor.timeout", data });
    const text = readFileSync(events, "utf8").trim().split("\n");
    writeFileSync(events, `${text[1]}\n`);
    const found = await look("K7QF-3M2P", events);
    assert.deepEqual([of(found, "confirmed"), of(found, "ruled-out")], [["factor.timeout"], []]);
    assert.deepEqual(
      found.notLookedAt.map(({ what, why }) => [what, why.includes("reported")]),
      [
        ["the org's record", true],
        ["the agent's record", true],
      ],
    );
    assert.match(found.steps?.[0]?.outcome ?? "", /^the host, as it told the org: refused \(factor\.timeout\)/);
    assert.equal(found.incidents.length, 1);
  });

  it("whose report says once more what the agent's own log says is told once", async () => {
    const { file, reference } = agentLog(deny("factor.timeout", { waitedSeconds: 120 }));
    const events = exported(reference, { cause: "factor.timeout", data: { reported: true, evidence: { waitedSeconds: 120 } } });
    writeFileSync(events, `${readFileSync(events, "utf8").trim().split("\n")[1]}\n`);
    const found = await look(reference, events, file);
    assert.deepEqual(
      found.steps?.map(({ outcome }) => outcome),
      ["the host: begun, alice (sshd)", "the host: refused (factor.timeout)"],
    );
    assert.deepEqual(
      found.notLookedAt.map(({ what }) => what),
      ["the org's record"],
    );
  });

  it("that the org let in and the host refused, from the org's export alone: the host's own cause stands", async () => {
    const allowed = exported("K7QF-3M2P", { type: "logon.allowed", outcome: "success" });
    const reported = exported("K7QF-3M2P", { cause: "agent.decision-invalid", data: { reported: true, evidence: { check: "nonce" } } });
    writeFileSync(allowed, readFileSync(allowed, "utf8") + (readFileSync(reported, "utf8").trim().split("\n")[1] ?? ""));
    const found = await look("K7QF-3M2P", allowed);
    assert.deepEqual([of(found, "confirmed"), exitCodeOf(found)], [["agent.decision-invalid"], 1]);
    assert.ok(of(found, "ruled-out").includes("user.unknown"), "what the org had judged it had judged");
  });

  it("brings along what the org knew of the host when the logon began, from its export too", async () => {
    const evidence = { rule: "login", findings: [{ cause: "url.trailing-slash", evidence: '{"value":"https://mfa.corp.example/"}' }] };
    const found = await look("K7QF-3M2P", exported("K7QF-3M2P", { cause: "user.unknown", data: { evidence } }));
    assert.deepEqual(of(found, "confirmed"), ["user.unknown", "url.trailing-slash"]);
    const slash = found.findings.find(({ cause }) => cause === "url.trailing-slash");
    assert.equal(slash?.evidence[0]?.value, "https://mfa.corp.example/");
    assert.ok(!found.findings[0]?.evidence.some(({ what }) => what === "findings"));
  });

  it("S30: in a log that was mutated or cut never makes the reader fall over", async () => {
    const { file, reference } = agentLog(deny("net.refused", { error: "x" }));
    const bytes = readFileSync(file);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length), fc.uint8Array({ maxLength: 6 }), fc.nat(bytes.length), async (at, put, end) => {
        await readRecords(reference, "f", inChunks(Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at)]).subarray(0, end), 64));
      }),
      { numRuns: 500 },
    );
  });
});
