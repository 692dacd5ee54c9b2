/** What `why` prints of a logon that was let in although something is wrong with its host. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { LogonView } from "@sallyport/contracts";
import { explainFound } from "@sallyport/doctor";
import { explainLogon } from "./why.ts";

const LOGON: LogonView = {
  reference: "K7QF-3M2P",
  host: { id: "hst_1", name: "web01" },
  app: "servers",
  username: "alice",
  domain: null,
  user: { id: "usr_1", login: "alice" },
  service: "sshd",
  scenario: "logon",
  address: null,
  started: "2026-11-24T12:00:00.000Z",
  ended: "2026-11-24T12:00:05.000Z",
  result: "allow",
  cause: null,
  told: null,
  rule: null,
  amr: ["pwd", "otp"],
  evidence: {},
  findings: [
    { cause: "url.trailing-slash", evidence: '{"value":"https://mfa.corp.example/"}' },
    { cause: "clock.host", evidence: "an hour" },
  ],
  timeline: [],
  reported: [],
};

test("a logon that was let in shows each finding with its evidence and what to do, and no cause", async () => {
  const { value, lines } = await explainLogon(async () => [LOGON], "K7QF-3M2P", "/nonexistent");
  assert.equal(lines[0], "K7QF-3M2P: let in");
  const at = lines.indexOf("Finding — url.trailing-slash");
  assert.ok(at > 0, lines.join("\n"));
  assert.deepEqual(lines.slice(at + 1, at + 3), ["  The org's address ends in a slash", "  value: https://mfa.corp.example/"]);
  assert.match(lines.slice(at).join("\n"), /What to do \(administrator\)\n {2}Remove the slash/);
  assert.ok(lines.includes("  seen: an hour"), "evidence of another form is shown as it is");
  assert.deepEqual(Object.keys(value.about), ["url.trailing-slash", "clock.host"]);
});

test("the cause of a refusal is not repeated as a finding", async () => {
  const refused: LogonView = { ...LOGON, result: "deny", cause: "clock.host" };
  const { value } = await explainLogon(async () => [refused], "K7QF-3M2P", "/nonexistent");
  assert.deepEqual([value.cause, value.findings.map(({ cause }) => cause)], ["clock.host", ["url.trailing-slash"]]);
});

test("why and doctor logon find the same: the cause, and every finding of org and agent", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-why-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const own = { time: "2026-11-24T12:00:05.000Z", event: "logon", reference: "K7QF-3M2P", service: "sshd" };
  const findings = [{ cause: "host.disk", evidence: { path: "/var" } }];
  const refusals: [LogonView, object][] = [
    [LOGON, { ...own, result: "allow", findings }],
    [
      { ...LOGON, result: "deny", cause: "app.not-assigned", told: "user.refused" },
      { ...own, result: "deny", cause: "user.refused", findings },
    ],
    [
      { ...LOGON, result: "allow" },
      { ...own, result: "deny", cause: "agent.decision-invalid", evidence: { check: "nonce" } },
    ],
    [
      { ...LOGON, result: "open", findings: [] },
      { ...own, result: "deny", cause: "net.timeout" },
    ],
    [
      { ...LOGON, result: "deny", cause: "factor.code-wrong" },
      { ...own, result: "deny", cause: "factor.code-wrong", findings },
    ],
  ];
  for (const [logon, line] of refusals) {
    writeFileSync(join(folder, "agent.log"), `${JSON.stringify(line)}\n`);
    const { value } = await explainLogon(async () => [logon], "K7QF-3M2P", folder);
    const found = explainFound("K7QF-3M2P", value.org, value.agent, value.missing);
    const doctor = found.findings.filter(({ verdict, dependsOn }) => verdict === "confirmed" && !dependsOn).map(({ cause }) => cause);
    const why = [...(value.cause === null ? [] : [value.cause]), ...value.findings.map(({ cause }) => cause)];
    assert.deepEqual([...doctor].sort(), [...why].sort(), JSON.stringify(line));
    if (value.cause !== null) assert.equal(doctor[0], value.cause);
  }
});

test("each step of the org stands by the host's clock too, where the record has their difference", async () => {
  const timeline = [{ at: "2026-11-24T12:00:00.000Z", type: "logon.refused", cause: "user.unknown" as const, data: {} }];
  const logon: LogonView = { ...LOGON, evidence: { offsetMs: 3_600_000 }, timeline };
  const { lines } = await explainLogon(async () => [logon], "K7QF-3M2P", "/nonexistent");
  assert.ok(
    lines.includes("  2026-11-24T12:00:00.000Z  logon.refused  user.unknown  (2026-11-24T13:00:00.000Z by the host's clock)"),
    lines.join("\n"),
  );
});

test("the agent that npm start runs in this folder is asked without being named", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-why-"));
  const before = process.cwd();
  t.after(() => {
    process.chdir(before);
    rmSync(folder, { recursive: true });
  });
  mkdirSync(join(folder, "data/agent"), { recursive: true });
  const record = { time: "2026-11-24T12:00:05.000Z", event: "logon", reference: "K7QF-3M2P", result: "deny", cause: "org.database" };
  writeFileSync(join(folder, "data/agent/agent.log"), `${JSON.stringify(record)}\n`);
  process.chdir(folder);
  const { value } = await explainLogon(async () => [], "K7QF-3M2P", undefined);
  assert.deepEqual([value.cause, value.agent.length, value.missing], ["org.database", 1, []]);
});
