/** Somebody of Active Directory logs on under every form of their name, until they are disabled there and the org has read it. */
import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { ssh, startSshd } from "../machine/clients.ts";
import { Machine } from "../machine/machine.ts";
import { codeOf, type Person } from "../machine/org.ts";
import { COMMAND, type Daemon, must, run, type Said } from "../machine/processes.ts";
import { settingsOf } from "./settings.ts";
import { Directories } from "./world.ts";

const PASSWORD = "Carol-Passw0rd1";
const FORMS = ["CORP\\carol", "carol@corp.example.test", "carol"];
let world: Directories;
let machine: Machine;
let sshd: Daemon;
let carol: Person;
let dave: Person;

/** The command of the org's administrator, on the org's machine. */
const sallyport = (...args: string[]) => run(process.execPath, [COMMAND, ...args, "--data", machine.org.data], { timeout: 120_000 });
async function well(...args: string[]): Promise<Said> {
  const done = await sallyport(...args);
  assert.equal(done.code, 0, `${args.join(" ")}: ${done.out}`);
  return done;
}

/** Accounts as winbind or SSSD show them; the machine itself has no user of these names. */
function accountsOf(names: string[]): void {
  const hash = must("openssl", ["passwd", "-6", PASSWORD]).trim();
  for (const [index, name] of names.entries()) {
    const home = `/run/homes/domain${index}`;
    mkdirSync(home);
    appendFileSync("/etc/passwd", `${name}:x:${3000 + index}:100::${home}:/bin/sh\n`);
    appendFileSync("/etc/shadow", `${name}:${hash}:20000:0:99999:7:::\n`);
  }
}

async function withFactor(login: string): Promise<Person> {
  const [{ id }] = await machine.org.call("GET", `/api/v1/users?q=${encodeURIComponent(login)}`);
  const factor = await machine.org.call("POST", `/api/v1/users/${id}/factors?activate=true`, {
    factorType: "token:software:totp",
    provider: "GOOGLE",
  });
  return { id, login, password: PASSWORD, secret: factor._embedded.activation.sharedSecret, factor: factor.id };
}

/**
 * Codes of steps one after the other from this moment on: each works once, and nobody has to wait for the next. None of a step before, which
 * is over where a logon falls on the edge of two; and all from one moment, since the org learns how far a clock is ahead, and bears two steps.
 */
const codesFrom = (person: Person, start = Date.now()) => FORMS.map((_, step) => codeOf(person, new Date(start + step * 30_000)));

before(async () => {
  world = await Directories.start();
  const { corp, beta } = world;
  for (const { domain, tool } of [corp, beta].map((one) => ({ domain: one.domain, tool: one.tool.bind(one) })))
    tool("user", "create", "carol", PASSWORD, `--mail-address=carol@${domain.dns}`);
  for (const name of ["dave", "erin", "frank"]) corp.tool("user", "create", name, PASSWORD);
  corp.tool("group", "add", "admins-inner");
  corp.tool("group", "add", "may-log-on");
  corp.tool("group", "addmembers", "admins-inner", "carol,dave");
  corp.tool("group", "addmembers", "may-log-on", "admins-inner");
  machine = await Machine.build([]);
  sshd = await startSshd();
  accountsOf(FORMS);
});
after(async () => {
  await sshd?.stop();
  await machine?.end();
  await world?.stop();
});

test("two domains are set up, tried out, looked at in a dry run, and read", async () => {
  for (const [samba, fate] of [
    [world.corp, "created"],
    [world.beta, "held-back"],
  ] as const) {
    const name = samba.domain.netbios.toLowerCase();
    writeFileSync(`/run/story/${name}.json`, JSON.stringify(settingsOf(samba, world.ca)));
    writeFileSync(`/run/story/${name}.secret`, `${samba.reader.password}\n`);
    const files = ["--file", `/run/story/${name}.json`, "--secret-file", `/run/story/${name}.secret`];
    await well("source", "add", name, "--kind", "ldap", ...files, "--every", "never");
    assert.match(
      (await well("source", "test", name)).out,
      new RegExp(`answers; its domain is ${samba.domain.netbios}, ${samba.domain.dns}`),
    );
    assert.match((await well("source", "sync", name, "--dry-run")).out, new RegExp(`carol@${samba.domain.dns} +${fate}`));
    const { stdout } = await well("source", "sync", name, "--json");
    assert.equal(JSON.parse(stdout).status, "done", stdout);
  }
});

test("the second carol is held back, and is a clash to decide; the first one keeps her names", async () => {
  const found = await machine.org.call("GET", "/api/v1/users?q=carol");
  const states = found.map(({ profile, status }: any) => [profile.login, status]).sort();
  assert.deepEqual(states, [
    ["carol@beta.example.test", "STAGED"],
    ["carol@corp.example.test", "ACTIVE"],
  ]);
  assert.match((await well("duplicate", "list")).out, /samAccountName +carol/);
});

