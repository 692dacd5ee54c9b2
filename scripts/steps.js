/** Runs named steps one after the other, and ends with a table of steps and seconds. */
import { spawnSync } from "node:child_process";
import { ROOT } from "./prepare.js";

/** @param {{name: string, command: string, args: string[]}[]} steps */
export function runSteps(steps) {
  const rows = [];
  for (const { name, command, args } of steps) {
    process.stdout.write(`\n── ${name}\n`);
    const began = Date.now();
    const done = spawnSync(command, args, { cwd: ROOT, stdio: "inherit", env: { ...process.env, NODE_NO_WARNINGS: "1" } });
    rows.push({ name, seconds: (Date.now() - began) / 1000, ok: done.status === 0 });
    if (done.error) process.stderr.write(`${command}: ${done.error.message}\n`);
  }
  const width = Math.max(...rows.map(({ name }) => name.length));
  process.stdout.write(`\n${"group".padEnd(width)}  seconds\n`);
  for (const { name, seconds, ok } of rows)
    process.stdout.write(`${name.padEnd(width)}  ${seconds.toFixed(1).padStart(7)}  ${ok ? "ok" : "FAILED"}\n`);
  process.exit(rows.every(({ ok }) => ok) ? 0 : 1);
}
