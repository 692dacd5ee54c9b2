/** `sallyport doctor host` on a real machine: sshd, sudo, PAM, xrdp, agent and org as they are; what it says open is walked through. */
import assert from "node:assert/strict";
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Diagnosis, diagnosis } from "@sallyport/contracts";
import { giveKey, ssh, sshWithKey, startSshd, sudo } from "../machine/clients.ts";
import { Machine, STACKS, STATE } from "../machine/machine.ts";
import { codeOf } from "../machine/org.ts";
import { COMMAND, type Daemon, must, ROOT, run } from "../machine/processes.ts";
import { startXrdp } from "../machine/rdp.ts";

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

interface Told {
  code: number | null;
  found: Diagnosis;
  confirmed: string[];
  ms: number;
}

async function doctor(...words: string[]): Promise<Told> {
  const begun = performance.now();
  const done = await run(process.execPath, ["--disable-warning=ExperimentalWarning", COMMAND, "doctor", "host", "--json", ...words]);
  const ms = Math.round(performance.now() - begun);
  const found = diagnosis.parse(JSON.parse(done.stdout));
  const confirmed = found.findings.filter(({ verdict }) => verdict === "confirmed").map(({ cause }) => cause);
  return { code: done.code, found, confirmed, ms };
}

function proofsOf({ found }: Told, cause: string): string {
  const evidence = found.findings.find((one) => one.cause === cause)?.evidence ?? [];
  return evidence.map(({ what, value, where }) => `${what}: ${value} (${where})`).join("\n");
}

async function isHealthy(): Promise<number> {
  const { code, found, ms } = await doctor();
  const left = found.findings.filter(({ verdict }) => verdict === "confirmed" || verdict === "candidate");
  assert.deepEqual([code, found.healthy, left], [0, true, []]);
  return ms;
}

/** A stack as somebody writes it who has not read docs/pam.md. */
async function withStack<T>(service: string, text: string, work: () => Promise<T>): Promise<T> {
  writeFileSync(`/etc/pam.d/${service}`, text);
  try {
    return await work();
  } finally {
    writeFileSync(`/etc/pam.d/${service}`, STACKS[service] ?? "");
  }
}

const MODULE = "/run/pam_sallyport.so";

test("a healthy machine: no finding, exit code 0, within the time of a person", async (t) => {
  t.diagnostic(`doctor host on a healthy machine: ${await isHealthy()} ms`);
});

test("with xrdp as well; and its port closed while the session manager runs", async () => {
  const xrdp = await startXrdp();
  try {
    await isHealthy();
    const again = await xrdp.stopListening();
    const closed = await doctor();
    assert.deepEqual(closed.confirmed, ["host.rdp-closed"]);
    assert.match(proofsOf(closed, "host.rdp-closed"), /nothing listens \(127.0.0.1:33890\)/);
    await again();
  } finally {
    await xrdp.stop();
  }
});

test("the package's own profile by pam-auth-update passes", async () => {
  const before = ["common-auth", "common-account", "sshd", "sudo", "su"].map((name) => [name, readFileSync(`/etc/pam.d/${name}`, "utf8")]);
  const profiles = ["sallyport", "sallyport-failed"];
  copyFileSync(MODULE, "/usr/lib/x86_64-linux-gnu/security/pam_sallyport.so");
  for (const name of profiles) copyFileSync(join(ROOT, `packaging/agent/pam-configs.${name}`), `/usr/share/pam-configs/${name}`);
  const include = "@include common-auth\n@include common-account\n";
  for (const [name] of before.slice(2))
    writeFileSync(`/etc/pam.d/${name}`, name === "su" ? `auth sufficient pam_rootok.so\n${include}` : include);
  must("pam-auth-update", ["--force", "--enable", ...profiles]);
  try {
    await isHealthy();
  } finally {
    for (const [name, text] of before) writeFileSync(`/etc/pam.d/${name}`, text ?? "");
    for (const name of profiles) rmSync(`/usr/share/pam-configs/${name}`);
  }
});

