/** The Windows machine under a setup: its service, started and waited for; its door, tried. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { agentFrame, DOOR_VERSION } from "@sallyport/contracts";
import { askControl } from "./control.ts";
import { describeError } from "./finding.ts";
import { agentFiles } from "./settings.ts";
import { askNative } from "./state/native-keys.ts";
import type { Step } from "./windows-outcome.ts";
import type { SetupMachine } from "./windows-setup.ts";

const SERVICE = "Sallyport";
const READY_MS = 60_000;
const RETRY_MS = 2000;
const TRIAL_MS = 30_000;
/** An event has room for 31,839 characters, and the native program reads lines of 16 KiB; JSON may make six of one. */
const LONGEST_NOTE = 2000;

/** What a machine has of itself; the doctor is brought by who starts the setup. */
export const windowsMachine: Omit<SetupMachine, "examine"> = { startService, tryLogon, note };

/** The service manager takes nothing while it is busy, and a service that starts has no door yet: asked again until the time is over. */
async function startService(state: string | undefined): Promise<Step> {
  const files = agentFiles(state);
  const end = Date.now() + READY_MS;
  let first = true;
  for (;;) {
    if (await answers(files.control)) return { ok: true, reason: "the service runs and its agent answers" };
    if (Date.now() > end) break;
    // One that has started before the machine was enrolled waits up to a minute until it tries its agent again.
    if (first) await net("stop");
    first = false;
    await net("start");
    await sleep(RETRY_MS);
  }
  return { ok: false, reason: `the service does not answer: ${lastLine(join(files.state, "service.log"))}`, cause: "agent.unreachable" };
}

async function answers(control: string): Promise<boolean> {
  try {
    // Without an agent the service answers itself, and says so.
    const status = (await askControl(control, "status", AbortSignal.timeout(RETRY_MS))) as { running?: boolean } | undefined;
    return status?.running === true;
  } catch {
    return false;
  }
}

async function note(ok: boolean, text: string): Promise<void> {
  await askNative({ note: { setUp: ok ? "yes" : "no", text: text.slice(0, LONGEST_NOTE) } });
}

/** By its full path: what lies in the installer's folder must not be taken for it. Its exit code says *running already* as well. */
function net(what: "start" | "stop"): Promise<void> {
  const program = join(process.env["SystemRoot"] ?? "C:\\Windows", "System32", "net.exe");
  return new Promise((done) => void execFile(program, [what, SERVICE], { windowsHide: true, timeout: READY_MS }, () => done()));
}

function lastLine(file: string): string {
  try {
    return readFileSync(file, "utf8").trim().split("\n").at(-1)?.slice(0, 512) || "it says nothing";
  } catch {
    return "it has written nothing";
  }
}

/** Nobody checked a password, so that the org is asked although the machine is disarmed; what it asks for proves the whole way to it. */
async function tryLogon(user: string): Promise<Step> {
  const socket = connect(agentFiles().socket);
  socket.setTimeout(TRIAL_MS, () => socket.destroy(new Error("no answer")));
  const send = (frame: object) => socket.write(`${JSON.stringify(frame)}\n`);
  send({ v: DOOR_VERSION, hello: { provider: "terminal", conversation: true, serial: false } });
  send({ begin: { username: user, password: "none", scenario: "logon", service: "console" } });
  try {
    for await (const line of createInterface({ input: socket })) {
      const frame = agentFrame.parse(JSON.parse(line));
      if ("show" in frame && !frame.show.fields?.length) continue;
      if ("show" in frame) {
        send({ cancel: {} });
        return { ok: true, reason: `a logon of ${user} went to the org and back, up to its first question` };
      }
      if ("error" in frame) return refusedBy(user, frame.error.text, frame.error.cause);
      if (frame.end.result === "allow") return refusedBy(user, "somebody without a password was let in", "agent.fault");
      return refusedBy(user, `${frame.end.text}${frame.end.reference ? ` Reference: ${frame.end.reference}` : ""}`, frame.end.cause);
    }
    return refusedBy(user, "the agent closed its door without an answer", "agent.unreachable");
  } catch (error) {
    return refusedBy(user, describeError(error), "agent.unreachable");
  } finally {
    socket.end();
  }
}

function refusedBy(user: string, reason: string, cause: Step["cause"]): Step {
  return { ok: false, reason: `the trial logon of ${user} was refused: ${reason}`, ...(cause ? { cause } : {}) };
}
