/** Runs named steps one after the other or some at a time, and ends with a table of steps and seconds. */
import { spawn } from "node:child_process";
import { ROOT } from "./prepare.js";

/**
 * @typedef {{name: string, command: string, args: string[]}} Step
 * @param {Step[]} steps one after the other, seen while they run.
 * @param {Step[][]} [chains] after them: several chains at once, the steps of one in their order. What they say is shown as each ends.
 * @param {number} [lanes] how many chains at once.
 */
export async function runSteps(steps, chains = [], lanes = 1) {
  const rows = [];
  for (const step of steps) {
    process.stdout.write(`\n── ${step.name}\n`);
    rows.push(await run(step, "inherit"));
  }
  const waiting = [...chains];
  const lane = async () => {
    for (let chain = waiting.shift(); chain; chain = waiting.shift()) {
      for (const step of chain) {
        const done = await run(step, "pipe");
        process.stdout.write(`\n── ${step.name}\n${done.said}`);
        rows.push(done);
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  say(rows);
  process.exit(rows.every(({ ok }) => ok) ? 0 : 1);
}

/** @param {Step} step @param {"inherit" | "pipe"} output */
function run({ name, command, args }, output) {
  const began = Date.now();
  const said = [];
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ["inherit", output, output], env: { ...process.env, NODE_NO_WARNINGS: "1" } });
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (piece) => said.push(piece));
    child.on("error", ({ message }) => process.stderr.write(`${command}: ${message}\n`));
    child.on("close", (status) =>
      resolve({ name, seconds: (Date.now() - began) / 1000, ok: status === 0, said: Buffer.concat(said).toString() }),
    );
  });
}

function say(rows) {
  const width = Math.max(...rows.map(({ name }) => name.length));
  process.stdout.write(`\n${"group".padEnd(width)}  seconds\n`);
  for (const { name, seconds, ok } of rows)
    process.stdout.write(`${name.padEnd(width)}  ${seconds.toFixed(1).padStart(7)}  ${ok ? "ok" : "FAILED"}\n`);
}
