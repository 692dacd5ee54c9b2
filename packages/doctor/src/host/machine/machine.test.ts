/** Files, rights, door, agent, self-check, fail modes and disk of a machine: each fault by its cause, and nothing where all is well. */
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterEach, describe, test } from "node:test";
import type { HostPolicyClaims, HostView } from "@sallyport/contracts";
import type { AgentFacts, HostFacts, OrgLookup } from "../facts.ts";
import { machineChecks } from "./checks.ts";
import { agentAt, causes, look, machineAt, rootWith, told } from "./machine.fixture.ts";

const ORG = new URL("https://mfa.corp.example");
const SHUT = JSON.stringify({ v: 1, armed: true, agentGone: "refuse", until: 0 });
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** State of an agent as it is left by one that runs, in a folder of its own. */
function stateFolder(failMode = SHUT): string {
  const folder = join(rootWith({}), "state");
  mkdirSync(folder, { mode: 0o700 });
  for (const [name, text] of Object.entries({ "agent.json": "{}", "host.json": "{}", "fail-mode": failMode, "agent.log": "" })) {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
  }
  return folder;
}

/** Somebody listens at the door, as the agent does. */
async function open(state: string): Promise<void> {
  const server = createServer((socket) => socket.on("error", () => undefined).end());
  servers.push(server);
  await new Promise<void>((done) => server.listen(join(state, "agent.sock"), done));
  chmodSync(join(state, "agent.sock"), 0o600);
}

interface Answers {
  status?: unknown;
  check?: unknown;
}

const FINE = { ok: true, findings: [] };
const running = ({ status = { version: "0.1.0" }, check = FINE }: Answers = {}): Partial<AgentFacts> => ({
  ask: async (what) => (what === "status" ? status : check),
  read: (["settings", "identity", "armed", "door"] as const).map((what) => ({ what })),
});

async function judge(agent: AgentFacts, more: Partial<HostFacts> = {}) {
  return look(machineChecks(), { agent, machine: machineAt(rootWith({})), org: ORG, ...more });
}

async function live(answers: Answers = {}, more: Partial<HostFacts> = {}, change: Partial<AgentFacts> = {}) {
  const state = stateFolder();
  await open(state);
  return judge(agentAt(state, { ...running(answers), ...change }), more);
}

const refused = (cause: string, evidence: Record<string, unknown> = {}) => ({ check: { ok: false, findings: [{ cause, evidence }] } });

test("all in order: healthy, and each cause ruled out by what was seen", async () => {
  const found = await live();
  assert.deepEqual([found.healthy, causes(found), causes(found, "candidate")], [true, [], []]);
  for (const cause of ["config.exposed", "door.untrusted", "agent.unreachable", "agent.not-armed", "client.secret-wrong", "host.disk"]) {
    assert.ok(causes(found, "ruled-out").includes(cause), cause);
  }
});

describe("files and rights", () => {
  test("what the agent says of its files is told with line and column, and a mistake a line each", async () => {
    const evidence = { file: "/etc/sallyport/agent.json", line: 3, column: 9, reason: "agent.json:3:9: a\nagent.json:4:1: b" };
    const agent = agentAt(stateFolder(), { read: [{ what: "settings", finding: { cause: "config.invalid", evidence } }] });
    const found = await judge(agent);
    assert.deepEqual(causes(found), ["config.invalid", "agent.unreachable"]);
    assert.match(told(found, "config.invalid"), /3:9: a \(\/etc\/sallyport\/agent.json:3:9\)\nreason: agent.json:4:1: b/);
  });

  test("an account that may not look says so, and says neither healthy nor broken", async () => {
    const evidence = { file: "/etc/sallyport/agent.json", reason: "EACCES: permission denied" };
    const agent = agentAt(stateFolder(), { read: [{ what: "settings", finding: { cause: "config.unreadable", evidence } }] });
    const machine = { ...machineAt(rootWith({})), mayRead: false };
    const found = await look(machineChecks(), { agent, machine });
    assert.deepEqual([found.healthy, causes(found)], [false, []]);
    assert.ok(found.notLookedAt.every(({ why }) => why !== ""));
    assert.match(JSON.stringify(found.notLookedAt), /run this as root/);
  });

  for (const [name, file, mode] of [
    ["the key can be read by others", "host.json", 0o644],
    ["the settings can be written by others", "agent.json", 0o620],
    ["the folder can be written by others", ".", 0o777],
  ] as const) {
    test(name, async () => {
      const state = stateFolder();
      await open(state);
      chmodSync(join(state, file), mode);
      const found = await judge(agentAt(state, running()));
      assert.ok(causes(found).includes("config.exposed"));
      assert.match(told(found, "config.exposed"), new RegExp(`mode: ${mode.toString(8)}`));
    });
  }
});

