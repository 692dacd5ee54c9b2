/** The sallyport command of a machine with an agent: without the org, whose code stays off such machines. */
import { runProgram } from "./command.ts";
import { commandsEverywhere, newProgram } from "./program.ts";

const program = newProgram();
commandsEverywhere(program);

await runProgram(program, process.argv.slice(2));
