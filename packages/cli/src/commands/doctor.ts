/** `sallyport doctor`: why logons fail, in one shape for terminal, ticket and script. */
import { writeFileSync } from "node:fs";
import type { Diagnosis } from "@sallyport/contracts";
import { diagnoseOkta, exitCodeOf, renderHtml, renderTerminal } from "@sallyport/doctor";
import type { Command } from "commander";
import { plainCommand } from "../command.ts";
import { progressLine } from "../progress.ts";
import { VERSION } from "../version.ts";

interface DoctorOptions {
  json?: boolean;
  html?: string;
  org?: string;
}

const HTML: [string, string] = ["--html <file>", "write one self-contained page for a ticket (the file must not exist)"];

export function doctorCommands(program: Command): void {
  const doctor = program.command("doctor").description("why logons fail: the cause, the evidence, what to do");
  plainCommand(
    doctor,
    {
      name: "okta <paths...>",
      does: "diagnose the Okta credential provider from its logs, settings and registry exports, without network (exit code 0: healthy, 1: something was found, 2: could not look)",
      example: "sallyport doctor okta OktaWidget.log rdp_app_config.json",
      options: [["--org <url>", "also look at the org from this machine, without any secret; run it on the server that refuses"], HTML],
    },
    async (options, ...paths) => {
      const progress = progressLine("looking");
      const { org } = options as DoctorOptions;
      const looking = diagnoseOkta(paths, { onBytes: progress.bytes, onProgress: progress.check, ...(org === undefined ? {} : { org }) });
      const diagnosis = await looking.finally(progress.clear);
      tell(diagnosis, options, paths.join(" "));
    },
  );
}

function tell(diagnosis: Diagnosis, { json, html }: DoctorOptions, subject: string): void {
  if (json) process.stdout.write(`${JSON.stringify(diagnosis, null, 2)}\n`);
  else {
    const width = process.stdout.columns;
    const lines = renderTerminal(diagnosis, { colour: mayColour(), ...(width ? { width } : {}) });
    process.stdout.write(`${lines.join("\n")}\n`);
  }
  process.exitCode = exitCodeOf(diagnosis);
  if (html !== undefined) writePage(html, renderHtml(diagnosis, { subject, at: new Date().toISOString(), version: VERSION }));
}

/** Colours on a terminal only, and not where NO_COLOR is set (https://no-color.org) or the terminal knows none. */
function mayColour(): boolean {
  return process.stdout.isTTY === true && !process.env["NO_COLOR"] && process.env["TERM"] !== "dumb";
}

/** A page that could not be written is no finding: exit code 2, as for everything that could not be done. */
function writePage(file: string, page: string): void {
  try {
    writeFileSync(file, page, { flag: "wx", mode: 0o600 });
  } catch (error) {
    process.stderr.write(`sallyport: ${file}: ${(error as Error).message}\n`);
    process.exitCode = 2;
  }
}