test("a folder above the log may be another's, as /var/log is on Ubuntu", async () => {
  const state = stateFolder();
  await open(state);
  const logs = join(rootWith({}), "log");
  mkdirSync(join(logs, "sallyport"), { recursive: true, mode: 0o755 });
  chmodSync(logs, 0o775);
  const agent = agentAt(state, running());
  agent.files.log = join(logs, "sallyport/agent.log");
  assert.deepEqual(causes(await judge(agent)), []);
  chmodSync(join(logs, "sallyport"), 0o777);
  assert.match(told(await judge(agent), "config.exposed"), /mode: 777 .*log\/sallyport/);
});

describe("door and agent", () => {
  test("no socket, a socket that nobody listens on, an agent that says nothing", async () => {
    const gone = await judge(agentAt(stateFolder(), { ...running(), ask: async () => undefined }));
    assert.match(told(gone, "agent.unreachable"), /the socket is not there/);
    const state = stateFolder();
    await open(state);
    const silent = new Error("the running agent did not answer");
    const hangs = await judge(agentAt(state, { ...running(), ask: () => Promise.reject(silent) }));
    assert.match(told(hangs, "agent.unreachable"), /did not answer \(.*control.sock\)/);
    assert.deepEqual(causes(hangs), ["agent.unreachable"]);
  });

  test("an agent that is gone left its last word in its log", async () => {
    const state = stateFolder();
    const line = { level: "info", time: "2026-05-06T03:00:00.000Z", event: "stopped" };
    writeFileSync(join(state, "agent.log"), `{"event":"started"}\n${JSON.stringify(line)}\n`);
    const gone = await judge(agentAt(state, { ...running(), ask: async () => undefined }));
    assert.match(told(gone, "agent.unreachable"), /last word, 2026-05-06T03:00:00.000Z: stopped/);
  });

  test("a door that others may write to, or a file in its place", async () => {
    const state = stateFolder();
    await open(state);
    chmodSync(join(state, "agent.sock"), 0o666);
    assert.match(told(await judge(agentAt(state, running())), "door.untrusted"), /mode: 666/);
    const other = stateFolder();
    writeFileSync(join(other, "agent.sock"), "");
    assert.match(told(await judge(agentAt(other, running())), "door.untrusted"), /something else than a socket/);
  });

  test("nobody is asked anything through a door that is not trusted", async () => {
    const state = stateFolder();
    await open(state);
    chmodSync(join(state, "agent.sock"), 0o666);
    const asked: string[] = [];
    await judge(agentAt(state, { ...running(), ask: async (what) => asked.push(what) }));
    assert.deepEqual(asked, []);
  });

  test("disarmed, since when", async () => {
    const found = await live({}, {}, { armed: { armed: false, since: "2026-05-06T07:08:09.000Z" } });
    assert.deepEqual(causes(found), ["agent.not-armed"]);
    assert.match(told(found, "agent.not-armed"), /2026-05-06T07:08:09/);
  });
});

describe("fail modes", () => {
  const inAnHour = Math.floor(Date.now() / 1000) + 3600;
  const allow = (until: number) => JSON.stringify({ v: 1, armed: true, agentGone: "allow", until });

  test("open only while the agent is gone, and only until its time", async () => {
    const gone = await judge(agentAt(stateFolder(allow(inAnHour)), running()));
    assert.deepEqual(causes(gone), ["agent.unreachable", "logon.fail-open"]);
    assert.deepEqual(gone.findings.find(({ cause }) => cause === "logon.fail-open")?.dependsOn, ["agent.unreachable"]);
    const over = await judge(agentAt(stateFolder(allow(inAnHour - 7200)), running()));
    assert.deepEqual(causes(over), ["agent.unreachable"]);
    const state = stateFolder(allow(inAnHour));
    await open(state);
    assert.deepEqual(causes(await judge(agentAt(state, running()))), []);
  });

  test("a file that is cut off, or that others may write", async () => {
    const broken = await judge(agentAt(stateFolder('{"v":1,"arm'), running()));
    assert.match(told(broken, "config.invalid"), /fail-mode/);
    const state = stateFolder();
    await open(state);
    chmodSync(join(state, "fail-mode"), 0o666);
    assert.match(told(await judge(agentAt(state, running())), "config.exposed"), /the PAM module does not believe it/);
  });

  test("an org that cannot be reached opens only what the signed policy says, and never behind a proxy", async () => {
    const now = 1_800_000_000_000;
    const failModes = { orgUnreachable: "allow", orgError: "refuse", agentGone: "refuse" } as const;
    const policy = { typ: "policy", host: "hst_00000000000000000000", version: 1, iat: now / 1000 - 60, exp: now / 1000 + 60 };
    const claims = { ...policy, failModes, exclusions: [], permits: [], always: [] } as HostPolicyClaims;
    const away = refused("net.refused", { phase: "connect", host: "mfa.corp.example" });
    const change = { policy: claims, now };
    assert.deepEqual(causes(await live(away, {}, change)), ["logon.fail-open", "net.refused"].reverse());
    assert.deepEqual(causes(await live(away, { proxy: new URL("http://proxy:3128") }, change)), ["net.refused"]);
    assert.deepEqual(causes(await live(away, {}, { ...change, now: now + 25 * 3_600_000 })), ["net.refused"]);
    const shut = { ...claims, failModes: { ...failModes, orgUnreachable: "refuse" as const } };
    assert.deepEqual(causes(await live(away, {}, { policy: shut, now })), ["net.refused"]);
  });
});

