/** What the installer leaves to the agent: each step stops what follows, says why, and never leaves a machine armed by halves. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { readClientSecret, readEnrolmentCode, writeClientSecret, writeEnrolmentCode } from "@sallyport/contracts";
import type { Found } from "./windows-examination.ts";
import { readSetup, type Step } from "./windows-outcome.ts";
import { type SetupMachine, type SetupOptions, setUp } from "./windows-setup.ts";

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), "setup-"));
});
afterEach(() => rmSync(state, { recursive: true, force: true }));

const right: Step = { ok: true, reason: "well" };
const machine = (change: Partial<SetupMachine> = {}): SetupMachine => ({
  startService: async () => right,
  tryLogon: async () => right,
  examine: async () => ({ found: [], missed: [] }),
  note: async () => undefined,
  ...change,
});
const never = (what: string) => async () => assert.fail(`${what} must not be reached`);

async function stepsOf(options: SetupOptions, on = machine()): Promise<[string, boolean, string | undefined][]> {
  const { steps } = await setUp({ state, ...options }, on);
  return steps.map(({ step, ok, cause }) => [step, ok, cause]);
}

/** As good as enrolled, for what comes after it. */
const enrolled = () => writeFileSync(join(state, "agent.json"), "{}", { mode: 0o600 });

test("told nothing on a fresh machine, it does nothing and is content", async () => {
  const outcome = await setUp({ state, codeFile: "", clientId: "", url: "" }, machine({ startService: never("the service") }));
  assert.deepEqual([outcome.ok, outcome.enrolled, outcome.armed, outcome.steps], [true, false, false, []]);
  assert.deepEqual(JSON.parse(readFileSync(join(state, "setup.json"), "utf8")), outcome);
});

for (const [what, bytes] of [
  ["UTF-8", Buffer.from("SALLY-not-a-code\r\n")],
  ["what PowerShell writes", Buffer.from("\ufeffSALLY-not-a-code\r\n", "utf16le")],
] as const)
  test(`a broken code in ${what}: refused with its cause, the file stays, nothing after it is tried`, async () => {
    const codeFile = join(state, "code.txt");
    writeFileSync(codeFile, bytes);
    const on = machine({ startService: never("the service"), tryLogon: never("the trial") });
    assert.deepEqual(await stepsOf({ codeFile, arm: true }, on), [["enrol", false, "client.secret-mangled"]]);
    const said = readFileSync(join(state, "setup.json"), "utf8");
    assert.match(said, /The enrolment code is not right/);
    assert.doesNotMatch(said, /not-a-code/);
    assert.ok(existsSync(codeFile));
  });

test("a file that is not there, one that is too long, a secret that is missing: each by its sentence", async () => {
  assert.deepEqual(await stepsOf({ codeFile: join(state, "none") }), [["enrol", false, "config.missing"]]);
  writeFileSync(join(state, "long"), "x".repeat(70_000));
  assert.deepEqual(await stepsOf({ codeFile: join(state, "long") }), [["enrol", false, "config.unreadable"]]);
  assert.deepEqual(await stepsOf({ clientId: "SALLYID-1", url: "https://mfa.example", secretFile: "" }), [
    ["enrol", false, "config.missing"],
  ]);
});

test("a code or a secret in the place of its file is said nowhere, whole or cut, as it is or in quotes; a path is", async () => {
  const secret = writeClientSecret(randomBytes(32));
  const key = randomBytes(16);
  const code = writeEnrolmentCode({ url: "https://mfa.example:8443", secret: randomBytes(16), decisionKey: key, pin: key });
  assert.ok(readEnrolmentCode(code).ok && readClientSecret(secret).ok);
  const texts = [code, secret].flatMap((one) => [
    one,
    ` ${one.toLowerCase()}`,
    `"${one}"`,
    `C:\\${one}`,
    one.slice(8),
    one.replaceAll("-", " "),
  ]);
  const fleet = (more: object) => ({ clientId: "SALLYID-1", url: "https://mfa.example:8443", ...more });
  const there = join(state, "there");
  writeFileSync(there, secret);
  for (const text of texts)
    for (const options of [{ codeFile: text }, fleet({ secretFile: text }), fleet({ secretFile: there, caFile: text })]) {
      const told: string[] = [];
      const { steps } = await setUp({ state, ...options }, machine({ note: async (_, text) => void told.push(text) }));
      assert.deepEqual([steps[0]?.step, steps[0]?.cause], ["enrol", "config.missing"], text);
      const noted = told.join();
      const said = `${JSON.stringify(steps)}${noted}${readFileSync(join(state, "setup.json"), "utf8")}`;
      assert.match(noted, /what was given is the path of no file/);
      for (const part of text.split(/[- ]/).filter(({ length }) => length >= 5)) assert.ok(!said.includes(part), part);
    }
  const { steps } = await setUp({ state, codeFile: join(state, "none") }, machine());
  assert.ok(steps[0]?.reason.includes(join(state, "none")));
});

test("to be armed without being enrolled is refused", async () => {
  assert.deepEqual(await stepsOf({ arm: true }, machine({ tryLogon: never("the trial") })), [["arm", false, "config.missing"]]);
});

test("enrolled before: the code is left alone, the service started, and nothing armed that nobody asked to arm", async () => {
  enrolled();
  const codeFile = join(state, "code.txt");
  writeFileSync(codeFile, "a code for another time");
  assert.deepEqual(await stepsOf({ codeFile }, machine({ tryLogon: never("the trial") })), [
    ["enrol", true, undefined],
    ["service", true, undefined],
  ]);
  assert.equal(readFileSync(codeFile, "utf8"), "a code for another time");
});

