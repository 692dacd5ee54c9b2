/** `sallyport doctor`: why logons fail, in one shape for terminal, ticket and script. */
import { writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { type Diagnosis, type HostView, type LogonView, readReference } from "@sallyport/contracts";
import {
  diagnoseHost,
  diagnoseOkta,
  diagnoseRecords,
  diagnoseUser,
  exitCodeOf,
  explainFound,
  renderHtml,
  renderTerminal,
} from "@sallyport/doctor";
import type { Command, CommanderError } from "commander";
import { type CommonOptions, orgCommand, plainCommand } from "../command.ts";
import { Complaint } from "../complaint.ts";
import type { OrgClient } from "../org-client.ts";
import { progressLine } from "../progress.ts";
import { STATE_FOLDERS, STATE_HELP } from "../this-machine.ts";
import { VERSION } from "../version.ts";
import { explainLogon } from "../why.ts";
import { bundleCommand } from "./doctor-bundle.ts";
import { checklistCommand } from "./doctor-checklist.ts";
import { diagnoseWindows, gatherHost, type HostFlags } from "./doctor-host.ts";
import { askDryRun, USER_OPTIONS, type UserFlags } from "./doctor-user.ts";

interface DoctorOptions {
  json?: boolean;
  html?: string;
  org?: string;
}

const COULD_NOT_LOOK = 2;
const HTML: [string, string] = ["--html <file>", "write one self-contained page for a ticket (the file must not exist)"];

export function doctorCommands(program: Command): void {
  const doctor = program.command("doctor").description("why logons fail: the cause, the evidence, what to do");
  // 1 says that something was found: whatever ends a look before its answer, a mistyped option too, must not say so.
  doctor.exitOverride((error: CommanderError) => process.exit(error.exitCode === 0 ? 0 : COULD_NOT_LOOK));
  doctor.hook("preAction", () => {
    process.exitCode = COULD_NOT_LOOK;
  });
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
  orgCommand<HostFlags>(
    doctor,
    {
      name: "host",
      does: "diagnose this machine: its agent, its way to the org, its logon; or a Windows machine from its collected facts (exit code 0: healthy, 1: something was found, 2: could not look)",
      example: "sallyport doctor host",
      options: [
        ["--state <folder>", STATE_HELP],
        ["--sntp <servers>", "time servers to hold the clocks against, NAME or NAME:PORT, with commas (default: those of this machine)"],
        ["--windows <file>", "instead of this machine, the Windows machine on which collect.ps1 wrote this file"],
        ["--user <account>", "with --windows: the account that was refused, as SID or name"],
        HTML,
      ],
    },
    async (org, options) => {
      const progress = progressLine("looking");
      const { windows } = options;
      if (windows !== undefined) {
        const diagnosis = await diagnoseWindows(windows, options, progress.check).finally(progress.clear);
        return tell(diagnosis, options, windows);
      }
      if (options.user !== undefined) throw new Complaint("--user goes with --windows");
      const platform = process.platform === "win32" ? "windows" : "linux";
      const looking = gatherHost(org, options).then((facts) => diagnoseHost(facts, { onProgress: progress.check, platform }));
      tell(await looking.finally(progress.clear), options, hostname());
    },
  );
  orgCommand<CommonOptions & { state?: string; html?: string }>(
    doctor,
    {
      name: "logon <reference> [files...]",
      does: "diagnose one logon from the agent's and the org's records of it; or from copies of an agent's log and of an exported log, without either",
      example: "sallyport doctor logon K7QF-3M2P agent.log",
      options: [["--state <folder>", `state folder of this machine's agent (default: those that are there of ${STATE_FOLDERS})`], HTML],
    },
    async (org, options, typed = "", ...files) => {
      const reference = readReference(typed);
      if (!reference) throw new Complaint(`${typed} is no reference; one looks like K7QF-3M2P`);
      const diagnosis = files.length > 0 ? await diagnoseRecords(reference, files) : await fromHere(org, reference, options.state);
      tell(diagnosis, options, reference, "What happened");
    },
  );
  userCommand(doctor);
  bundleCommand(doctor);
  checklistCommand(doctor);
}

function userCommand(doctor: Command): void {
  const command = orgCommand<UserFlags>(
    doctor,
    {
      name: "user <name>",
      does: "what would happen to a name at a machine, and why; nothing is sent to anyone (exit code 0: asked for a factor and let in, 1: something was found, 2: could not look)",
      example: "sallyport doctor user alice --host SRV01 --from 203.0.113.7 --at 2026-05-06T03:00Z",
      required: [["--host <machine>", "name or id of the machine"]],
      options: [...USER_OPTIONS, HTML],
    },
    async (org, options, typed = "") => {
      const { asked, answer } = await askDryRun(org, typed, options);
      tell(await diagnoseUser(asked, answer), options, `${typed} at ${options.host}`);
      if (answer.hosts.length === 0 && !options.json) process.stderr.write(`${await machinesThereAre(org)}\n`);
    },
  );
  command
    .option("--service <name>", "sshd, xrdp, sudo, su, …", "sshd")
    .option("--scenario <name>", "logon, unlock, elevate, reconnect", "logon");
}

/** For whoever mistyped the machine's name: a few are enough to see it. */
async function machinesThereAre(org: OrgClient): Promise<string> {
  const hosts = await org.get<HostView[]>("/api/v1/hosts?limit=20");
  if (hosts.length === 0) return "the org has no machine yet: sallyport host code --app APP";
  return `machines that the org has: ${hosts.map(({ name }) => name).join(", ")}${hosts.length === 20 ? ", …: sallyport host list" : ""}`;
}

async function fromHere(org: OrgClient, reference: string, state: string | undefined): Promise<Diagnosis> {
  const { value } = await explainLogon(() => org.get<LogonView[]>(`/api/v1/logons/${reference}`), reference, state);
  return explainFound(reference, value.org, value.agent, value.missing);
}

/** `story`: heading of the steps, if the answer has any. */
function tell(diagnosis: Diagnosis, { json, html }: DoctorOptions, subject: string, story = "What would happen"): void {
  if (json) process.stdout.write(`${JSON.stringify(diagnosis, null, 2)}\n`);
  else {
    const width = process.stdout.columns;
    const lines = renderTerminal(diagnosis, { colour: mayColour(), story, ...(width ? { width } : {}) });
    process.stdout.write(`${lines.join("\n")}\n`);
  }
  process.exitCode = exitCodeOf(diagnosis);
  if (html !== undefined) writePage(html, renderHtml(diagnosis, { subject, at: new Date().toISOString(), version: VERSION, story }));
}

/** Colours on a terminal only, and not where NO_COLOR is set (https://no-color.org) or the terminal knows none. */
function mayColour(): boolean {
  return process.stdout.isTTY === true && !process.env["NO_COLOR"] && process.env["TERM"] !== "dumb";
}

/** A page that could not be written is no finding. */
function writePage(file: string, page: string): void {
  try {
    writeFileSync(file, page, { flag: "wx", mode: 0o600 });
  } catch (error) {
    process.stderr.write(`sallyport: ${file}: ${(error as Error).message}\n`);
    process.exitCode = COULD_NOT_LOOK;
  }
}
