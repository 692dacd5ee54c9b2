/** Runs a suite of the server that needs real directories, in a process of its own. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "../machine/processes.ts";

/** Answers how many of its tests passed; fails with what it said. */
export async function runSuite(name: string, rig: object): Promise<{ passed: number; said: string }> {
  const file = join(ROOT, "packages/server/test/directory", name);
  const args = ["--disable-warning=ExperimentalWarning", "--test", "--test-reporter=tap", file];
  const env: NodeJS.ProcessEnv = { ...process.env, SALLYPORT_TEST_DIRECTORIES: JSON.stringify(rig) };
  // Or Node takes it for a part of this file and runs nothing.
  delete env["NODE_TEST_CONTEXT"];
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (part: Buffer) => {
    if (process.env["LOUD"]) process.stdout.write(part);
    said += part;
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  assert.equal(code, 0, said);
  return { passed: Number(/^# pass (\d+)$/m.exec(said)?.[1]), said };
}
