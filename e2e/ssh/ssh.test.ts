/** ssh to a real sshd: password by PAM as ever, then the code; the right one lets in, everything else has one cause. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ssh, startSshd } from "../machine/clients.ts";
import { Machine } from "../machine/machine.ts";
import { codeOf } from "../machine/org.ts";
import type { Daemon } from "../machine/processes.ts";

let machine: Machine;
let sshd: Daemon;

before(async () => {
  machine = await Machine.build(["alice", "bob"]);
  sshd = await startSshd();
});
after(async () => {
  await sshd?.stop();
  await machine?.end();
});

test("the right password and the right code: in, as the right user", async () => {
  const alice = machine.person("alice");
  const before = machine.attempts().length;
  const done = await ssh("alice", [alice.password, codeOf(alice)]);
  assert.equal(done.out.trim(), "alice", done.prompts);
  assert.equal(done.code, 0);
  const attempt = await machine.attemptAfter(before);
  assert.equal(attempt.result, "allow");
  assert.equal(machine.why(attempt.reference).result, "allow");
});
