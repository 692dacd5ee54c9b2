/** ssh with a code that was really mailed: the agent asks the org, the org mails by a real mail server, and only that code of that mailbox lets in. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { sshTalk, startSshd } from "../machine/clients.ts";
import { Machine } from "../machine/machine.ts";
import type { Daemon } from "../machine/processes.ts";
import { MAIL_NAME, MailServer } from "./mail-server.ts";
import { World } from "./world.ts";

const ADDRESS = "gerda@people.test";
const CODE = /^ {4}([0-9]{6})\r?$/m;
let machine: Machine;
let mail: MailServer;
let sshd: Daemon;

before(async () => {
  const world = new World();
  machine = await Machine.build([]);
  mail = await new MailServer({ implicit: true, tls: world.server, port: 4650 }).listen();
  await world.setMail(`smtps://${MAIL_NAME}:4650`);
  const rule = { name: "codes that are sent", then: "factor", factors: ["email"] };
  await machine.org.setPolicy(machine.app, { rules: [rule] });
  const { id } = await machine.addPerson("gerda", { factor: false });
  await machine.org.call("POST", `/api/v1/users/${id}`, { profile: { email: ADDRESS } });
  await machine.org.call("POST", `/api/v1/users/${id}/factors?activate=true`, { factorType: "email", provider: "OKTA" });
  sshd = await startSshd();
});
after(async () => {
  await sshd?.stop();
  await mail?.close();
  await machine?.end();
});

/** Answers the password, chooses the mail where there is a choice, and then whatever `code` says of the mail that came. */
async function logOn(code: (mailed: string, tries: number) => string) {
  const before = machine.attempts().length;
  const seen = mail.got.length;
  const { password } = machine.person("gerda");
  let tries = 0;
  const done = await sshTalk("gerda", async (prompt) => {
    if (/Password: $/.test(prompt)) return password;
    if (!/that was sent to you/.test(prompt)) return "1";
    const arrived = await mail.next(ADDRESS, CODE, seen);
    return code(CODE.exec(arrived.text)?.[1] ?? "", tries++);
  });
  return {
    out: done.out.trim(),
    prompts: done.prompts,
    tries,
    attempt: await machine.attemptAfter(before),
    mails: mail.got.slice(seen).filter(({ text }) => CODE.test(text)),
  };
}

/** Another code than this one, of the same shape. */
const wrong = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, "0");

test("a wrong code first, then the one of the mail: in, in one logon with one mail, which names the machine and the logon", async () => {
  const done = await logOn((mailed, tries) => (tries === 0 ? wrong(mailed) : mailed));
  assert.equal(done.out, "gerda", done.prompts.join("\n"));
  assert.equal(done.tries, 2);
  assert.equal(machine.why(done.attempt.reference).result, "allow");
  assert.equal(done.mails.length, 1, "a wrong code sends no other");
  const [{ text, encrypted } = { text: "", encrypted: false }] = done.mails;
  assert.ok(encrypted);
  for (const told of [/Machine: srv01/, /For: sshd/, new RegExp(`Reference: ${done.attempt.reference}`)]) assert.match(text, told);
  assert.doesNotMatch(done.prompts.join("\n"), /gerda@people\.test/, "the address shows masked");
});

test("S4: the code of the logon before lets nobody in a second time", async () => {
  const used = CODE.exec(mail.got.at(-1)?.text ?? "")?.[1] ?? assert.fail("no mail came");
  const done = await logOn(() => used);
  assert.notEqual(done.out, "gerda");
  assert.equal(machine.why(done.attempt.reference).cause, "factor.code-used");
});

test("who has no password makes no mail go out", async () => {
  const before = mail.got.length;
  const attempts = machine.attempts().length;
  await sshTalk("gerda", () => "not the password");
  const attempt = await machine.attemptAfter(attempts);
  assert.equal(machine.why(attempt.reference).cause, "user.password");
  assert.equal(mail.got.length, before);
});
