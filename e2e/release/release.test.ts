/** The Debian packages: the same bytes twice, a bill of materials that is true, and nobody locked out on the way in, up and out. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { giveKey, ssh, sshWithKey, startSshd, su, sudo } from "../machine/clients.ts";
import { addAccount } from "../machine/machine.ts";
import { type Daemon, must, ROOT, run, until } from "../machine/processes.ts";
import { freshHomes, freshProject } from "../machine/throwaway.ts";
import { build, DIST, deb, laterVersion, pam, sallyport, stacks, traces } from "./packages.ts";

const PASSWORD = "Pw-of-this-machine-1";
const LOG = "/var/log/sallyport/agent.log";
const COMMON_AUTH = "/etc/pam.d/common-auth";
let sshd: Daemon;
let untouched: Record<string, string>;
let secret = "";
let lastCode = "";

before(async () => {
  freshProject();
  freshHomes();
  mkdirSync("/run/story");
  // Debian's maintainer scripts start and stop services; the machine that runs this story may forbid it.
  rmSync("/usr/sbin/policy-rc.d", { force: true });
  // And they ask in which runlevel the machine was booted: 2, after none.
  const booted =
    "[1] [20018] [~~  ] [runlevel] [~           ] [6.1.0               ] [0.0.0.0        ] [2026-01-01T00:00:00,000000+00:00]\n";
  must("sh", ["-c", "utmpdump -r > /run/utmp"], booted);
  for (const name of ["alice", "bob"]) addAccount(name, PASSWORD);
  must("chpasswd", [], `root:${PASSWORD}\n`);
  sshd = await startSshd();
});
after(async () => {
  for (const service of ["sallyport-agent", "sallyport-server"]) await run("service", [service, "stop"]);
  await sshd?.stop();
});

/** Each code works once: the app's next one. */
async function code(): Promise<string> {
  const next = () => must("oathtool", ["--totp", "-b", secret]).trim();
  lastCode = await until("the app's next code", () => (next() === lastCode ? undefined : next()), 90);
  return lastCode;
}

/** Nobody is asked for a code: ssh, su and root's su as on a machine without Sallyport. */
async function passwordAlone(): Promise<void> {
  const done = await ssh("alice", [PASSWORD]);
  assert.equal(done.out.trim(), "alice", done.prompts + done.out);
  assert.doesNotMatch(done.prompts, /[Cc]ode/);
  assert.match((await su("bob", "alice", [PASSWORD])).out, /alice/);
  assert.equal((await su("root", "alice", [])).out.trim(), "alice");
  const console = await pam("login", "root", PASSWORD, ["tty=tty1"]);
  assert.equal(console.code, 0, console.out);
}

/** Names the files that are not byte for byte as they were. */
function sameStacks(before: Record<string, string>): void {
  const now = stacks();
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  assert.deepEqual(
    names.filter((name) => before[name] !== now[name]).map((name) => `${name}:\n${now[name]}`),
    [],
  );
}

interface Kept {
  reference: string;
  result: string;
}

/** The newest refusal in a file of the machine: the agent's log, or what the module keeps while there is no agent. */
function newest(file: string): string {
  const lines = readFileSync(file, "utf8").trim().split("\n");
  const refused = lines.map((line) => JSON.parse(line) as Kept).filter(({ result }) => result === "deny");
  return refused.at(-1)?.reference ?? assert.fail(`no refusal in ${file}`);
}

/** What an administrator reads of it. */
const why = (reference: string) => JSON.parse(sallyport(["why", reference, "--json"])) as { cause: string | null; result: string };

/** Once the agent is back it tells the org what the module had kept. */
function reported(reference: string): { cause: string | null } | undefined {
  const { cause, org } = JSON.parse(sallyport(["why", reference, "--json"])) as { cause: string | null; org: unknown[] };
  return org.length === 0 ? undefined : { cause };
}