test("by a group in a group, ssh lets her in under each form of her name", async () => {
  const [{ id }] = await machine.org.call("GET", "/api/v1/groups?q=may-log-on");
  await machine.org.call("POST", `/api/v1/apps/${machine.app}/groups`, { id });
  carol = await withFactor("carol@corp.example.test");
  dave = await withFactor("dave@corp.example.test");
  const codes = codesFrom(carol);
  for (const [index, name] of FORMS.entries()) {
    const before = machine.attempts().length;
    const done = await ssh(name, [PASSWORD, codes[index] ?? ""]);
    const attempt = await machine.attemptAfter(before);
    assert.equal(done.out.trim(), name, `${name}: ${JSON.stringify(machine.why(attempt.reference))}`);
    const [record] = await machine.org.records(attempt.reference);
    assert.deepEqual([record.result, record.user?.id ?? record.userId], ["allow", carol.id], JSON.stringify(record));
  }
});

test("renamed, moved with an OU, deleted: the next sync reads what changed, and keeps everybody under their id", async () => {
  const { corp } = world;
  const found = async (login: string) => (await machine.org.call("GET", `/api/v1/users?q=${login}`))[0];
  const [erin, frank] = [await found("erin"), await found("frank")];
  corp.tool("ou", "add", `OU=Sales,${corp.base}`);
  corp.tool("user", "move", "frank", `OU=Sales,${corp.base}`);
  corp.tool("user", "rename", "frank", "--samaccountname=franklin", "--upn=franklin@corp.example.test", "--force-new-cn=franklin");
  corp.tool("ou", "rename", `OU=Sales,${corp.base}`, "OU=Sellers");
  corp.tool("user", "delete", "erin");
  const { stdout } = await well("source", "sync", "corp", "--brake", "100", "--json");
  assert.deepEqual([JSON.parse(stdout).counts.updated, JSON.parse(stdout).counts.deactivated], [1, 1], stdout);
  const [gone, renamed] = [await found("erin"), await found("franklin")];
  assert.deepEqual([gone.id, gone.status, renamed.id, renamed.status], [erin.id, "DEPROVISIONED", frank.id, "ACTIVE"]);
  assert.equal(JSON.parse((await well("source", "sync", "corp", "--json")).stdout).kind, "changes");
});

/** `sallyport logon`: nobody has proved a password, so the org asks the directory. */
async function logon(name: string, lines: string[]): Promise<{ result: string; reference: string }> {
  const done = await run(process.execPath, [COMMAND, "logon", name, "--json"], { input: `${lines.join("\n")}\n`, timeout: 60_000 });
  return JSON.parse(done.stdout);
}

test("where the org checks the password, the directory says whether it is right", async () => {
  assert.equal((await logon("CORP\\dave", [PASSWORD, codeOf(dave)])).result, "allow");
  const wrong = await logon("CORP\\dave", ["one", "two", "three"]);
  const [record] = await machine.org.records(wrong.reference);
  assert.deepEqual([record.cause, record.evidence.adData, record.evidence.source], ["user.password", "52e", "corp"]);
});

test("disabled in the directory: its word counts at once where it is asked, and by the next sync everywhere", async () => {
  world.corp.tool("user", "disable", "dave");
  world.corp.tool("user", "disable", "carol");
  const refused = await logon("CORP\\dave", [PASSWORD]);
  const [there] = await machine.org.records(refused.reference);
  assert.deepEqual([there.cause, there.evidence.adData], ["user.account-disabled", "533"]);
  const braked = await sallyport("source", "sync", "corp");
  assert.equal(braked.code, 1, braked.out);
  assert.match(braked.out, /braked/);
  assert.match((await well("source", "sync", "corp", "--brake", "100")).out, /2 deactivated/);
  for (const name of FORMS) {
    const before = machine.attempts().length;
    const done = await ssh(name, [PASSWORD, codeOf(carol)]);
    assert.notEqual(done.code, 0, done.out);
    const attempt = await machine.attemptAfter(before);
    assert.deepEqual([attempt.result, attempt.cause], ["deny", "user.refused"]);
    assert.equal(machine.why(attempt.reference).cause, "user.deactivated", name);
  }
});

test("a directory that is gone lets nobody in, and the record says which one and why", async () => {
  world.corp.tool("user", "enable", "dave");
  assert.match((await well("source", "sync", "corp")).out, /1 activated/);
  await world.corp.stop("SIGKILL");
  const refused = await logon("CORP\\dave", [PASSWORD, PASSWORD, PASSWORD]);
  const [record] = await machine.org.records(refused.reference);
  assert.deepEqual([record.result, record.cause, record.evidence.source], ["deny", "org.directory", "corp"]);
  assert.match(record.evidence.error, /ECONNREFUSED/);
  const failed = await sallyport("source", "sync", "corp");
  assert.deepEqual([failed.code, /refuses the connection/.test(failed.out)], [1, true], failed.out);
});
