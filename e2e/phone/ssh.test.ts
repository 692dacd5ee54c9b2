/** ssh, approved on the phone: the terminal shows a number, the phone takes it, and the shell opens. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { SSH_PORT, startSshd } from "../machine/clients.ts";
import { Machine } from "../machine/machine.ts";
import { codeOf, ORG_NAME, ORG_PORT } from "../machine/org.ts";
import type { Daemon } from "../machine/processes.ts";
import { type Replies, Terminal } from "../machine/terminal.ts";
import { Approver } from "./approver.ts";

const URL = `https://${ORG_NAME}:${ORG_PORT}`;
const SSH = `ssh -p ${SSH_PORT} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o NumberOfPasswordPrompts=1 alice@127.0.0.1 id -un`;
const NUMBER = /Type (\d+) on your phone\.[\s\S]*Enter[^\n]*$/;

let machine: Machine;
let sshd: Daemon;
let terminal: Terminal;
let phone: Approver;

before(async () => {
  machine = await Machine.build(["alice"]);
  sshd = await startSshd();
  terminal = new Terminal("/root");
  const { id } = machine.person("alice");
  const made = await machine.org.call("POST", `/api/v1/users/${id}/factors`, { factorType: "push", provider: "OKTA" });
  phone = await Approver.open({ url: URL, ignoreHTTPSErrors: true });
  await phone.activate(made._embedded.activation.code);
});
after(async () => {
  await phone?.close();
  await terminal?.close();
  await sshd?.stop();
  await machine?.end();
});

const password: Replies[number] = [/assword: $/, () => machine.person("alice").password];
const choose: Replies[number] = [/choose from the list[^\n]*: ?$/, () => "push"];
const shownNumber = () => NUMBER.exec(terminal.latest)?.[1] ?? "";

test("an ssh logon is approved on the phone page", async () => {
  const before = machine.attempts().length;
  const approve = async () => {
    await phone.approve(shownNumber());
    await phone.ended("Approved");
    return "";
  };
  const said = await terminal.command(SSH, [password, choose, [NUMBER, approve]]);
  assert.match(said, /\nalice\n/);
  const attempt = await machine.attemptAfter(before);
  assert.equal(attempt.result, "allow");
  assert.equal(machine.why(attempt.reference).result, "allow");
});

test("another number on the phone lets nobody in; the code of the app still does", async () => {
  const before = machine.attempts().length;
  let pushed = false;
  const mistype = async () => {
    const number = shownNumber();
    await phone.approve(number === "42" ? "43" : "42");
    await phone.ended("Another number");
    pushed = true;
    return "";
  };
  const next: Replies[number] = [choose[0], () => (pushed ? codeOf(machine.person("alice")) : "push")];
  const said = await terminal.command(SSH, [password, next, [NUMBER, mistype]]);
  assert.match(said, /was not the one shown here/);
  assert.match(said, /\nalice\n/);
  assert.equal((await machine.attemptAfter(before)).result, "allow");
});