test("a service that does not answer, a trial that is refused, or a fault: the machine is not armed", async () => {
  enrolled();
  const no: Step = { ok: false, reason: "no", cause: "agent.unreachable" };
  const service = machine({ startService: async () => no, tryLogon: never("the trial") });
  assert.deepEqual(await stepsOf({ arm: true }, service), [["service", false, "agent.unreachable"]]);
  const trial = await stepsOf({ arm: true, trialUser: "alice" }, machine({ tryLogon: async () => no }));
  assert.deepEqual(trial.at(-1), ["trial", false, "agent.unreachable"]);
  const fault = machine({
    tryLogon: async () => {
      throw new Error("a fault of the story");
    },
  });
  assert.deepEqual((await stepsOf({ arm: true }, fault)).at(-1), ["trial", false, "agent.fault"]);
  assert.equal(existsSync(join(state, "armed.json")), false);
});

const found = (cause: Found["cause"], change: Partial<Found> = {}): Found => ({
  cause,
  sure: true,
  about: "agent",
  evidence: "what: was seen",
  fix: "mend it",
  ...change,
});

/** Settings of a machine that goes by the org's time, or by its own (`client`: it signs with the shared secret). */
function enrolledAs(more: object = {}): void {
  const settings = { org: "https://mfa.example:8443", host: `hst_${"a".repeat(20)}`, socket: join(state, "agent.sock"), ...more };
  writeFileSync(join(state, "agent.json"), JSON.stringify(settings), { mode: 0o600 });
}

async function doctorSays(all: Found[], missed: string[] = []): Promise<{ step: Step & { step: string }; noted: [boolean, string][] }> {
  const noted: [boolean, string][] = [];
  const on = machine({
    examine: async () => ({ found: all, missed }),
    tryLogon: async () => ({ ok: false, reason: "the end of this story" }),
    note: async (ok, text) => void noted.push([ok, text]),
  });
  const { steps } = await setUp({ state, arm: true }, on);
  return { step: steps.find(({ step }) => step === "doctor") ?? assert.fail("no doctor"), noted };
}

test("what would refuse people keeps the machine disarmed: named by its cause, with what to do, in the file and in the event log", async () => {
  enrolledAs();
  const all = [found("net.refused"), found("provider.missing", { about: "machine", fix: "install again" }), found("url.trailing-slash")];
  const { step, noted } = await doctorSays(all);
  assert.deepEqual([step.ok, step.cause, step.fix], [false, "net.refused", "mend it install again"]);
  assert.match(step.reason, /\(net\.refused: what: was seen\).*\(provider\.missing: /);
  assert.doesNotMatch(step.reason, /trailing-slash/);
  assert.deepEqual(noted.length, 1);
  assert.match(noted[0]?.[1] ?? "", /^doctor \(net\.refused\): .* What to do: mend it install again$/);
  assert.equal(noted[0]?.[0], false);
  assert.deepEqual(readSetup(state)?.told, noted[0]?.[1], "and in the status");
});

for (const [what, one, client, blocks] of [
  ["a wrong clock, where the org's time counts", found("clock.host"), undefined, false],
  ["a wrong clock, where the shared secret signs by it", found("clock.host"), "client", true],
  ["what the evidence does not decide", found("net.refused", { sure: false }), undefined, false],
  ["a warning", found("config.risky"), undefined, false],
  ["a machine without remote desktop", found("host.remote-off", { about: "machine" }), undefined, false],
  ["a clock that Windows itself calls wrong", found("clock.host", { about: "machine" }), undefined, false],
  ["a folder that others may look into", found("config.exposed", { about: "machine" }), undefined, true],
  ["a tile that something hides", found("provider.filtered", { about: "machine" }), undefined, true],
  ["not armed yet", found("agent.not-armed"), undefined, false],
] as const)
  test(`${what} ${blocks ? "keeps it disarmed" : "is said, and does not keep it from being armed"}`, async () => {
    enrolledAs(client === undefined ? {} : { client: `cli_${"b".repeat(20)}` });
    const { step } = await doctorSays([one], ["the groups (PowerShell may not run)"]);
    assert.equal(step.ok, !blocks, step.reason);
    if (!blocks) assert.equal(step.reason.includes(one.cause), one.cause !== "agent.not-armed");
    if (!blocks) assert.match(step.reason, /not looked at: the groups \(PowerShell may not run\)$/);
  });

test("a step that failed carries what to do about its cause", async () => {
  const { steps } = await setUp({ state, codeFile: join(state, "none") }, machine());
  assert.match(steps[0]?.fix ?? "", /\w/);
});

test("a new installation over the folder of an earlier one disarms it; an upgrade does not", async () => {
  enrolledAs();
  const armed = () => JSON.parse(readFileSync(join(state, "armed.json"), "utf8")).armed;
  writeFileSync(join(state, "armed.json"), JSON.stringify({ armed: true, since: "2026-01-01T00:00:00.000Z" }), { mode: 0o600 });
  assert.deepEqual(await stepsOf({}), [["service", true, undefined]]);
  assert.equal(armed(), true);
  assert.deepEqual(await stepsOf({ fresh: true }), [
    ["disarm", true, undefined],
    ["service", true, undefined],
  ]);
  assert.equal(armed(), false);
});
