/** ssh with the codes that stand in for an app: a recovery code and an administrator's bypass code, each once; and an app of eight digits. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ssh, startSshd } from "../machine/clients.ts";
import { Machine } from "../machine/machine.ts";
import type { Person } from "../machine/org.ts";
import { COMMAND, type Daemon, must, run } from "../machine/processes.ts";

let machine: Machine;
let sshd: Daemon;

before(async () => {
  machine = await Machine.build(["alice", "bob", "carol"]);
  sshd = await startSshd();
});
after(async () => {
  await sshd?.stop();
  await machine?.end();
});

const cli = (...words: string[]) => must(process.execPath, [COMMAND, ...words, "--data", machine.org.data]);
const json = (...words: string[]) => JSON.parse(cli(...words, "--json"));

/** One ssh logon of this person with these codes; what came of it, and what an administrator reads of it. */
async function logOn(person: Person, ...codes: string[]) {
  const before = machine.attempts().length;
  const done = await ssh(person.login, [person.password, ...codes]);
  const attempt = await machine.attemptAfter(before);
  const why = JSON.parse(must(process.execPath, [COMMAND, "why", attempt.reference, "--json", "--data", machine.org.data]));
  return { out: done.out.trim(), prompts: done.prompts, reference: attempt.reference, result: attempt.result, why };
}

test("a recovery code of the list that the command printed lets in once, typed in small letters; then it is factor.code-used", async () => {
  const alice = machine.person("alice");
  const { _embedded } = json("factor", "enrol", "alice", "recovery");
  const [first = "", second = ""] = _embedded.activation.codes as string[];
  const done = await logOn(alice, first.toLowerCase());
  assert.equal(done.out, "alice", done.prompts);
  assert.match(done.prompts, /Code from your app, or a recovery code/);
  const again = await logOn(alice, first, first, first);
  assert.deepEqual([again.out === "alice", again.result, again.why.cause], [false, "deny", "factor.code-used"]);
  assert.equal((await logOn(alice, second.replaceAll("-", ""))).out, "alice");
  assert.match(cli("factor", "list", "alice"), /recovery +ACTIVE +0 +8 codes left/);
});

test("a bypass code lets in once, at machines of its app, and stands in the list while it is open; then it is factor.bypass-used", async () => {
  const bob = machine.person("bob");
  const { code, id } = json("bypass", "bob", "--app", "servers", "--reason", "phone left at home");
  assert.match(cli("factor", "list", "bob"), new RegExp(`open bypass code ${id}: servers, until .*: phone left at home`));
  const done = await logOn(bob, code);
  assert.equal(done.out, "bob", done.prompts);
  assert.match(done.prompts, /Code from your app: /);
  const again = await logOn(bob, code, code, code);
  assert.deepEqual([again.out === "bob", again.result, again.why.cause], [false, "deny", "factor.bypass-used"]);
  assert.doesNotMatch(cli("factor", "list", "bob"), /open bypass code/);
  assert.match(cli("bypass", "bob", "--list"), new RegExp(`USED .*${done.reference}`));
});

test("an app of eight digits by SHA-256 lets in; six digits of it do not leave the machine", async () => {
  const carol = machine.person("carol");
  cli("factor", "reset", "carol", "totp");
  const made = json("factor", "enrol", "carol", "totp", "--digits", "8", "--algorithm", "SHA256");
  const secret = made._embedded.activation.sharedSecret as string;
  const code = must("oathtool", ["--totp=sha256", "-d", "8", "-b", secret]).trim();
  const done = await logOn(carol, code.slice(0, 6), code);
  assert.equal(done.out, "carol", done.prompts);
  assert.equal(done.why.result, "allow");
});

test("S11: a code is not given out without a reason, and stands in no log, database or spool of machine and org", async () => {
  const { code, id } = json("bypass", "alice", "--app", "servers", "--reason", "planted", "--hours", "1");
  assert.equal((await logOn(machine.person("alice"), code)).out, "alice");
  const refused = await run(process.execPath, [COMMAND, "bypass", "alice", "--app", "servers", "--data", machine.org.data]);
  assert.equal(refused.code, 1);
  assert.match(refused.out, /say for which app, and why/);
  const found = async (text: string) =>
    (await run("grep", ["-rlaiF", "-e", text, "/var/log/sallyport", "/var/lib/sallyport", "/run/story"])).out;
  assert.match(await found(id), /org\.db/, "it would be found");
  for (const form of [code, code.replaceAll("-", ""), code.replaceAll("-", "").slice(4)]) assert.equal(await found(form), "");
});
