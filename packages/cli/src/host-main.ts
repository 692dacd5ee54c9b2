/** The sallyport command of a machine with an agent: everything but running the org, whose code stays off such machines. */
import { Command } from "commander";
import { runProgram } from "./command.ts";
import { appCommands, policyCommands, zoneCommands } from "./commands/apps.ts";
import { factorCommands } from "./commands/factors.ts";
import { agentCommands, hostCommands } from "./commands/hosts.ts";
import { logonCommand } from "./commands/logon.ts";
import { groupCommands, userCommands } from "./commands/people.ts";
import { causeCommand, logCommands, tokenCommands, whyCommand } from "./commands/records.ts";
import { VERSION } from "./version.ts";

const program = new Command("sallyport")
  .description("Multi-factor authentication for logons to machines, in which every refused logon names its cause.")
  .version(VERSION)
  .showHelpAfterError("(add --help for help)");

hostCommands(program);
agentCommands(program);
logonCommand(program);
whyCommand(program);
causeCommand(program);
userCommands(program);
groupCommands(program);
appCommands(program);
zoneCommands(program);
policyCommands(program);
factorCommands(program);
logCommands(program);
tokenCommands(program);

await runProgram(program, process.argv.slice(2));
