/** The agent's own process: `run [--state DIR]`. Everything else is the CLI's. */
import { runAgent } from "./run-agent.ts";

async function main(args: string[]): Promise<number> {
  const [command, option, state, ...rest] = args;
  const plain = command === "run" && option === undefined;
  const inFolder = command === "run" && option === "--state" && state !== undefined && rest.length === 0;
  if (!plain && !inFolder) {
    process.stderr.write("Usage: agent run [--state DIR]\n");
    return 64;
  }
  return runAgent({ state });
}

// Exits explicitly: a request to the org that is still under way must not hold a stopping service.
main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  },
);
