/** What the installer leaves to the agent: each step stops what follows, says why, and never leaves a machine armed by halves. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { type SetupMachine, type SetupOptions, type Step, setUp } from "./windows-setup.ts";

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), "setup-"));
});
afterEach(() => rmSync(state, { recursive: true, force: true }));

const right: Step = { ok: true, reason: "well" };
const machine = (change: Partial<SetupMachine> = {}): SetupMachine => ({
  startService: async () => right,
  tryLogon: async () => right,
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

test("a new installation over the folder of an earlier one disarms it; an upgrade does not", async () => {
  const settings = { org: "https://mfa.example:8443", host: `hst_${"a".repeat(20)}`, socket: join(state, "agent.sock") };
  writeFileSync(join(state, "agent.json"), JSON.stringify(settings), { mode: 0o600 });
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
