/** S23: every cell runs the real service binary and must end as the policy says, in the session's output and in `why`. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startSshd } from "../machine/clients.ts";
import { type Attempt, addAccount, Machine } from "../machine/machine.ts";
import type { Daemon, Ran } from "../machine/processes.ts";
import { CELLS } from "./cells.ts";

let machine: Machine;
let sshd: Daemon;
let done = 0;
let kept: Attempt | undefined;

before(async () => {
  machine = await Machine.build(["victim"]);
  addAccount("other", "Pw-other-1");
  sshd = await startSshd(["PermitEmptyPasswords yes"]);
});
after(async () => {
  process.stdout.write(`S23 matrix: ${done} of ${CELLS.length} cells\n`);
  await sshd?.stop();
  await machine?.end();
});

for (const [index, cell] of CELLS.entries()) {
  const verdict = cell.expect === "in" ? "in" : "refused";
  test(`S23: ${cell.service}: ${cell.path}: ${verdict}${cell.cause === null ? "" : `, ${cell.cause}`}`, async () => {
    const user = await machine.addPerson(`cell${index}`, { factor: cell.factor !== false });
    const restore = await cell.given?.(machine, user);
    const before = machine.attempts().length;
    let session: Ran;
    try {
      session = await cell.run(machine, user);
    } finally {
      // What the module wrote down must be read before an agent comes back and ships it.
      kept = machine.keptAttempts().at(-1);
      await restore?.();
    }
    const name = (cell.prints ?? (({ login }) => login))(user);
    const inside = session.code === 0 && new RegExp(`^(.*: )?(${name}|Remote working directory.*)$`, "m").test(session.out);
    assert.equal(inside, cell.expect === "in", `${session.code}: ${session.out}`);
    await assertCause(cell.cause, user.login, before);
    done += 1;
  });
}

async function assertCause(cause: string | null, login: string, before: number): Promise<void> {
  if (cause === "none") {
    assert.equal(machine.attempts().length, before, "the agent was not asked");
    return;
  }
  if (cause !== "agent.unreachable") await machine.attemptAfter(before);
  const own = machine
    .attempts()
    .slice(before)
    .filter(({ username }) => username === login)
    .at(-1);
  const attempt = cause === "agent.unreachable" ? kept : own;
  assert.equal(attempt?.username, login, "there is a record of this user's attempt");
  assert.equal(machine.why(attempt?.reference ?? "").cause, cause);
}
