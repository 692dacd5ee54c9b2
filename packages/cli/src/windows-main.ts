/** The one program of a Windows machine: the agent that the service starts, and the sallyport command of a machine with an agent. */
import { windowsCommand } from "@sallyport/agent";
import { runProgram } from "./command.ts";
import { commandsEverywhere, newProgram } from "./program.ts";
import { examineMachine } from "./windows-examine.ts";

async function main(args: string[]): Promise<void> {
  const done = windowsCommand(args, examineMachine);
  // Exits explicitly: a request to the org that is still under way must not hold a stopping service.
  if (done) process.exit(await done);
  const program = newProgram();
  commandsEverywhere(program);
  await runProgram(program, args);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});