describe("what the org says of this host", () => {
  const generic = refused("client.unknown", { status: 401, errorId: "oaeXYZ", endpoint: "/api/v1/hosts/self/check" });
  const row = { id: "hst_00000000000000000000", name: "srv01", app: "app_1", status: "ACTIVE", legacy: false, client: null } as HostView;
  const lookup = (change: Partial<OrgLookup> = {}): OrgLookup => ({
    url: async () => ORG.origin,
    host: async () => row,
    app: async () => ({ label: "servers", status: "ACTIVE" }) as never,
    ...change,
  });

  for (const cause of ["client.revoked", "client.cloned", "client.pending", "policy.stale", "agent.decision-invalid", "clock.host"]) {
    test(`${cause} is told as the agent heard it`, async () =>
      assert.deepEqual(causes(await live(refused(cause, { since: "x" }))), [cause]));
  }

  test("a bare 401 stays open, with the error id and who can decide it", async () => {
    const found = await live(generic);
    assert.deepEqual([causes(found), causes(found, "candidate")], [[], ["client.secret-wrong", "client.unknown"].reverse()]);
    assert.match(JSON.stringify(found.notLookedAt), /error id oaeXYZ.*--token-file/);
  });

  test("an administrator decides it: no such host, or a signature that does not hold", async () => {
    const wrong = await live(generic, { lookup: lookup() });
    assert.deepEqual([causes(wrong), wrong.notLookedAt.filter(({ what }) => what.includes("401"))], [["client.secret-wrong"], []]);
    const unknown = await live(generic, { lookup: lookup({ host: async () => undefined }) });
    assert.deepEqual(causes(unknown), ["client.unknown"]);
    const legacy = { ...row, legacy: true, client: "SALLYID-000000-000000-000000" };
    assert.deepEqual(causes(await live(generic, { lookup: lookup({ host: async () => legacy }) })), ["client.unknown"]);
  });

  test("another org decides nothing, and an org that does not answer neither", async () => {
    const other = await live(generic, { lookup: lookup({ url: async () => "https://other.example" }) });
    assert.deepEqual([causes(other), other.healthy], [[], false]);
    const silent = await live(generic, { lookup: lookup({ url: () => Promise.reject(new Error("it cannot be reached")) }) });
    assert.deepEqual(causes(silent), []);
    assert.match(JSON.stringify(silent.notLookedAt), /it cannot be reached/);
  });

  test("what only the org knows of this host, without the agent", async () => {
    const status = (change: Partial<HostView>) => lookup({ host: async () => ({ ...row, ...change }) });
    const down = (more: OrgLookup) => judge(agentAt(stateFolder(), { ...running(), ask: async () => undefined }), { lookup: more });
    assert.ok(causes(await down(status({ status: "REVOKED" }))).includes("client.revoked"));
    assert.ok(causes(await down(status({ status: "CLONED" }))).includes("client.cloned"));
    const off = lookup({ app: async () => ({ label: "servers", status: "INACTIVE" }) as never });
    assert.match(told(await down(off), "client.revoked"), /servers is INACTIVE/);
  });

  test("an agent that answers something else is not looked at, never healthy", async () => {
    const found = await live({ check: { hello: "world" } });
    assert.deepEqual([found.healthy, causes(found)], [false, []]);
  });
});
