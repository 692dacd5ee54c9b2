/** What stands when the agent is gone: the fail-mode file, and nothing wider (S22). */
import assert from "node:assert/strict";
import { readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { after, before, beforeEach, describe, it } from "node:test";
import { addUser, clearState, keptAttempts, pam, requireNamespace, STATE, SystemLog, writeFailMode, writeService } from "./pam-machine.ts";
import { clearDoor } from "./scripted-agent.ts";

requireNamespace();

const now = () => Math.floor(Date.now() / 1000);
const open = () => ({ v: 1, armed: true, agentGone: "allow", until: now() + 3600 });

/** What the file says, and what a local logon gets from it. */
const FILES: [string, () => void, "refused" | "let in"][] = [
  ["missing", () => {}, "refused"],
  ["refuse", () => writeFailMode({ v: 1, armed: true, agentGone: "refuse", until: 0 }), "refused"],
  ["allow", () => writeFailMode(open()), "let in"],
  ["allow, expired", () => writeFailMode({ ...open(), until: now() - 1 }), "refused"],
  ["allow for longer than a day", () => writeFailMode({ ...open(), until: now() + 86_400 + 60 }), "refused"],
  ["allow, of another owner", () => writeFailMode(open(), { owner: 65_534 }), "refused"],
  ["allow, writable by the group", () => writeFailMode(open(), { mode: 0o620 }), "refused"],
  ["allow, writable by all", () => writeFailMode(open(), { mode: 0o602 }), "refused"],
  ["malformed", () => writeFailMode('{"v":1,"armed":true,"agentGone":"allow"'), "refused"],
  ["empty", () => writeFailMode(""), "refused"],
  ["of another version", () => writeFailMode({ ...open(), v: 2 }), "refused"],
  ["without armed", () => writeFailMode({ v: 1, agentGone: "allow", until: now() + 60 }), "refused"],
  ["armed as text", () => writeFailMode({ ...open(), armed: "false" }), "refused"],
  ["until as text", () => writeFailMode({ ...open(), until: `${now() + 60}` }), "refused"],
  ["padded beyond its room", () => writeFailMode(`${" ".repeat(5000)}${JSON.stringify(open())}`), "refused"],
];
const SERVICES: [string, string, Record<string, string>][] = [
  ["local", "console-like", {}],
  ["local with PAM_RHOST", "console-like", { rhost: "203.0.113.7" }],
  ["local with a PAM_RHOST too long to keep", "console-like", { rhost: "x".repeat(300) }],
  ["sshd", "sshd", {}],
  ["sudo", "sudo", {}],
  ["sshd under another name", "renamed", {}],
];

let log: SystemLog;
let cells = 0;
before(async () => {
  addUser("alice");
  log = await SystemLog.open();
  for (const service of ["console-like", "sshd", "sudo"]) writeService(service, "auth required MODULE\naccount required MODULE");
  writeService("renamed", "auth required MODULE service=sshd\naccount required MODULE service=sshd");
});
after(() => {
  log.close();
  process.stdout.write(`outage: ${cells} cells\n`);
});
beforeEach(async () => {
  clearDoor();
  clearState();
  await log.take();
});

/** Return code, system log and kept attempt of one call, which must tell one story. */
async function expectCell(
  service: string,
  items: Record<string, string>,
  operation: "authenticate" | "acct_mgmt",
  expected: string,
  cause: string,
) {
  cells += 1;
  const done = await pam({ service, items, operation });
  const refusal = operation === "authenticate" ? "Authentication failure" : "Permission denied";
  assert.equal(done.result, expected === "refused" ? refusal : "Success", done.output);
  const [line = "", ...more] = (await log.take()).filter((one) => one.includes("sallyport:"));
  assert.deepEqual(more, []);
  const [kept] = keptAttempts();
  assert.ok(kept);
  assert.match(line, new RegExp(`sallyport: ${expected} user=alice service=\\S+ cause=${cause} reference=${kept.reference}`));
  assert.match(kept.reference, /^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/);
  assert.deepEqual([kept.username, kept.cause, kept.result], ["alice", cause, expected === "refused" ? "deny" : "allow"]);
  if (expected === "refused") assert.match(done.output, new RegExp(`Reference: ${kept.reference}`));
}

for (const [file, write, local] of FILES) {
  describe(`S22: agent absent, fail-mode file ${file}`, () => {
    for (const [name, service, items] of SERVICES) {
      const expected = name === "local" ? local : "refused";
      for (const operation of ["authenticate", "acct_mgmt"] as const) {
        it(`${name}, ${operation}: ${expected}`, async () => {
          write();
          await expectCell(service, items, operation, expected, expected === "refused" ? "agent.unreachable" : "logon.fail-open");
          clearState();
        });
      }
    }
  });
}

describe("agent absent, disarmed", () => {
  for (const [name, service, items] of SERVICES) {
    it(`${name}: let in by the password alone, with a warning`, async () => {
      writeFailMode({ v: 1, armed: false, agentGone: "refuse", until: 0 });
      await expectCell(service, items, "authenticate", "let in", "agent.not-armed");
    });
  }
  it("S22: disarmed counts only in a file of root's", async () => {
    writeFailMode({ v: 1, armed: false, agentGone: "refuse", until: 0 }, { owner: 65_534 });
    await expectCell("console-like", {}, "authenticate", "refused", "agent.unreachable");
  });
});

describe("S32: the file of attempts", () => {
  const file = `${STATE}/attempts.jsonl`;
  const refused = async () => assert.equal((await pam({ service: "sshd" })).result, "Authentication failure");

  it("is made for root alone, and gets one line for each attempt", async () => {
    await refused();
    await refused();
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(new Set(keptAttempts().map(({ reference }) => reference)).size, 2);
  });

  it("is not written through a link", async () => {
    writeFileSync("/run/target", "");
    symlinkSync("/run/target", file);
    await refused();
    assert.equal(readFileSync("/run/target", "utf8"), "");
  });

  it("does not grow beyond 1 MiB, and the logon is refused all the same", async () => {
    writeFileSync(file, "x".repeat(1024 * 1024 - 20));
    await refused();
    assert.equal(statSync(file).size, 1024 * 1024 - 20);
  });

  it("that cannot be made changes nothing", async () => {
    rmSync(STATE, { recursive: true });
    await refused();
    assert.match((await log.take()).join(), /cause=agent\.unreachable/);
  });
});