describe("S23: what the doctor calls open is open", () => {
  test("a sufficient line in an included file lets in by password alone, and is named by its place", async () => {
    writeFileSync("/etc/pam.d/people", "auth sufficient pam_unix.so\nauth requisite pam_deny.so\n");
    const text = `@include people\nauth required ${MODULE}\naccount required pam_unix.so\n`;
    const { told, done } = await withStack("sshd", text, async () => {
      const alice = machine.person("alice");
      return { told: await doctor(), done: await ssh("alice", [alice.password]) };
    });
    assert.equal(done.out.trim(), "alice", "it was not open");
    assert.equal(told.confirmed[0], "pam.order");
    assert.match(proofsOf(told, "pam.order"), /sshd: lets in before.*pam_unix.so \(\/etc\/pam.d\/people:1\)/);
    rmSync("/etc/pam.d/people");
    await isHealthy();
  });

  test("without pam_deny a wrong password with a right code gets in", async () => {
    const text = `auth [success=1 default=ignore] pam_unix.so\nauth [default=ignore] ${MODULE} failed\nauth required ${MODULE}\naccount required ${MODULE}\n`;
    const alice = machine.person("alice");
    const { told, done } = await withStack("sudo", text, async () => ({
      told: await doctor(),
      done: await sudo("alice", ["wrong", codeOf(alice)], { password: true }),
    }));
    assert.match(done.out, /root/, "it was not open");
    assert.match(proofsOf(told, "pam.order"), /a wrong password with a right code gets in.*sudo:3/);
  });

  test("a key alone, without the account line; and with it the same key is refused and nothing is found", async () => {
    const key = giveKey("alice");
    const open = (STACKS["sshd"] ?? "").replace(`account required ${MODULE}\n`, "");
    const { told, done } = await withStack("sshd", open, async () => ({ told: await doctor(), done: await sshWithKey("alice", key) }));
    assert.equal(done.out.trim(), "alice", "it was not open");
    assert.deepEqual(told.confirmed, ["pam.open-path"]);
    assert.match(proofsOf(told, "pam.open-path"), /publickey alone \(\/run\/sshd-story\/config\)/);
    assert.notEqual((await sshWithKey("alice", key)).code, 0);
    await isHealthy();
  });

  test("NOPASSWD, without the account line; and with it the same rule is refused and nothing is found", async () => {
    const open = (STACKS["sudo"] ?? "").replace(`account required ${MODULE}\n`, "");
    const { told, done } = await withStack("sudo", open, async () => {
      const done = await sudo("alice", [], { password: false });
      return { done, told: await doctor() };
    });
    assert.match(done.out, /root/, "it was not open");
    assert.deepEqual(told.confirmed, ["pam.open-path"]);
    assert.match(proofsOf(told, "pam.open-path"), /NOPASSWD: ALL \(\/etc\/sudoers.d\/story-alice:2\)/);
    assert.notEqual((await sudo("alice", [], { password: false })).code, 0);
    await isHealthy();
  });

  test("an expired password ends Debian's account lines before ours: open for NOPASSWD until it is changed, and named", async () => {
    const alice = machine.person("alice");
    const line = `account required ${MODULE}\n`;
    const behind = (STACKS["sudo"] ?? "").replace(`account required pam_unix.so\n${line}`, `@include common-account\n${line}`);
    const before = behind.replace(`@include common-account\n${line}`, `${line}@include common-account\n`);
    const expire = () => must("chage", ["-d", "0", "alice"]);
    const fresh = "Another-Word-29";
    expire();
    const { told, done } = await withStack("sudo", `${behind}password required pam_unix.so\n`, async () => {
      const done = await sudo("alice", [alice.password, fresh, fresh], { password: false });
      return { done, told: await doctor() };
    });
    assert.match(done.out, /root/, "it was not open");
    assert.deepEqual(told.confirmed, ["pam.open-path"]);
    assert.match(proofsOf(told, "pam.open-path"), /not reached where the password has expired.*common-account/);
    must("chpasswd", [], `alice:${alice.password}\n`);
    expire();
    const closed = await withStack("sudo", `${before}password required pam_unix.so\n`, async () => {
      await isHealthy();
      return sudo("alice", [alice.password, fresh, fresh], { password: false });
    });
    assert.doesNotMatch(closed.out, /^root$/m);
    must("chpasswd", [], `alice:${alice.password}\n`);
  });

  test("a mistyped argument refuses the right password and the right code, and is named", async () => {
    const text = (STACKS["sshd"] ?? "").replace(`auth required ${MODULE}\n`, `auth required ${MODULE} timeuot=30\n`);
    const alice = machine.person("alice");
    const { told, done } = await withStack("sshd", text, async () => ({
      told: await doctor(),
      done: await ssh("alice", [alice.password, codeOf(alice)]),
    }));
    assert.notEqual(done.code, 0);
    assert.deepEqual(told.confirmed, ["config.invalid"]);
    assert.match(proofsOf(told, "config.invalid"), /timeuot=30 .*\/etc\/pam.d\/sshd:4/);
  });
});

test("a key that is another's: open without an administrator, decided with one", async () => {
  const file = `${STATE}/host.json`;
  const before = readFileSync(file, "utf8");
  const other = JSON.parse(before);
  const made = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign"]);
  const { kty, crv, x, y, d } = await crypto.subtle.exportKey("jwk", made.privateKey);
  await machine.stopAgent();
  writeFileSync(file, JSON.stringify({ ...other, key: { kty, crv, x, y, d } }));
  await machine.startAgent();
  const alone = await doctor();
  assert.deepEqual([alone.code, alone.confirmed], [1, []]);
  const possible = alone.found.findings.filter(({ verdict }) => verdict === "candidate").map(({ cause }) => cause);
  assert.deepEqual(possible, ["client.unknown", "client.secret-wrong"]);
  assert.match(JSON.stringify(alone.found.notLookedAt), /error id [^ ]+.*--token-file/);
  const decided = await doctor("--data", machine.org.data);
  assert.deepEqual(decided.confirmed, ["client.secret-wrong"]);
  await machine.stopAgent();
  writeFileSync(file, before);
  await machine.startAgent();
  await isHealthy();
});

test("an org that takes connections and says nothing more: named, and ended in time", async (t) => {
  machine.org.signal("SIGSTOP");
  try {
    const told = await doctor();
    t.diagnostic(`doctor host with an org that is held still: ${told.ms} ms`);
    assert.deepEqual(told.confirmed, ["net.timeout"]);
  } finally {
    machine.org.signal("SIGCONT");
  }
  await isHealthy();
});

test("somebody who is not root is told so, and nothing is claimed", async () => {
  const words = ["-u", "alice", "--", process.execPath, COMMAND, "doctor", "host", "--json"];
  const done = await run("runuser", words);
  const found = diagnosis.parse(JSON.parse(done.stdout));
  assert.deepEqual(
    found.findings.filter(({ verdict }) => verdict === "confirmed"),
    [],
  );
  assert.equal(done.code, 2);
  assert.match(JSON.stringify(found.notLookedAt), /run this as root/);
});
