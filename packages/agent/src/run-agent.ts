/** Runs the agent as a process does: says what is wrong in one sentence, stops on SIGTERM, reopens its log on SIGHUP. */
import { causeOf } from "@sallyport/contracts";
import { type AgentOptions, startAgent } from "./run.ts";

/** Resolves with the exit code: 0 after a signal or when its doors are gone, 78 if an administrator must change something, 1 for a fault. */
export async function runAgent(options: AgentOptions = {}, say: (line: string) => void = sayOnStderr): Promise<number> {
  const started = await startAgent(options);
  if (!started.ok) {
    const { cause, evidence } = started.finding;
    const detail = evidence["reason"] ?? evidence["error"] ?? "";
    say(
      `The agent does not start: ${causeOf(cause).title} (${cause})${evidence["file"] ? ` ${evidence["file"]}` : ""}${detail === "" ? "" : `: ${detail}`}`,
    );
    return started.exitCode;
  }
  const { agent } = started;
  say(`The agent listens at ${agent.settings.files.socket}.`);
  const reopen = () => agent.reopenLog();
  process.on("SIGHUP", reopen);
  const reason = await new Promise<string>((done) => {
    for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => done(name));
    void options.doors?.gone.then(done);
  });
  say(`${reason}: the agent stops.`);
  await agent.stop();
  process.off("SIGHUP", reopen);
  return 0;
}

function sayOnStderr(line: string): void {
  process.stderr.write(`${line}\n`);
}
