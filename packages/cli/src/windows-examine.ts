/** The doctor's whole look at a Windows machine, for its setup: agent and way to the org, and the machine as collect.ps1 tells it. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { agentFiles, type Examination, type Found } from "@sallyport/agent";
import type { Diagnosis } from "@sallyport/contracts";
import { diagnoseHost, diagnoseWindowsFacts } from "@sallyport/doctor";
import { gatherHost } from "./commands/doctor-host.ts";

/** Looks at groups and rights take their time on a machine of a large domain. */
const COLLECT_MS = 120_000;

export async function examineMachine(state: string | undefined): Promise<Examination> {
  const facts = await gatherHost(undefined, { ...(state === undefined ? {} : { state }) });
  const agent = read(await diagnoseHost(facts, { platform: "windows" }), "agent");
  const file = join(agentFiles(state).state, "facts.json");
  const why = await collect(file);
  if (why !== undefined) return { found: agent.found, missed: [...agent.missed, `the machine itself, by collect.ps1: ${why}`] };
  const machine = read(await diagnoseWindowsFacts(readFileSync(file), { file: "facts.json" }), "machine");
  return { found: [...agent.found, ...machine.found], missed: [...agent.missed, ...machine.missed] };
}

/** What was looked for and not found is no news; what was asked for and could not be seen is. */
export function read({ healthy, findings, notLookedAt }: Diagnosis, about: Found["about"]): Examination {
  const found = findings.filter(({ verdict }) => verdict === "confirmed" || verdict === "candidate");
  // What the agent's own look leaves out beside something found is mostly for an administrator's token.
  const blind = about === "machine" || (!healthy && found.length === 0);
  return {
    found: found.map(({ cause, verdict, evidence, fix }) => ({
      cause,
      sure: verdict === "confirmed",
      about,
      evidence: evidence.map(({ what, value }) => `${what}: ${value}`).join(", "),
      fix,
    })),
    missed: (blind ? notLookedAt : []).map(({ what, why }) => `${what} (${why})`),
  };
}

/** Writes the machine's facts; says why not, if not. By full paths: what lies elsewhere under these names is not ours. */
function collect(file: string): Promise<string | undefined> {
  const shell = join(process.env["SystemRoot"] ?? "C:\\Windows", "System32", "WindowsPowerShell", "v1.0", "powershell.exe");
  const script = join(dirname(process.execPath), "collect.ps1");
  for (const one of [shell, script]) if (!existsSync(one)) return Promise.resolve(`${one} is not there`);
  rmSync(file, { force: true });
  const args = ["-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-File", script, "-Out", file];
  return new Promise((done) => {
    execFile(shell, args, { windowsHide: true, timeout: COLLECT_MS }, (error) => {
      if (existsSync(file)) return done(undefined);
      done(
        error?.killed
          ? `it took longer than ${COLLECT_MS / 1000} s`
          : `PowerShell ran it and wrote no file${error ? ` (${error.code})` : ""}`,
      );
    });
  });
}
