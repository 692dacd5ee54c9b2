/** The sallyport command as it is on every machine: all but what runs the org or touches its files, whose code is not everywhere. */
import { Command } from "commander";
import { appCommands, policyCommands, zoneCommands } from "./commands/apps.ts";
import { breakGlassCommands } from "./commands/break-glass.ts";
import { bypassCommands } from "./commands/bypass.ts";
import { clientCommands } from "./commands/clients.ts";
import { doctorCommands } from "./commands/doctor.ts";
import { domainCommands, duplicateCommands } from "./commands/duplicates.ts";
import { factorCommands } from "./commands/factors.ts";
import { groupCommands } from "./commands/groups.ts";
import { agentCommands, hostCommands } from "./commands/hosts.ts";
import { importCommands } from "./commands/import-okta.ts";
import { logonCommand } from "./commands/logon.ts";
import { mailCommands, smsCommands } from "./commands/mail.ts";
import { userCommands } from "./commands/people.ts";
import { causeCommand, logCommands, tokenCommands, whyCommand } from "./commands/records.ts";
import { sourceCommands } from "./commands/sources.ts";
import { ticketCommands } from "./commands/tickets.ts";
import { VERSION } from "./version.ts";

export function newProgram(): Command {
  return new Command("sallyport")
    .description("Multi-factor authentication for logons to machines, in which every refused logon names its cause.")
    .version(VERSION)
    .showHelpAfterError("(add --help for help)");
}

export function commandsEverywhere(program: Command): void {
  userCommands(program);
  groupCommands(program);
  sourceCommands(program);
  domainCommands(program);
  duplicateCommands(program);
  appCommands(program);
  zoneCommands(program);
  policyCommands(program);
  hostCommands(program);
  clientCommands(program);
  agentCommands(program);
  factorCommands(program);
  bypassCommands(program);
  breakGlassCommands(program);
  ticketCommands(program);
  logonCommand(program);
  logCommands(program);
  whyCommand(program);
  causeCommand(program);
  doctorCommands(program);
  importCommands(program);
  tokenCommands(program);
  mailCommands(program);
  smsCommands(program);
}
