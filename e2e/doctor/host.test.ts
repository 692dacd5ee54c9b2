/** `sallyport doctor host` on a real machine: healthy, then one thing at a time that is not, seen as an administrator sees it. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Diagnosis, diagnosis } from "@sallyport/contracts";
import { startSshd } from "../machine/clients.ts";
import { Machine } from "../machine/machine.ts";
import { COMMAND, type Daemon, run } from "../machine/processes.ts";

let machine: Machine;
let sshd: Daemon;

before(async () => {
  machine = await Machine.build(["alice"]);
  sshd = await startSshd();
});
after(async () => {
  await sshd?.stop();
  await machine?.end();
});

async function doctor(...words: string[]): Promise<{ code: number | null; found: Diagnosis; confirmed: string[]; ms: number }> {
  const begun = performance.now();
  const done = await run(process.execPath, ["--disable-warning=ExperimentalWarning", COMMAND, "doctor", "host", "--json", ...words]);
  const ms = Math.round(performance.now() - begun);
  const found = diagnosis.parse(JSON.parse(done.out));
  const confirmed = found.findings.filter(({ verdict }) => verdict === "confirmed").map(({ cause }) => cause);
  return { code: done.code, found, confirmed, ms };
}

test("a healthy machine: no finding, exit code 0", async () => {
  const { code, found, ms } = await doctor();
  console.log(`doctor host on a healthy machine: ${ms} ms`);
  assert.deepEqual(
    found.findings.filter(({ verdict }) => verdict !== "ruled-out"),
    [],
  );
  assert.equal(found.healthy, true);
  assert.equal(code, 0);
});
