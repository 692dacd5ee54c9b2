/** Writes the file by which the PAM module, or on Windows the service, judges when the agent is gone. */
import { join } from "node:path";
import type { Desk, Host } from "./desk.ts";
import { writeFailMode } from "./fail-mode.ts";
import { describeError } from "./finding.ts";
import { readArmed } from "./state/armed.ts";
import { writeAtomically } from "./state/files.ts";

/** Atomically, 0600. Without a host, or with a broken armed file, it says: armed, refuse. */
export function writeFailModeFile(desk: Desk, host: Host | undefined): void {
  const { state } = desk.settings.files;
  const armed = readArmed(state);
  const now = host?.clock.now();
  const content = writeFailMode(armed.ok ? armed.armed.armed : true, host?.policy.current(), now, host?.clock.wall() ?? 0);
  try {
    writeAtomically(join(state, "fail-mode"), `${JSON.stringify(content)}\n`);
  } catch (error) {
    desk.log.finding("fail-mode.not-written", { cause: "host.disk", evidence: { file: "fail-mode", error: describeError(error) } });
  }
}
