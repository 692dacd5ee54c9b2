/** The sallyport command: every subcommand, one program. */
import { isMainThread } from "node:worker_threads";
import { runProgram } from "./command.ts";
import { backupCommand, restoreCommand } from "./commands/backup.ts";
import { keyCommands } from "./commands/keys.ts";
import { migrateCommand } from "./commands/migrate.ts";
import { pushCommands } from "./commands/push.ts";
import { serveCommand, startCommand } from "./commands/serve.ts";
import { commandsEverywhere, newProgram } from "./program.ts";

const program = newProgram();
serveCommand(program);
startCommand(program);
migrateCommand(program);
commandsEverywhere(program);
keyCommands(program);
pushCommands(program);
backupCommand(program);
restoreCommand(program);

if (isMainThread) await runProgram(program, process.argv.slice(2));
// In a release the look over all users loads this very file as its thread: the module that began it does the rest.
else await import("@sallyport/server");