test("two builds of one commit are the same bytes, whatever time zone, language and mask they run under", async () => {
  const first = await build();
  const second = await build({ TZ: "Pacific/Chatham", LC_ALL: "C.UTF-8", LANG: "tr_TR.UTF-8", UMASK: "077" });
  assert.deepEqual(second, first);
  assert.equal(Object.keys(first).filter((name) => name.endsWith(".deb")).length, 2);
  assert.equal(Object.keys(first).filter((name) => name.endsWith("-x64.msi")).length, 1);
});

test("the checksums hold, and name every file", () => {
  const said = must("sh", ["-c", `cd ${DIST} && sha256sum --check --strict SHA256SUMS`]);
  for (const name of ["sallyport.mjs", "sallyport-agent.mjs", "sallyport-0.1.0.cdx.json"])
    assert.match(said, new RegExp(`^${name}: OK$`, "m"));
});

test("the bill of materials names what is in the bundles, no more and no less", () => {
  const bom = JSON.parse(readFileSync(join(DIST, "sallyport-0.1.0.cdx.json"), "utf8"));
  const listed = bom.components.map((one: { name: string; version: string }) => `${one.name}@${one.version}`);
  const beside = ["@node-rs/argon2", "@node-rs/argon2-linux-", "node-linux-", "node-win-"];
  const bundled = new Set<string>();
  // The bundler writes above each piece which file it is from.
  for (const bundle of ["sallyport.mjs", "sallyport-sync.mjs", "sallyport-host.mjs", "sallyport-agent.mjs"])
    for (const [, folder = ""] of readFileSync(join(DIST, bundle), "utf8").matchAll(
      /^\s*\/\/ ((?:\S*\/)?node_modules\/(?:@[^/\s]+\/)?[^/\s]+|packages\/[^/\s]+)\/\S+$/gm,
    )) {
      const { name, version } = JSON.parse(readFileSync(join(ROOT, folder, "package.json"), "utf8"));
      bundled.add(`${name}@${version}`);
    }
  for (const one of inPages()) bundled.add(one);
  assert.ok(bundled.size > 50, `${bundled.size} packages`);
  const carried = listed.filter((one: string) => beside.some((name) => one.startsWith(name)));
  assert.equal(carried.length, 4, carried.join(" "));
  assert.deepEqual([...listed].sort(), [...bundled, ...carried].sort());
  for (const one of bom.components) assert.ok(one.purl && (one.hashes || one.name.startsWith("@sallyport/")), one.name);
});

/** The pages are made small, and nothing in them says whence it is: what their sources import from others is in them. */
function inPages(): string[] {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, "packages/web/package.json"), "utf8"));
  const others = Object.entries(dependencies as Record<string, string>).filter(([name]) => !name.startsWith("@sallyport/"));
  assert.ok(others.length > 0);
  return others.map(([name, version]) => `${name}@${version}`);
}

