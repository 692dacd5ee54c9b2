/** What the Windows installer leaves to the agent: enrol by a file, start the service, ask the doctor, try one logon, arm; each step said, none in between. */
import { existsSync } from "node:fs";
import { type CauseId, causeOf } from "@sallyport/contracts";
import { arm, disarm } from "./arm.ts";
import { enrolHost } from "./enrol.ts";
import { describeError, Refusal } from "./finding.ts";
import { type JoinOutcome, secureFolder } from "./join.ts";
import { registerHost } from "./register.ts";
import { agentFiles, readSettings } from "./settings.ts";
import { readArmed } from "./state/armed.ts";
import { mayBeSaid, readTypedFile, type SameFile, useUp } from "./typed-file.ts";
import { AGENT_VERSION } from "./version.ts";
import { type Examination, judgeExamination } from "./windows-examination.ts";
import { keepSetup, type SetupOutcome, type Step, tellOutcome } from "./windows-outcome.ts";

/** An empty text is a property of the installer that nobody set. */
export interface SetupOptions {
  state?: string | undefined;
  /** File with the enrolment code. It is emptied once it is used. */
  codeFile?: string | undefined;
  /** The other way to enrol: three typed values, the secret in a file (which other machines read as well, so it stays). */
  url?: string | undefined;
  clientId?: string | undefined;
  secretFile?: string | undefined;
  caFile?: string | undefined;
  /** A new installation, not an upgrade: what an earlier one had armed is disarmed. */
  fresh?: boolean | undefined;
  arm?: boolean | undefined;
  /** Whose logon is begun, up to the first question, before the machine is armed. */
  trialUser?: string | undefined;
}

/** What the setup needs of the machine that it runs on. */
export interface SetupMachine {
  /** Resolves once the agent answers. Says in one sentence why it does not. */
  startService(state: string | undefined): Promise<Step>;
  /** What the doctor finds: of the agent, of its way to the org, of the machine. */
  examine(state: string | undefined): Promise<Examination>;
  /** Begins one logon at the door and leaves at the first question. */
  tryLogon(user: string): Promise<Step>;
  /** Into the event log, one text for all. */
  note(ok: boolean, text: string): Promise<void>;
}

type Work = (options: SetupOptions, machine: SetupMachine) => Promise<Step | undefined>;

/** A step that has nothing to do answers nothing. */
const STEPS: [string, Work][] = [
  ["folder", secure],
  ["enrol", enrol],
  ["disarm", disarmIfFresh],
  ["service", async ({ state }, machine) => (isEnrolled(state) ? machine.startService(state) : undefined)],
  ["doctor", examine],
  [
    "trial",
    async ({ arm: wanted, trialUser, state }, machine) => (wanted && isEnrolled(state) ? machine.tryLogon(trialUser || TRIAL) : undefined),
  ],
  ["arm", armIfTold],
];

/** Nobody's name: the org asks for a password before it says whether it knows somebody. */
const TRIAL = "sallyport-trial";

/** A step that fails ends it: the machine stays disarmed and logs on as before. Never throws; the outcome is also kept in `setup.json`. */
export async function setUp(options: SetupOptions, machine: SetupMachine): Promise<SetupOutcome> {
  const steps: SetupOutcome["steps"] = [];
  for (const [step, work] of STEPS) {
    const done = await work(options, machine).catch(
      (error: unknown): Step => ({ ok: false, reason: describeError(error), cause: "agent.fault" }),
    );
    if (done) steps.push({ step, ...(done.ok ? done : withFix(done)) });
    if (done && !done.ok) break;
  }
  const outcome: SetupOutcome = {
    ok: steps.every(({ ok }) => ok),
    time: new Date().toISOString(),
    version: AGENT_VERSION,
    enrolled: isEnrolled(options.state),
    armed: isArmed(options.state),
    steps,
  };
  // Nothing is written into a folder that is somebody else's.
  if (steps[0]?.step !== "folder") keepSetup(options.state, outcome);
  if (steps.length > 0) await machine.note(outcome.ok, tellOutcome(outcome)).catch(() => undefined);
  return outcome;
}

/** A doctor says more; any other step has the way out that the table of causes has for its cause. */
function withFix(step: Step): Step {
  if (step.fix !== undefined || step.cause === undefined) return step;
  const { any, windows } = causeOf(step.cause).fix;
  return { ...step, fix: [any, windows].filter(Boolean).join(" ") };
}

