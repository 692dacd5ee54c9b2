/** `sallyport-agent setup`: reads what the installer or an administrator told it, and says the outcome as one JSON line. */
import { parseArgs } from "node:util";
import { windowsMachine } from "./windows-machine.ts";
import { setUp } from "./windows-setup.ts";

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

/** Exit codes: 0 all that was told is done, 1 a step failed (the machine logs on as before), 64 not understood. */
export async function setupCommand(args: string[]): Promise<number> {
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
    windowsMachine,
  );
  say(`${JSON.stringify(outcome)}\n`);
  return outcome.ok ? 0 : 1;
}

function read(args: string[]): { [name in keyof typeof OPTIONS]?: string } | undefined {
  try {
    return parseArgs({ args, options: OPTIONS, strict: true }).values;
  } catch (error) {
    say(`${error instanceof Error ? error.message : error}\n`);
    return undefined;
  }
}

/** The installer starts it without anything to write to. */
function say(line: string): void {
  try {
    process.stdout.write(line);
  } catch {
    // The outcome is in setup.json.
  }
}
