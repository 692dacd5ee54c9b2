/** The units of the packages under the real systemd: sandboxed as they say, back after a crash, gone without a trace. */
import assert from "node:assert/strict";
import { existsSync, rmSync, statSync } from "node:fs";
import { after, before, test } from "node:test";
import { ssh, startSshd } from "../machine/clients.ts";
import { addAccount } from "../machine/machine.ts";
import { type Daemon, must, run, until } from "../machine/processes.ts";
import { freshHomes, freshProject } from "../machine/throwaway.ts";
import { build, deb, sallyport, traces } from "../release/packages.ts";
import { BootedMachine, kernelStatus } from "./booted.ts";

const PASSWORD = "Pw-of-this-machine-1";
const AGENT = "sallyport-agent/agent.mjs";
let booted: BootedMachine;
let sshd: Daemon;
let secret = "";
let lastCode = "";

before(async () => {
  freshProject();
  freshHomes();
  rmSync("/usr/sbin/policy-rc.d", { force: true });
  addAccount("alice", PASSWORD);
  await build();
  booted = await BootedMachine.boot();
  sshd = await startSshd();
});
after(async () => {
  await sshd?.stop();
  await booted?.end();
});

async function code(): Promise<string> {
  const next = () => must("oathtool", ["--totp", "-b", secret]).trim();
  lastCode = await until("the app's next code", () => (next() === lastCode ? undefined : next()), 90);
  return lastCode;
}

test("installed, the org runs at once, as its own account and with one right", async () => {
  booted.must("dpkg", "-i", deb("sallyport-server"), deb("sallyport-agent"));
  assert.equal(booted.active("sallyport-server"), "active");
  assert.equal(booted.active("sallyport-agent"), "inactive", "nobody has enrolled this machine");
  await until("the admin socket", () => (existsSync("/var/lib/sallyport-org/admin.sock") ? true : undefined));
  assert.equal(statSync("/var/lib/sallyport-org").mode & 0o777, 0o700);
  const { status } = kernelStatus("sallyport-server/sallyport.mjs");
  assert.match(status, /^Uid:\t(?!0\t)/m);
  assert.match(status, /^CapEff:\t0000000000000400$/m, "CAP_NET_BIND_SERVICE alone");
  assert.match(status, /^Seccomp:\t2$/m);
});

test("enrolled, the agent is started, armed in the next breath, and lets in by a code, as root without a right", async () => {
  sallyport(["app", "add", "servers"]);
  sallyport(["user", "add", "alice", "--assign", "servers"]);
  secret = JSON.parse(sallyport(["factor", "enrol", "alice", "totp", "--json"]))._embedded.activation.sharedSecret;
  sallyport(["host", "enrol"], sallyport(["host", "code", "--app", "servers"]));
  booted.must("service", "sallyport-agent", "start");
  assert.match(sallyport(["agent", "arm"]), /^armed/);
  must("pam-auth-update", ["--enable", "sallyport", "sallyport-failed"]);
  assert.equal((await ssh("alice", [PASSWORD, await code()])).out.trim(), "alice");
  const { status } = kernelStatus(AGENT);
  for (const line of [/^Uid:\t0\t/m, /^CapEff:\t0+$/m, /^CapBnd:\t0+$/m, /^NoNewPrivs:\t1$/m, /^Seccomp:\t2$/m]) assert.match(status, line);
});

test("killed, the agent is back by itself, and its log goes on after a rotation", async () => {
  const { pid } = kernelStatus(AGENT);
  process.kill(pid, "SIGKILL");
  const another = async () => {
    const found = (await run("pgrep", ["-f", AGENT])).out.trim();
    return found !== "" && found !== String(pid) && booted.active("sallyport-agent") === "active" ? true : undefined;
  };
  // The unit itself gives the agent 20 seconds to open its door.
  await until("another agent", another, 90);
  rmSync("/var/log/sallyport/agent.log");
  booted.must("service", "sallyport-agent", "reload");
  assert.equal((await ssh("alice", [PASSWORD, await code()])).out.trim(), "alice");
  assert.ok(existsSync("/var/log/sallyport/agent.log"));
});

test("purged, the units are gone with everything else", () => {
  booted.must("dpkg", "-P", "sallyport-agent", "sallyport-server");
  assert.deepEqual(traces(), []);
  assert.equal(booted.must("systemctl", "list-units", "--all", "--no-legend", "sallyport*").trim(), "");
});
