/** The sallyport command: every subcommand, one program. */
import { Command } from "commander";
import { runProgram } from "./command.ts";
import { appCommands, policyCommands, zoneCommands } from "./commands/apps.ts";
import { backupCommand, restoreCommand } from "./commands/backup.ts";
import { clientCommands } from "./commands/clients.ts";
import { doctorCommands } from "./commands/doctor.ts";
import { factorCommands } from "./commands/factors.ts";
import { agentCommands, hostCommands } from "./commands/hosts.ts";
import { logonCommand } from "./commands/logon.ts";
import { migrateCommand } from "./commands/migrate.ts";
import { groupCommands, userCommands } from "./commands/people.ts";
import { causeCommand, logCommands, tokenCommands, whyCommand } from "./commands/records.ts";
import { serveCommand, startCommand } from "./commands/serve.ts";
import { VERSION } from "./version.ts";

const program = new Command("sallyport")
  .description("Multi-factor authentication for logons to machines, in which every refused logon names its cause.")
  .version(VERSION)
  .showHelpAfterError("(add --help for help)");

serveCommand(program);
startCommand(program);
migrateCommand(program);
userCommands(program);
groupCommands(program);
appCommands(program);
zoneCommands(program);
policyCommands(program);
hostCommands(program);
clientCommands(program);
agentCommands(program);
factorCommands(program);
logonCommand(program);
logCommands(program);
whyCommand(program);
causeCommand(program);
doctorCommands(program);
tokenCommands(program);
backupCommand(program);
restoreCommand(program);

await runProgram(program, process.argv.slice(2));
