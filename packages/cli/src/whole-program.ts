/** The sallyport command with all its subcommands, as it is where the org runs. */
import type { Command } from "commander";
import { backupCommand, restoreCommand } from "./commands/backup.ts";
import { keyCommands } from "./commands/keys.ts";
import { migrateCommand } from "./commands/migrate.ts";
import { pushCommands } from "./commands/push.ts";
import { serveCommand, startCommand } from "./commands/serve.ts";
import { commandsEverywhere, newProgram } from "./program.ts";

export function wholeProgram(): Command {
  const program = newProgram();
  serveCommand(program);
  startCommand(program);
  migrateCommand(program);
  commandsEverywhere(program);
  keyCommands(program);
  pushCommands(program);
  backupCommand(program);
  restoreCommand(program);
  return program;
}
