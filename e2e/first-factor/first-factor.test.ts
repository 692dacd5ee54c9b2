/** ssh by somebody who has no factor yet: with the ticket of an administrator they set one up at the terminal, and only then are in. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ssh, sshTalk, startSshd } from "../machine/clients.ts";
import { Machine } from "../machine/machine.ts";
import { COMMAND, type Daemon, must } from "../machine/processes.ts";

let machine: Machine;
let sshd: Daemon;

before(async () => {
  machine = await Machine.build([]);
  for (const name of ["dora", "emil"]) await machine.addPerson(name, { factor: false });
  sshd = await startSshd();
});
after(async () => {
  await sshd?.stop();
  await machine?.end();
});

const json = (...words: string[]) => JSON.parse(must(process.execPath, [COMMAND, ...words, "--data", machine.org.data, "--json"]));
const oath = (secret: string, at = Date.now()) => must("oathtool", ["--totp", "-b", "--now", `@${Math.floor(at / 1000)}`, secret]).trim();

test("without a window somebody without a factor is refused, and asked nothing", async () => {
  const dora = machine.person("dora");
  const before = machine.attempts().length;
  const done = await ssh("dora", [dora.password, "123456"]);
  assert.notEqual(done.out.trim(), "dora");
  const attempt = await machine.attemptAfter(before);
  assert.equal(machine.why(attempt.reference).cause, "factor.none");
  assert.doesNotMatch(done.prompts, /ticket/i);
});

test("S18: with the ticket the first factor is set up at the terminal, its first code lets in, and from then on it is asked for", async () => {
  const dora = machine.person("dora");
  const { ticket } = json("ticket", "create", "dora");
  let secret = "";
  let typed = 0;
  const shown: string[] = [];
  const done = await sshTalk("dora", (prompt) => {
    if (/Password: $/.test(prompt)) return dora.password;
    if (/ticket: $/.test(prompt)) {
      shown.push("ticket");
      return shown.length === 1 ? "0000-0000-0000-0000-0000" : ticket.toLowerCase();
    }
    secret ||= /by hand: ([A-Z2-7 ]+)/.exec(prompt)?.[1]?.replaceAll(" ", "") ?? "";
    typed = Date.now();
    return oath(secret, typed);
  });
  assert.equal(done.out.trim(), "dora", done.prompts.join("\n"));
  assert.deepEqual(shown, ["ticket", "ticket"], "a mistyped one is asked again");
  assert.match(done.prompts.at(-1) ?? "", /Scan:\n█+\n█/);
  const { cause, result } = machine.why(machine.attempts().at(-1)?.reference ?? "");
  assert.deepEqual([result, cause], ["allow", null]);
  // The code after the one that was typed, not after the one of now: whose first code fell on the edge of two steps counts as a step behind.
  const next = await ssh("dora", [dora.password, oath(secret, typed + 30_000)]);
  assert.equal(next.out.trim(), "dora", next.prompts);
  assert.match(next.prompts, /Code from your app: /);
});

test("S18: who leaves before the first code is right has no factor, and the window is still open", async () => {
  const emil = machine.person("emil");
  const { ticket } = json("ticket", "create", "emil");
  let secret = "";
  const left = await sshTalk("emil", (prompt) => {
    if (/Password: $/.test(prompt)) return emil.password;
    if (/ticket: $/.test(prompt)) return ticket;
    secret = /by hand: ([A-Z2-7 ]+)/.exec(prompt)?.[1]?.replaceAll(" ", "") ?? secret;
    // Three codes that are not right: the secret is shown, and nobody is in.
    return "no code";
  });
  assert.notEqual(left.out.trim(), "emil");
  assert.notEqual(secret, "");
  const again = await sshTalk("emil", (prompt) => {
    if (/Password: $/.test(prompt)) return emil.password;
    if (/ticket: $/.test(prompt)) return ticket;
    secret = /by hand: ([A-Z2-7 ]+)/.exec(prompt)?.[1]?.replaceAll(" ", "") ?? secret;
    return oath(secret);
  });
  assert.equal(again.out.trim(), "emil", again.prompts.join("\n"));
});
