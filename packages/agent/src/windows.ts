/** The agent as one program on Windows, where no other command of ours is: `run`, `enrol`, `arm`, `disarm`, `status`, each with `[--state DIR]`. */
import { type ArmOutcome, arm, disarm } from "./arm.ts";
import { RelayedDoors } from "./door/relay.ts";
import { enrolHost } from "./enrol.ts";
import { runAgent } from "./run-agent.ts";
import { readStatus } from "./status.ts";

type Options = { state: string | undefined };

const COMMANDS: Record<string, (options: Options) => Promise<number>> = {
  /** Started by sallyport-relay.exe: standard input and output are the doors. */
  run: (options) => runAgent({ ...options, doors: new RelayedDoors(process.stdin, process.stdout) }),
  /** The enrolment code comes on standard input: a command line can be read by others. */
  enrol: async (options) => {
    const done = await enrolHost({ ...options, code: await readAll() });
    return say(done, done.ok);
  },
  arm: async (options) => answer(await arm(options)),
  disarm: async (options) => answer(await disarm(options)),
  status: async (options) => say(await readStatus(options), true),
};

async function main([name = "", option, state, ...rest]: string[]): Promise<number> {
  const command = COMMANDS[name];
  const inFolder = option === "--state" && state !== undefined && rest.length === 0;
  if (command && (option === undefined || inFolder)) return command({ state });
  process.stderr.write(`Usage: sallyport-agent ${Object.keys(COMMANDS).join("|")} [--state DIR]\n`);
  return 64;
}

function answer(outcome: ArmOutcome): number {
  return say(outcome, outcome.ok);
}

/** One JSON line; the exit code says whether it went well. */
function say(value: unknown, ok: boolean): number {
  process.stdout.write(`${JSON.stringify(value)}\n`);
  return ok ? 0 : 1;
}

async function readAll(): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(part as Buffer);
  return Buffer.concat(parts).toString().trim();
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  },
);