test("the org's code stays off a machine with an agent", () => {
  for (const bundle of ["sallyport-host.mjs", "sallyport-agent.mjs"])
    assert.doesNotMatch(readFileSync(join(DIST, bundle), "utf8"), /packages\/server\//);
  assert.match(readFileSync(join(DIST, "sallyport.mjs"), "utf8"), /packages\/server\//);
});

test("installed, the packages change no logon and no PAM file", async () => {
  untouched = stacks();
  must("dpkg", ["-i", deb("sallyport-server"), deb("sallyport-agent")]);
  assert.equal(must("dpkg", ["--verify", "sallyport-server", "sallyport-agent"]), "");
  sameStacks(untouched);
  assert.match(must("service", ["sallyport-server", "status"]), /is running/);
  await passwordAlone();
});

test("the installed server has the process that reads directories: one that is not there fails by its own cause", async () => {
  const settings = join(mkdtempSync(join(tmpdir(), "sallyport-source-")), "corp.json");
  const nobody = { kind: "ldap", servers: ["ldaps://127.0.0.1:1"], bindDn: "cn=reader,dc=example,dc=test", base: "dc=example,dc=test" };
  writeFileSync(settings, JSON.stringify(nobody));
  sallyport(["source", "add", "corp", "--kind", "ldap", "--file", settings, "--secret-stdin", "--every", "never"], "secret");
  const { code, stdout } = await run("sallyport", ["source", "sync", "corp", "--json", "--data", "/var/lib/sallyport-org"]);
  assert.equal(code, 1);
  assert.deepEqual([JSON.parse(stdout).status, JSON.parse(stdout).error.cause], ["failed", "org.directory"]);
  sallyport(["source", "remove", "corp"]);
});

test("enabled before it is armed, the profile asks nobody", async () => {
  must("pam-auth-update", ["--enable", "sallyport", "sallyport-failed"]);
  await passwordAlone();
});

test("enrolled and armed, ssh asks for a code, and everything else is refused by its cause", async () => {
  sallyport(["app", "add", "servers"]);
  sallyport(["user", "add", "alice", "--assign", "servers"]);
  secret = JSON.parse(sallyport(["factor", "enrol", "alice", "totp", "--json"]))._embedded.activation.sharedSecret;
  sallyport(["host", "enrol"], sallyport(["host", "code", "--app", "servers"]));
  must("service", ["sallyport-agent", "start"]);
  assert.match(sallyport(["agent", "arm"]), /^armed/);
  assert.equal((await ssh("alice", [PASSWORD, await code()])).out.trim(), "alice");
  const wrong = await ssh("alice", [PASSWORD, "000000", "000000", "000000"]);
  assert.match(wrong.prompts, /That code is not right/);
  assert.equal(why(newest(LOG)).cause, "factor.code-wrong");
  const key = await sshWithKey("alice", giveKey("alice"));
  assert.notEqual(key.code, 0);
  assert.doesNotMatch(key.out, /^alice$/m);
  const nopasswd = await sudo("alice", [], { password: false });
  assert.doesNotMatch(nopasswd.out, /^root$/m);
  const password = await ssh("alice", ["not the password"]);
  assert.notEqual(password.code, 0);
  const log = () => readFileSync(LOG, "utf8");
  await until("the wrong password's record", () => (/"cause":"user.password"/.test(log()) ? true : undefined));
  assert.match(log(), /"cause":"pam.open-path"/);
});

test("the stack that pam-auth-update wrote asks after every right password, and before an expired one ends it", () => {
  const lines = (file: string) =>
    readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
  const auth = lines(COMMON_AUTH).map((line) => line.replace(/\s+/g, " ").trim());
  const at = (part: string, from = auth) => from.findIndex((line) => line.includes(part));
  assert.deepEqual(auth.slice(0, 6), [
    "auth [success=2 default=ignore] pam_unix.so nullok",
    "auth [default=ignore] pam_sallyport.so failed",
    "auth requisite pam_deny.so",
    "auth required pam_permit.so",
    "auth [success=1 default=ignore] pam_succeed_if.so quiet uid eq 0 service in login tty =~ tty*",
    "auth required pam_sallyport.so",
  ]);
  const account = lines("/etc/pam.d/common-account");
  assert.ok(at("pam_sallyport.so", account) < at("new_authtok_reqd=done", account), account.join("\n"));
});

test("with the agent gone nobody gets past it but root at the console and root's own su and sudo; jobs that log on nobody run", async () => {
  must("service", ["sallyport-agent", "stop"]);
  const refused = await ssh("alice", [PASSWORD]);
  assert.notEqual(refused.code, 0);
  const kept = newest("/var/lib/sallyport/attempts.jsonl");
  assert.notEqual((await su("bob", "alice", [PASSWORD])).out.trim(), "alice");
  assert.equal((await su("root", "alice", [])).out.trim(), "alice");
  assert.equal((await run("sudo", ["-u", "alice", "id", "-un"])).out.trim(), "alice", "root's own sudo");
  assert.doesNotMatch((await sudo("alice", [], { password: false })).out, /^root$/m, "sudo of somebody else");
  assert.equal((await pam("login", "root", PASSWORD, ["tty=tty1"])).code, 0, "root at the console");
  assert.notEqual((await pam("login", "root", "not the password", ["tty=tty1"])).code, 0, "root at the console, wrong password");
  assert.notEqual((await pam("login", "alice", PASSWORD, ["tty=tty1"])).code, 0, "alice at the console");
  assert.notEqual((await pam("login", "root", PASSWORD, ["tty=pts/0", "rhost=203.0.113.7"])).code, 0, "root from elsewhere");
  assert.notEqual((await pam("sshd", "root", PASSWORD, ["tty=tty1"])).code, 0, "root by ssh, whatever it calls its tty");
  assert.equal((await pam("cron", "alice", "", [], ["acct_mgmt"])).code, 0, "cron");
  must("service", ["sallyport-agent", "start"]);
  sallyport(["agent", "arm"]);
  assert.equal((await until("the org's record", () => reported(kept))).cause, "agent.unreachable");
});

test("disarmed, everybody gets in by password again; armed anew, the code is asked", async () => {
  sallyport(["agent", "disarm"]);
  await passwordAlone();
  sallyport(["agent", "arm"]);
  assert.equal((await ssh("alice", [PASSWORD, await code()])).out.trim(), "alice");
});

test("an upgrade keeps identity, arming and PAM, and restarts what runs", async () => {
  const kept = readFileSync("/var/lib/sallyport/host.json", "utf8");
  const pid = readFileSync("/run/sallyport-agent.pid", "utf8");
  const before = stacks();
  // As when any other package with a PAM module comes or goes.
  must("pam-auth-update", ["--package"]);
  sameStacks(before);
  must("dpkg", ["-i", laterVersion("sallyport-server", "0.1.1"), laterVersion("sallyport-agent", "0.1.1")]);
  assert.equal(readFileSync("/var/lib/sallyport/host.json", "utf8"), kept);
  sameStacks(before);
  assert.notEqual(readFileSync("/run/sallyport-agent.pid", "utf8"), pid);
  assert.equal((await ssh("alice", [PASSWORD, await code()])).out.trim(), "alice");
});

test("the package does not leave while a stack that somebody wrote by hand names the module", async () => {
  writeFileSync("/etc/pam.d/handmade", "auth required pam_sallyport.so\n");
  const done = await run("dpkg", ["-r", "sallyport-agent"]);
  assert.notEqual(done.code, 0);
  assert.match(done.out, /\/etc\/pam\.d\/handmade/);
  assert.ok(existsSync("/lib/x86_64-linux-gnu/security/pam_sallyport.so"));
  assert.match(readFileSync(COMMON_AUTH, "utf8"), /pam_sallyport\.so/);
  rmSync("/etc/pam.d/handmade");
});

test("removed, the PAM files are as they were, everybody logs on, and the identity waits for the next installation", async () => {
  must("dpkg", ["-r", "sallyport-agent"]);
  sameStacks(untouched);
  assert.ok(!existsSync("/lib/x86_64-linux-gnu/security/pam_sallyport.so"));
  await passwordAlone();
  must("dpkg", ["-i", deb("sallyport-agent")]);
  // Its exit code says whether anything was found; here only how it stands matters.
  const status = JSON.parse((await run("sallyport", ["agent", "status", "--json"])).stdout);
  assert.deepEqual([status.enrolled, status.armed, status.running], [true, true, true]);
  sameStacks(untouched);
});

test("purged, nothing is left but the account that ran the org", async () => {
  must("dpkg", ["-P", "sallyport-agent", "sallyport-server"]);
  assert.deepEqual(traces(), []);
  sameStacks(untouched);
  assert.match(must("getent", ["passwd", "sallyport"]), /^sallyport:/);
  await passwordAlone();
});
