/** The sallyport command: every subcommand, one program. */
import { isMainThread } from "node:worker_threads";
import { runProgram } from "./command.ts";
import { wholeProgram } from "./whole-program.ts";

const program = wholeProgram();

if (isMainThread) await runProgram(program, process.argv.slice(2));
// In a release the look over all users loads this very file as its thread: the module that began it does the rest.
else await import("@sallyport/server");
