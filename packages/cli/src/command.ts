/** The frame of every command: common options, `--json`, one example in the help, complaints as one sentence. */
import { inspect } from "node:util";
import { wordSchemas } from "@sallyport/contracts";
import type { Command } from "commander";
import { Complaint } from "./complaint.ts";
import { OrgClient } from "./org-client.ts";

export interface CommonOptions {
  data: string;
  org?: string;
  tokenFile?: string;
  json?: boolean;
}

/** A command that asks the org. `run` gets a client and the parsed options; arguments come first. */
export function orgCommand<Options extends CommonOptions = CommonOptions>(
  parent: Command,
  spec: { name: string; does: string; example: string; options?: [string, string][]; required?: [string, string][] },
  run: (org: OrgClient, options: Options, ...args: string[]) => Promise<void>,
): Command {
  const command = plainCommand(parent, spec, (options, ...args) => run(new OrgClient(options), options as Options, ...args));
  return command
    .option("--data <folder>", "data folder of the org on this machine", process.env["SALLYPORT_DATA"] ?? "./data")
    .option("--org <url>", "an org elsewhere, with an API token instead of the admin socket")
    .option("--token-file <file>", "file with the API token (or set SALLYPORT_TOKEN)");
}

/** A command that works without the org. */
export function plainCommand(
  parent: Command,
  spec: { name: string; does: string; example: string; options?: [string, string][]; required?: [string, string][] },
  run: (options: CommonOptions & Record<string, unknown>, ...args: string[]) => Promise<void>,
): Command {
  const command = parent.command(spec.name).description(spec.does).option("--json", "print one JSON value");
  for (const [flags, text] of spec.options ?? []) command.option(flags, text);
  for (const [flags, text] of spec.required ?? []) command.requiredOption(flags, text);
  command.addHelpText("after", `\nExample:\n  ${spec.example}`);
  command.action(async (...given: unknown[]) => {
    const self = given.at(-1) as Command;
    await run(self.opts(), ...self.processedArgs.flat().filter((arg): arg is string => typeof arg === "string"));
  });
  return command;
}

/** Runs the program; a complaint becomes one sentence on standard error (or one JSON value) and exit code 1, or what the command set before it. */
export async function runProgram(program: Command, argv: string[]): Promise<void> {
  wordSchemas();
  try {
    await program.parseAsync(argv, { from: "user" });
  } catch (error) {
    process.exitCode ??= 1;
    if (!(error instanceof Complaint)) {
      process.stderr.write(`${inspect(error)}\n`);
      // As an error that nobody caught would, but for the exit code.
      process.exit();
    }
    if (argv.includes("--json")) process.stdout.write(`${JSON.stringify({ error: error.message, ...error.details })}\n`);
    process.stderr.write(`sallyport: ${error.message}\n`);
  }
}
