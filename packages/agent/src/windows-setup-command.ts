/** `sallyport-agent setup`: reads what the installer or an administrator told it, and says the outcome as one JSON line. */
import { parseArgs } from "node:util";
import { holdsTyped } from "./typed-file.ts";
import { windowsMachine } from "./windows-machine.ts";
import { type SetupOutcome, tellOutcome } from "./windows-outcome.ts";
import { type SetupMachine, setUp } from "./windows-setup.ts";

const text = { type: "string" } as const;
const OPTIONS = {
  state: text,
  "code-file": text,
  url: text,
  "client-id": text,
  "secret-file": text,
  "ca-file": text,
  /** `1`, as a property of the installer; anything else is no. */
  fresh: text,
  arm: text,
  trial: text,
};

export type Examine = SetupMachine["examine"];

/**
 * Exit codes: 0 all that was told is done, 1 a step failed (the machine logs on as before), 2 it was told how to enrol and is not enrolled,
 * 64 not understood. What failed stands on standard error in one line, which the installer takes into its log.
 */
export async function setupCommand(args: string[], examine: Examine): Promise<number> {
  const told = read(args);
  if (!told) return 64;
  const outcome = await setUp(
    {
      state: told.state || undefined,
      codeFile: told["code-file"],
      url: told.url,
      clientId: told["client-id"],
      secretFile: told["secret-file"],
      caFile: told["ca-file"],
      fresh: told.fresh === "1",
      arm: told.arm === "1",
      trialUser: told.trial,
    },
    { ...windowsMachine, examine },
  );
  say(process.stdout, JSON.stringify(outcome));
  if (!outcome.ok) say(process.stderr, tellOutcome(outcome));
  return exitCodeOf(outcome, Boolean(told["code-file"] || told["client-id"]));
}

function exitCodeOf({ ok, enrolled }: SetupOutcome, toldToEnrol: boolean): number {
  if (toldToEnrol && !enrolled) return 2;
  return ok ? 0 : 1;
}

function read(args: string[]): { [name in keyof typeof OPTIONS]?: string } | undefined {
  try {
    return parseArgs({ args, options: OPTIONS, strict: true }).values;
  } catch (error) {
    const said = String(error instanceof Error ? error.message : error);
    say(process.stderr, isPositional(error) || holdsTyped(said) ? "setup takes options alone, each with its value" : said);
    return undefined;
  }
}

/** It may be the code itself. */
const isPositional = (error: unknown) => (error as NodeJS.ErrnoException).code === "ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL";

/** The installer starts it without anything to write to. */
function say(to: NodeJS.WriteStream, line: string): void {
  try {
    to.write(`${line}\n`);
  } catch {
    // The outcome is in setup.json.
  }
}