/** Before anything lies in it: an empty folder is taken into order, another's is refused. */
async function secure({ state }: SetupOptions): Promise<Step | undefined> {
  const folder = agentFiles(state).state;
  try {
    await secureFolder(folder);
    return undefined;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { cause, evidence } = error.finding;
    return { ok: false, reason: `${folder} is not safe from others: ${evidence["reason"]}`, cause };
  }
}

async function enrol(options: SetupOptions): Promise<Step | undefined> {
  const told = Boolean(options.codeFile || options.clientId);
  if (isEnrolled(options.state))
    return told ? { ok: true, reason: "this machine was enrolled before; the enrolment stays as it is" } : undefined;
  if (!told) return undefined;
  const joined = options.codeFile ? await byCode(options.codeFile, options) : await byClient(options);
  if ("step" in joined) return joined.step;
  const { outcome } = joined;
  if (!outcome.ok) return { ok: false, reason: outcome.reason, cause: outcome.finding.cause };
  const { name, app, org } = outcome.host;
  const waits = outcome.pending ? "; an administrator must approve it first (sallyport host approve)" : "";
  return { ok: true, reason: `enrolled as ${name}, of the app ${app}, at ${org}${waits}` };
}

type Joined = { step: Step } | { outcome: JoinOutcome };

async function byCode(file: string, { state }: SetupOptions): Promise<Joined> {
  const code = readTyped(file, "the enrolment code");
  if ("step" in code) return code;
  const outcome = await enrolHost({ state, code: code.text });
  if (outcome.ok) useUp(file, code.same);
  return { outcome };
}

async function byClient({ state, url = "", clientId = "", secretFile = "", caFile }: SetupOptions): Promise<Joined> {
  const secret = readTyped(secretFile, "the client secret");
  if ("step" in secret) return secret;
  if (caFile && !existsSync(caFile)) return notThere(caFile, "the org's CA");
  return { outcome: await registerHost({ state, url, clientId, clientSecret: secret.text, caFile: caFile || undefined }) };
}

function readTyped(file: string, what: string): { text: string; same: SameFile } | { step: Step } {
  if (!existsSync(file)) return notThere(file, what);
  const refuse = (reason: string) =>
    notRead(what, mayBeSaid(file) ? ` from ${file}: ${reason}` : ": the file that was given is not to be read");
  try {
    return readTypedFile(file) ?? refuse("it is too long");
  } catch (error) {
    return refuse(describeError(error));
  }
}

const notRead = (what: string, why: string, cause: CauseId = "config.unreadable") => ({
  step: { ok: false, reason: `${what} was not read${why}`, cause },
});

/** Everybody may read the event log: who gave a code itself in the place of its file has not published it. */
function notThere(file: string, what: string): { step: Step } {
  const said = mayBeSaid(file) ? ` from ${file}: there is no such file` : ": what was given is the path of no file";
  return notRead(what, said, "config.missing");
}

/** The data folder outlives the product. */
async function disarmIfFresh({ fresh, state }: SetupOptions): Promise<Step | undefined> {
  if (!fresh || !isArmed(state)) return undefined;
  const { ok } = await disarm({ state });
  return { ok, reason: "an earlier installation had armed this machine: it is disarmed" };
}

async function examine({ arm: wanted, state }: SetupOptions, machine: SetupMachine): Promise<Step | undefined> {
  const settings = readSettings(state);
  // Settings that cannot be read are found by the doctor as well.
  return wanted && isEnrolled(state)
    ? judgeExamination(await machine.examine(state), settings.ok && settings.settings.client === undefined)
    : undefined;
}

async function armIfTold({ arm: wanted, state }: SetupOptions): Promise<Step | undefined> {
  if (!wanted) return undefined;
  if (!isEnrolled(state)) return { ok: false, reason: "it is not enrolled, so it was not armed", cause: "config.missing" };
  const { ok, blocking } = await arm({ state });
  if (ok) return { ok, reason: "armed: every check passed" };
  const found = blocking.map(({ cause }) => `${causeOf(cause).title} (${cause})`).join("; ");
  return { ok, reason: `not armed: ${found}`, ...(blocking[0] ? { cause: blocking[0].cause } : {}) };
}

function isEnrolled(state: string | undefined): boolean {
  return existsSync(agentFiles(state).settings);
}

function isArmed(state: string | undefined): boolean {
  const settings = readSettings(state);
  const armed = settings.ok ? readArmed(settings.settings.files.state) : undefined;
  return armed?.ok === true && armed.armed.armed;
}
