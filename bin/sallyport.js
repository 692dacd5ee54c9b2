#!/usr/bin/env node
/** Hands over to the project's own Node 24: plain JavaScript, so that any Node from 20 on can start it. */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { broughtNode, runningNode } from "./project-node.js";

const main = fileURLToPath(new URL("../packages/cli/src/main.ts", import.meta.url));
const node = runningNode() ?? broughtNode();
if (node === undefined) {
  process.stderr.write("sallyport: its Node 24 is not installed yet; run: npm ci\n");
  process.exit(1);
}

const child = spawn(node, ["--disable-warning=ExperimentalWarning", main, ...process.argv.slice(2)], { stdio: "inherit" });

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
