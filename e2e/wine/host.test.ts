/** The service on Windows, as far as Wine can show it: it checks passwords by what Windows says, keeps the agent running, and keeps nothing else. */
import assert from "node:assert/strict";
import { appendFileSync, chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { after, before, test } from "node:test";
import { ORG_NAME, Org } from "../machine/org.ts";
import { COMMAND, must, until } from "../machine/processes.ts";
import { installedWindows } from "./installer.ts";
import { KeyStory } from "./key-store.ts";
import { LogonScreen } from "./logon-screen.ts";
import { PipeClients } from "./pipe-clients.ts";
import { HOME, type Windows } from "./windows.ts";
import { causeOf, killOverLogon, type Story, withoutAgent } from "./without-agent.ts";

const ADMIN_GROUP = "S-1-5-32-544";
const ALICE = "S-1-5-21-1-2-3-1104";
const CAROL = "S-1-5-21-1-2-3-1105";
const OPERATORS = "S-1-5-21-1-2-3-1201";
const PASSWORD = 'Grüße "\\ 😀 7';

let org: Org;
let windows: Windows;
let clients: PipeClients;
let app: string;

before(async () => {
  mkdirSync("/run/host-story", { recursive: true, mode: 0o700 });
  appendFileSync("/etc/hosts", `127.0.0.1 ${ORG_NAME}\n`);
  org = new Org("/run/host-story/org");
  await org.start();
  app = (await org.call("POST", "/api/v1/apps", { label: "servers" })).id;
  const exclusions = [{ sid: OPERATORS, reason: "emergency account of the machine" }];
  await org.setPolicy(app, { rules: [], exclusions });
  windows = await installedWindows("story-relay.exe");
  const { code } = await org.call("POST", "/api/v1/host-codes", { app, name: "win02" });
  await windows.agent("enrol", `${code}\r\n`);
  script({});
  await windows.startService();
  assert.deepEqual(await windows.agent("arm"), { ok: true, findings: [], blocking: [] });
  clients = await PipeClients.start(windows);
});
after(async () => {
  await clients?.end();
  await windows?.end();
  await org?.stop();
});

interface Account {
  password: string;
  interactive?: number;
  network?: number;
  sid?: string;
  groups?: string[];
  /** So many more, from S-1-5-21-1-2-3-20000 on. */
  manyGroups?: number;
}

/** What Windows is to say from now on. */
function script(more: { account?: Partial<Account>; place?: object; folder?: string }): void {
  const { account, ...rest } = more;
  const carol = { password: PASSWORD, sid: CAROL };
  const machine = hostname().toUpperCase().slice(0, 15);
  const accounts = {
    [`${machine}/carol`]: carol,
    "CORP/alice": { password: PASSWORD, sid: ALICE, groups: [OPERATORS, ADMIN_GROUP], ...account },
  };
  writeFileSync(windows.path("C:\\machine.json"), JSON.stringify({ accounts, ...rest }));
}

/** What was asked of Windows, and what the event log got. */
function heard(): any[] {
  const file = windows.path("C:\\machine.heard");
  return existsSync(file)
    ? readFileSync(file, "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line))
    : [];
}

async function check(change: object = {}): Promise<any> {
  const question = { typed: "CORP\\alice", password: PASSWORD, scenario: "logon", ...change };
  return (await clients.ask("sallyport-machine", { check: question })).checked;
}

test("the right password: who it is, and every group that the token names, those of groups within groups too", async () => {
  script({});
  const { package: judge, ...checked } = await check();
  const name = { username: "alice", domain: "CORP", logonDomain: "CORP" };
  assert.deepEqual(checked, { result: "right", ...name, sid: ALICE, groups: [OPERATORS, ADMIN_GROUP], remote: false });
  assert.match(judge, /^[0-9]+$/, "which package of LSA is to judge the credential");
});

test("a provider of before an upgrade, which the logon screen still holds, asks by name and domain and is answered as well", async () => {
  script({});
  const ask = async (name: object) =>
    (await clients.ask("sallyport-machine", { check: { password: PASSWORD, scenario: "logon", ...name } }))?.checked;
  const joined = await ask({ username: "alice", domain: "CORP" });
  assert.deepEqual([joined.result, joined.sid, joined.groups], ["right", ALICE, [OPERATORS, ADMIN_GROUP]]);
  const own = await ask({ username: "carol", domain: hostname().toUpperCase().slice(0, 15) });
  assert.deepEqual([own.result, own.sid], ["right", CAROL]);
  assert.equal((await ask({ username: "mallory", domain: "CORP" })).result, "wrong");
  assert.equal((await ask({ typed: "CORP\\alice", username: "mallory", domain: "" })).username, "alice", "what was typed counts");
  for (const nobody of [{ username: "", domain: "CORP" }, { domain: "CORP" }, { typed: "", username: "alice", domain: "CORP" }])
    assert.equal(await ask(nobody), undefined, JSON.stringify(nobody));
});

test("a wrong password is tried once, and a name that nobody has is told apart by Windows' own number", async () => {
  script({});
  const before = heard().length;
  const wrong = await check({ password: "wrong" });
  assert.deepEqual([wrong.result, wrong.status, wrong.subStatus, wrong.groups], ["wrong", "0x0000052E", undefined, undefined]);
  assert.equal(heard().length, before + 1, "one try: more would lock the account");
  const nobody = await check({ typed: "CORP\\mallory" });
  assert.deepEqual([nobody.result, nobody.status, nobody.subStatus], ["wrong", "0x0000052E", "0xC0000064"]);
});

test("an empty password, or what is no question, is not asked of Windows at all", async () => {
  const before = heard().length;
  for (const question of [{ check: { typed: "alice", password: "" } }, { check: {} }, {}, { check: "x" }])
    assert.equal(await clients.ask("sallyport-machine", question), null, JSON.stringify(question));
  assert.equal(await clients.say("sallyport-machine", "x".repeat(70_000)), null);
  assert.equal(heard().length, before);
});

/** Each as LogonUser says it to the right password; the agent makes the cause of it. */
const REFUSED: [number, string, string][] = [
  [1328, "0x00000530", "user.hours"],
  [1329, "0x00000531", "user.workstation"],
  [1331, "0x00000533", "user.account-disabled"],
  [1793, "0x00000701", "user.account-disabled"],
  [1909, "0x00000775", "user.locked"],
  [1385, "0x00000569", "host.not-rdp-user"],
  [1398, "0x00000576", "clock.host"],
  [1311, "0x0000051F", "org.directory"],
];

for (const [error, status, cause] of REFUSED) {
  test(`Windows' error ${error} is no wrong password: it is ${cause} on the record`, async () => {
    script({ account: { interactive: error } });
    const checked = await check();
    assert.deepEqual([checked.result, checked.status], ["failed", status]);
    const { end } = await clients.logon({ failed: { username: "alice", domain: "CORP", service: "console", reason: "password", status } });
    assert.equal(end.cause, cause);
    // The person's no does not wait for the agent's report.
    assert.equal(await until("the report", () => causeOf(why, end.reference)), cause);
  });
}

for (const error of [1330, 1907]) {
  test(`a password that has to be changed (${error}) is right: Windows asks for the new one behind the factor`, async () => {
    script({ account: { interactive: error } });
    const checked = await check();
    assert.deepEqual([checked.result, checked.sid], ["right", ALICE]);
  });
}

test("a remote desktop's user without the right to sit at the machine: known by the network logon, and where that is denied by the first try", async () => {
  const place = { remote: true, address: "203.0.113.7" };
  script({ account: { interactive: 1385 }, place });
  const checked = await check();
  assert.deepEqual(
    [checked.result, checked.groups, checked.remote, checked.address],
    ["right", [OPERATORS, ADMIN_GROUP], true, "203.0.113.7"],
  );
  script({ account: { interactive: 1385, network: 1385 }, place });
  const hardened = await check();
  assert.deepEqual([hardened.result, hardened.sid, hardened.groups], ["right", ALICE, undefined]);
});

test("the first thousand groups are told, and no more than the door takes", async () => {
  const groups = Array.from({ length: 1200 }, (_, at) => `S-1-5-21-1-2-3-${20_000 + at}`);
  script({ account: { groups: [], manyGroups: 1200 } });
  const checked = await check();
  assert.deepEqual(checked.groups, groups.slice(0, 1000));
});

test("an exclusion by SID holds for whoever is in that group, and for nobody who merely says so without a password", async () => {
  const begin = { username: "alice", domain: "CORP", sid: ALICE, password: "verified", scenario: "logon", service: "console" };
  const inside = await clients.logon({ begin: { ...begin, groups: [OPERATORS] } });
  assert.deepEqual([inside.end?.result, inside.end?.username], ["allow", "alice"]);
  const outside = await clients.logon({ begin: { ...begin, groups: [ADMIN_GROUP] } });
  assert.notEqual(outside.end?.result, "allow");
  const unproved = await clients.logon({ begin: { ...begin, password: "none", groups: [OPERATORS] } });
  assert.notEqual(unproved.end?.result, "allow");
});

test("the host's key stands nowhere in clear, and signs after a restart", async () => {
  const { key } = JSON.parse(readFileSync(windows.data("host.json"), "utf8"));
  assert.equal(key.d, undefined);
  assert.match(`${key.kept} ${key.handle.length > 64}`, /^(dpapi|tpm) true$/);
  await windows.stopService();
  await windows.startService();
  assert.deepEqual((await windows.agent("arm")).findings, []);
});

test("a service that has stopped leaves no program that holds its file", async () => {
  await windows.askServiceToStop();
  await until("its program has ended", () => windows.pidsOf("sallyport-relay.exe").length === 0, 10);
  await windows.serviceEnds();
  await windows.startService();
});

test("a handle that was tampered with signs nothing that the org takes", async () => {
  const file = windows.data("host.json");
  const whole = readFileSync(file, "utf8");
  const identity = JSON.parse(whole);
  const { handle } = identity.key;
  identity.key.handle = `${handle.slice(0, -64)}${"0".repeat(64)}`;
  writeFileSync(file, JSON.stringify(identity));
  await windows.stopService();
  await windows.startService();
  const { end } = await clients.logon({ begin: { username: "bob", password: "verified", scenario: "logon", service: "console" } });
  assert.deepEqual([end.result, end.cause !== undefined], ["deny", true]);
  writeFileSync(file, whole);
  await windows.stopService();
  await windows.startService();
});

test("a new host's key is made in the TPM where there is one, and signs there", () =>
  KeyStory.tell(windows, (keys) => keys.choosesTheTpm()));

test("no TPM, one that is not ready, one that breaks off midway: the key is sealed by DPAPI, and nothing is left behind in the TPM", () =>
  KeyStory.tell(windows, (keys) => keys.fallsBack(() => heard().filter(({ forgotten }) => forgotten !== undefined).length)));

test("a key that the TPM has lost is told as such, with what to do; one that it merely does not use now is not", () =>
  KeyStory.tell(windows, (keys) => keys.saysWhatToDoWhenLost()));

test("the one program is the command of a machine with an agent as well: status, a trial logon, why, the doctor", async () => {
  const login = { profile: { login: "trial" }, credentials: { password: { value: "Pw-of-the-trial-1" } } };
  const { id } = await org.call("POST", "/api/v1/users?activate=true", login);
  await org.call("POST", `/api/v1/apps/${app}/users`, { id });
  const program = (args: string[], input = "") => windows.wine([`${HOME}\\sallyport-agent.exe`, ...args], { input });
  const status = await program(["agent", "status", "--json"]);
  assert.deepEqual([status.code, JSON.parse(status.out).running], [0, true]);
  const trial = await program(["logon", "trial", "--json"], "Pw-of-the-trial-1\r\n");
  const end = JSON.parse(trial.out.slice(trial.out.indexOf("{")));
  assert.deepEqual([trial.code, end.result], [1, "deny"]);
  const explained = JSON.parse((await program(["why", end.reference, "--json"])).out);
  assert.equal(explained.agent[0].cause, end.cause);
  const doctor = await program(["doctor", "host", "--json"]);
  const { healthy, findings, notLookedAt } = JSON.parse(doctor.out);
  assert.deepEqual([healthy, doctor.code], [true, 0], doctor.out);
  const ruledOut = findings.filter((one: { verdict: string }) => one.verdict === "ruled-out").map((one: { cause: string }) => one.cause);
  for (const cause of ["agent.unreachable", "agent.not-armed", "client.revoked", "net.dns", "tls.untrusted"])
    assert.ok(ruledOut.includes(cause), cause);
  assert.ok(!JSON.stringify(notLookedAt).includes("PAM"));
});

const story = (): Story => ({ org, app, windows, clients, script, heard, check, why });

const agentPid = () => windows.pidOf("sallyport-agent.exe");

test("the agent is killed: logons are refused at once, the event log has it, and another agent answers", async () => {
  const before = agentPid();
  process.kill(before, "SIGKILL");
  await until("another agent runs", () => windows.pidsOf("sallyport-agent.exe").some((pid) => pid !== before), 60);
  await until("it answers", async () => (await windows.agent("status")).running === true, 60);
  const [line] = heard()
    .filter(({ note }) => note === 3)
    .slice(-1);
  assert.match(line.detail, /it ended, exit code/);
});

test("an agent that hangs is ended, and another one started", async () => {
  const before = agentPid();
  process.kill(before, "SIGSTOP");
  await until("another agent runs", () => windows.pidsOf("sallyport-agent.exe").some((pid) => pid !== before), 150);
  await until("it answers", async () => (await windows.agent("status")).running === true, 60);
  assert.match(
    heard()
      .filter(({ note }) => note === 3)
      .at(-1).detail,
    /did not answer any more/,
  );
});

test("an agent that had heard of a logon and is killed over it lets nobody in, whatever the fail mode", () => killOverLogon(story()));

test("while there is no agent", (t) => withoutAgent(t, story()));

test("a folder that is not ours starts no agent, and the event log says why", async () => {
  await windows.stopService();
  // The service may have said so before, to a story without an agent.
  const refusals = () => heard().filter(({ note, detail }) => note === 4 && /Sallyport: it belongs to somebody else/.test(detail));
  const before = refusals().length;
  script({ folder: "it belongs to somebody else" });
  await windows.runService();
  await until("the refusal", () => refusals().length > before, 60);
  assert.deepEqual(windows.pidsOf("sallyport-agent.exe"), []);
  script({});
  await until("the agent is there", async () => (await windows.agent("status")).running === true, 120);
});

test("a folder that everybody may look into and that holds something is refused by its access list", async () => {
  await windows.stopService();
  const folder = windows.data("");
  chmodSync(folder, 0o777);
  await windows.runService();
  const told = () =>
    heard()
      .filter(({ note }) => note === 4)
      .at(-1)?.detail ?? "";
  await until("the refusal", () => /access list lets in others/.test(told()), 60);
  chmodSync(folder, 0o700);
  await until("the agent is there", async () => (await windows.agent("status")).running === true, 120);
});

test("a folder of ours in which a file is somebody else's, or open to their writing, starts no agent", async () => {
  const stray = windows.data("agent.json.kept");
  const told = () => heard().filter(({ note }) => note === 4);
  for (const [spoil, why] of [
    [() => chownSync(stray, 4711, 4711), /agent\.json\.kept in it: it belongs to somebody else/],
    [() => chmodSync(stray, 0o666), /agent\.json\.kept in it: its access list lets in others/],
  ] as const) {
    await windows.stopService();
    writeFileSync(stray, "{}", { mode: 0o600 });
    spoil();
    await windows.runService();
    await until("the refusal", () => why.test(told().at(-1)?.detail ?? ""), 60);
    assert.deepEqual(windows.pidsOf("sallyport-agent.exe"), []);
    rmSync(stray);
    await until("the agent is there", async () => (await windows.agent("status")).running === true, 120);
  }
});

test("a thousand connections, one after the other, leave the service with no handle more", async () => {
  const pid = windows.pidOf("sallyport-relay.exe");
  const open = () => readdirSync(`/proc/${pid}/fd`).length;
  const some = async (count: number) => {
    for (let done = 0; done < count; done += 50) await clients.storm("sallyport", 25, "sallyport-machine", 25);
  };
  script({});
  await some(200);
  const before = open();
  await some(1000);
  await until(`the handles are back at ${before}`, () => open() <= before + 4, 30);
});

test("the service is killed: its agent ends with it, and a logon is refused with a reference that is kept", async () => {
  process.kill(windows.pidOf("sallyport-relay.exe"), "SIGKILL");
  await until("no agent", () => windows.pidsOf("sallyport-agent.exe").length === 0, 60);
  const screen = await LogonScreen.open(windows);
  const refused = await screen.type("edit", "CORP\\alice").type("password", PASSWORD).submit();
  await screen.close();
  assert.deepEqual([refused.response, refused.credential], ["not-finished", undefined]);
  const reference = /Reference: (\S+)$/.exec(refused.text)?.[1] ?? assert.fail(refused.text);
  assert.match(readFileSync(windows.data("attempts.jsonl"), "utf8"), new RegExp(`"${reference}".*"agent.unreachable"`));
});

function why(reference: string): { cause: string | null } {
  return JSON.parse(must(process.execPath, [COMMAND, "why", reference, "--json", "--data", org.data]));
}
