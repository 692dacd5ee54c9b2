/** What the one program of a Windows machine does for installer and service: `run`, `enrol`, `arm`, `disarm`, `status`, each with `[--state DIR]`; and `setup`. */
import { type ArmOutcome, arm, disarm } from "./arm.ts";
import { RelayedDoors } from "./door/relay.ts";
import { enrolHost } from "./enrol.ts";
import { runAgent } from "./run-agent.ts";
import { readStatus } from "./status.ts";
import { type Examine, setupCommand } from "./windows-setup-command.ts";

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

/**
 * The exit code: 0, 1 if it did not go well; `undefined` if this is none of these commands. Each but `run` says one JSON line.
 * `examine`: the doctor's look, which the agent itself has no part of.
 */
export function windowsCommand(args: string[], examine: Examine): Promise<number> | undefined {
  const [name = "", option, state, ...rest] = args;
  // What the installer runs when its files are in place (docs/windows-install.md).
  if (name === "setup") return setupCommand(args.slice(1), examine);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  const inFolder = option === "--state" && state !== undefined && rest.length === 0;
  return command && (option === undefined || inFolder) ? command({ state }) : undefined;
}

function answer(outcome: ArmOutcome): number {
  return say(outcome, outcome.ok);
}

function say(value: unknown, ok: boolean): number {
  process.stdout.write(`${JSON.stringify(value)}\n`);
  return ok ? 0 : 1;
}

async function readAll(): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(part as Buffer);
  return Buffer.concat(parts).toString().trim();
}
