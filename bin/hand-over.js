/** Runs a program by the project's own Node 24, with the signals and the exit code of whoever was started: plain JavaScript for Node ≥ 20. */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { broughtNode, runningNode } from "./project-node.js";

/** @param {string} main the program @param {string[]} args its arguments */
export function handOver(main, args) {
  const node = runningNode() ?? broughtNode();
  if (node === undefined) {
    process.stderr.write("sallyport: its Node 24 is not installed yet; run: npm ci\n");
    process.exit(1);
  }

  const child = spawn(node, ["--disable-warning=ExperimentalWarning", main, ...args], { stdio: "inherit" });

  // A terminal sends Ctrl-C to the whole group: the child has it already, and a second one would cut its graceful end short.
  const inTerminal = process.stdin.isTTY === true;
  process.on("SIGINT", () => void (inTerminal || child.kill("SIGINT")));
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => void child.kill(signal));

  child.on("error", (error) => {
    process.stderr.write(`sallyport: ${node} does not start: ${error.message}\n`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    // Whoever waits for us sees the signal that ended the child.
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
    setTimeout(() => process.exit(128 + (constants.signals[signal] ?? 0)), 200);
  });
}
