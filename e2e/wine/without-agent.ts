/** What the service does at the door for an agent that is gone: refuses, or lets in as the policy says of that (fail mode `agent-gone`). */
import assert from "node:assert/strict";
import { chmodSync, chownSync, mkdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import type { TestContext } from "node:test";
import type { Org } from "../machine/org.ts";
import { until } from "../machine/processes.ts";
import { LogonScreen } from "./logon-screen.ts";
import type { PipeClients } from "./pipe-clients.ts";
import { HOME, type Windows } from "./windows.ts";

/** The machine of host.test.ts; `check` has the service check a password, alice's right one unless changed. */
export interface Story {
  org: Org;
  app: string;
  windows: Windows;
  clients: PipeClients;
  script(more: { place?: object; folder?: string }): void;
  heard(): any[];
  check(change?: object): Promise<any>;
  why(reference: string): { cause: string | null };
}

const SIDS = { alice: "S-1-5-21-1-2-3-1104", carol: "S-1-5-21-1-2-3-1105" };
const PASSWORD = 'Grüße "\\ 😀 7';
const ALICE = { username: "alice", domain: "CORP", sid: SIDS.alice, password: "verified", scenario: "logon", service: "console" };
const HERE = { ownScreen: true };
const REFUSAL = { cause: "agent.unreachable", text: "The agent is not running." };

const PROGRAM = `${HOME}\\sallyport-agent.exe`;
const ASIDE = `${HOME}\\agent-aside.exe`;

const agents = (windows: Windows) => windows.pidsOf("sallyport-agent.exe");
const runs = (windows: Windows) => until("an agent answers", async () => (await windows.agent("status")).running === true, 120);

function writeFailMode({ windows }: Story, change: object = {}): void {
  const until = Math.floor(Date.now() / 1000) + 3600;
  const content = { v: 1, armed: true, agentGone: "allow", until, ...change };
  rmSync(windows.data("fail-mode"), { recursive: true, force: true });
  writeFileSync(windows.data("fail-mode"), `${JSON.stringify(content)}\n`, { mode: 0o600 });
}

/** What the service needs to let in stands there, but for this: an agent has heard of the logon. */
export async function killOverLogon(story: Story): Promise<void> {
  const { org, app, windows, clients } = story;
  const carol = await org.person("carol", PASSWORD);
  await org.call("POST", `/api/v1/apps/${app}/users`, { id: carol.id });
  story.script({ place: HERE });
  const pid = windows.pidOf("sallyport-agent.exe");
  const begin = { username: "carol", sid: SIDS.carol, password: "verified", scenario: "logon", service: "console" };
  assert.equal((await story.check({ typed: ".\\carol" })).result, "right");
  const first = await clients.holdLogon({ begin }, () => {
    writeFailMode(story);
    process.kill(pid, "SIGKILL");
  });
  assert.deepEqual([first.show !== undefined, first.end], [true, undefined], JSON.stringify(first));
  await until("another agent", () => agents(windows).some((one) => one !== pid), 60);
  await runs(windows);
}

/** Without its program no agent starts while the story looks. Answers when the service has noticed; what it answers puts the program back. */
async function takeProgramAway({ windows, heard }: Story, then: () => unknown): Promise<() => Promise<void>> {
  const restarts = () => heard().filter(({ note }) => note === 3).length;
  const before = restarts();
  renameSync(windows.path(PROGRAM), windows.path(ASIDE));
  await then();
  await until("the service has noticed", () => restarts() > before);
  return async () => {
    renameSync(windows.path(ASIDE), windows.path(PROGRAM));
    await runs(windows);
  };
}

export async function withoutAgent(t: TestContext, story: Story): Promise<void> {
  const { windows } = story;
  await story.org.setPolicy(story.app, { rules: [], exclusions: [], failModes: { agentGone: "allow" } });
  assert.deepEqual((await windows.agent("arm")).findings, []);
  const written = await until("the fail mode is written down", () => {
    const text = readFileSync(windows.data("fail-mode"), "utf8");
    return JSON.parse(text).agentGone === "allow" ? text : undefined;
  });
  story.script({});
  const comesBack = await takeProgramAway(story, () => process.kill(windows.pidOf("sallyport-agent.exe"), "SIGKILL"));
  await t.test("the door says so, the control pipe says that none runs, and passwords are still checked", () => tellsSo(story));
  await t.test("the policy lets in at the machine's own screen, with a line for the next agent and one of the event log", () =>
    letsIn(story),
  );
  await t.test("through the tile, too: Windows gets the credential", () => givesCredential(story));
  const refused = await takesBack(story);
  await t.test("what the service knows by itself shuts, and what the door claims only shuts", () => trustsNoClaim(story));
  await t.test("a file that is not the agent's word of today shuts", () => believesNoOtherFile(story, written));
  await t.test("a logon that cannot be written down is not let in", () => keepsWhatItLetsIn(story));
  const { reference } = (await logOn(story)).end;
  await comesBack();
  await t.test("the next agent tells the org of it", async () => {
    assert.equal(await until("the report", () => causeOf(story.why, reference), 60), "logon.fail-open");
  });
  await t.test("and that Windows refused whom it had let in, by the cause that its numbers name", async () => {
    assert.equal(await until("the report", () => causeOf(story.why, refused), 60), "user.locked");
  });
  await t.test("a service that stops lets nobody in, although its agent is gone already", () => shutWhileItStops(story));
  await t.test("nor does one that has not started an agent yet", () => shutBeforeTheFirst(story));
}

/** Nothing, as long as the org does not know of it. */
export function causeOf(why: Story["why"], reference: string): string | undefined {
  try {
    return why(reference).cause ?? undefined;
  } catch {
    return undefined;
  }
}

/** As the provider does it: the password, checked by the service, then the door. */
async function logOn({ check, clients }: Story, change: object = {}): Promise<any> {
  assert.equal((await check()).result, "right");
  return clients.logon({ begin: { ...ALICE, ...change } });
}

const attempts = ({ windows }: Story) => readFileSync(windows.data("attempts.jsonl"), "utf8").trim().split("\n");

/** @param why the reason that the event log has. */
async function isRefused(story: Story, what: string, why: RegExp, logon: Promise<any>): Promise<void> {
  const before = attempts(story).length;
  assert.deepEqual((await logon).error, REFUSAL, what);
  assert.equal(attempts(story).length, before, what);
  assert.match(story.heard().findLast(({ note }) => note === 8)?.detail ?? "", why, what);
}

const ELSEWHERE = /: not at the machine's own screen$/;
const UNPROVED = /: no password that Windows found right just now$/;

async function tellsSo({ clients, check, windows }: Story): Promise<void> {
  for (const opening of [{ begin: ALICE }, {}]) assert.deepEqual((await clients.logon(opening)).error, REFUSAL);
  assert.equal(JSON.parse(await windows.must([ASIDE, "status"])).running, false);
  assert.equal((await check()).result, "right");
}

async function letsIn(story: Story): Promise<void> {
  story.script({ place: HERE });
  const { end } = await logOn(story, { groups: Array.from({ length: 900 }, (_, at) => `S-1-5-21-1-2-3-${at}`) });
  const { username, domain, sid } = ALICE;
  assert.deepEqual(end, { result: "allow", username, domain, sid, reference: end?.reference });
  const { time, ...kept } = JSON.parse(attempts(story).at(-1) ?? "");
  const about = { username: "CORP\\alice", service: "console", result: "allow", cause: "logon.fail-open", evidence: `agent-gone, ${sid}` };
  assert.deepEqual(kept, { reference: end.reference, ...about });
  assert.ok(Math.abs(Date.parse(time) - Date.now()) < 60_000, time);
  const line = story.heard().findLast(({ note }) => note === 7);
  assert.equal(line?.detail, `CORP\\alice, reference ${end.reference}`);
  assert.equal((await logOn(story, { scenario: "unlock" })).end?.result, "allow");
}

async function givesCredential({ windows }: Story): Promise<void> {
  const screen = await LogonScreen.open(windows);
  const given = await screen.type("edit", "CORP\\alice").type("password", PASSWORD).submit();
  await screen.close();
  assert.equal(given.response, "credential", given.text);
}

/** LSA refuses the credential: the line for the next agent names its reason and the logon that was let in. Answers the refusal's reference. */
async function takesBack(story: Story): Promise<string> {
  const screen = await LogonScreen.open(story.windows);
  const given = await screen.type("edit", "CORP\\alice").type("password", PASSWORD).submit();
  assert.equal(given.response, "credential", given.text);
  const { reference: after } = JSON.parse(attempts(story).at(-1) ?? "");
  const told = await screen.report("C0000234", "0");
  await screen.close();
  const { time, reference, ...kept } = JSON.parse(attempts(story).at(-1) ?? "");
  assert.match(told, new RegExp(`Reference: ${reference}$`));
  const failed = { reason: "machine", status: "0xC0000234", subStatus: "0x00000000", after };
  const about = { username: "CORP\\alice", service: "console", result: "deny", cause: "user.password" };
  assert.deepEqual(kept, { ...about, failed });
  return reference;
}

async function trustsNoClaim(story: Story): Promise<void> {
  const { clients, check, script } = story;
  script({ place: { ownScreen: false } });
  await isRefused(story, "another screen", ELSEWHERE, logOn(story));
  script({ place: HERE });
  const claims: [object, RegExp][] = [
    ...[{ scenario: "elevate" }, { scenario: "reconnect" }].map((one): [object, RegExp] => [one, /: neither a logon nor an unlocking$/]),
    ...[{ service: "rdp" }, { address: { value: "203.0.113.7", origin: "claimed" } }].map((one): [object, RegExp] => [one, ELSEWHERE]),
    ...[{ password: "none" }, { password: "handed-over" }, { username: "bob" }, { sid: SIDS.carol }, { sid: undefined }].map(
      (one): [object, RegExp] => [one, UNPROVED],
    ),
  ];
  for (const [claim, why] of claims) await isRefused(story, JSON.stringify(claim), why, logOn(story, claim));
  for (let left = 0; left <= claims.length; left++) await clients.logon({ begin: ALICE });
  await isRefused(story, "a password that was right once", UNPROVED, clients.logon({ begin: ALICE }));
  await check({ password: "wrong" });
  await isRefused(story, "a wrong password", UNPROVED, clients.logon({ begin: ALICE }));
  assert.equal((await logOn(story)).end?.result, "allow");
}

async function believesNoOtherFile(story: Story, written: string): Promise<void> {
  const file = story.windows.data("fail-mode");
  const now = Math.floor(Date.now() / 1000);
  const changes: [object, RegExp][] = [
    [{ v: 2 }, /of a version that is not known$/],
    [{ more: 1 }, /of a version that is not known$/],
    [{ armed: false }, /the machine is not armed$/],
    [{ armed: "true" }, /the machine is not armed$/],
    [{ agentGone: "refuse" }, /the policy does not let in without it$/],
    [{ until: now - 1 }, /the policy's word is too old$/],
    [{ until: now + 90_000 }, /the policy's word goes on for more than a day$/],
    [{ until: "soon" }, /its file does not say until when$/],
  ];
  for (const [change, why] of changes) {
    writeFailMode(story, change);
    await isRefused(story, JSON.stringify(change), why, logOn(story));
  }
  const spoilt: [string, RegExp, () => void][] = [
    ["written after now", /clock goes before the time at which the file was written$/, () => utimesSync(file, now + 3600, now + 3600)],
    ["somebody else's", /fail-mode/, () => chownSync(file, 4711, 4711)],
    ["open to others' writing", /fail-mode/, () => chmodSync(file, 0o666)],
    ["no JSON", /its file cannot be read$/, () => writeFileSync(file, "{")],
    ["too long", /it has left no file for this$/, () => writeFileSync(file, " ".repeat(5000))],
    ["missing", /it has left no file for this$/, () => rmSync(file)],
    ["another's folder", /: it belongs to somebody else$/, () => story.script({ place: HERE, folder: "it belongs to somebody else" })],
  ];
  for (const [what, why, spoil] of spoilt) {
    writeFailMode(story);
    spoil();
    await isRefused(story, what, why, logOn(story));
  }
  story.script({ place: HERE });
  rmSync(file, { force: true });
  writeFileSync(file, written, { mode: 0o600 });
  assert.equal((await logOn(story)).end?.result, "allow", "the agent's own file");
}

async function keepsWhatItLetsIn(story: Story): Promise<void> {
  const file = story.windows.data("attempts.jsonl");
  renameSync(file, `${file}.aside`);
  mkdirSync(file);
  assert.deepEqual((await logOn(story)).error, REFUSAL);
  assert.match(story.heard().findLast(({ note }) => note === 8)?.detail ?? "", /: it cannot be written down for the agent to report$/);
  rmSync(file, { recursive: true });
  renameSync(`${file}.aside`, file);
}

/** An agent that takes its time to end: the service waits for it, and it hears of nobody any more. */
async function shutWhileItStops(story: Story): Promise<void> {
  const { windows, clients } = story;
  writeFailMode(story);
  process.kill(windows.pidOf("sallyport-agent.exe"), "SIGSTOP");
  await windows.askServiceToStop();
  const said: any[] = [];
  // One that was told to the agent before gets no answer any more.
  while (windows.pidsOf("sallyport-relay.exe").length > 0) if (await isRight(story)) said.push(await clients.logon({ begin: ALICE }, 1000));
  await windows.serviceEnds();
  assert.deepEqual(
    said.filter(({ end }) => end?.result === "allow"),
    [],
  );
  assert.ok(
    said.some(({ error }) => error?.cause === REFUSAL.cause),
    "the service itself was asked",
  );
}

/** False as well when there is nobody to ask any more. */
const isRight = ({ check }: Story): Promise<boolean> =>
  check().then(
    ({ result }) => result === "right",
    () => false,
  );

async function shutBeforeTheFirst(story: Story): Promise<void> {
  const { windows } = story;
  const comesBack = await takeProgramAway(story, () => windows.runService());
  writeFailMode(story);
  assert.deepEqual((await logOn(story)).error, REFUSAL);
  await comesBack();
}
