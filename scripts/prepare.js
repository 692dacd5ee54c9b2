/** Installs what package-lock.json names when it is not there yet; silent when there is nothing to do. Plain JavaScript for Node ≥ 20. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { broughtNode, runningNode } from "../bin/project-node.js";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));

export function prepare() {
  if (installed(ROOT) && (broughtNode() ?? runningNode())) return;
  install(ROOT, "the project");
}

/** What a folder outside the workspaces has in a lock of its own. */
export function prepareFolder(folder, name) {
  if (!installed(folder)) install(folder, name);
}

function install(folder, name) {
  process.stdout.write(`Installing what ${name} needs (npm ci) …\n`);
  // A machine set up for production would leave out the tools and the project's own Node.
  const wanted = ["--include=dev", "--include=optional"];
  const npm = process.platform === "win32" ? { command: "npm.cmd", shell: true } : { command: "npm", shell: false };
  const done = spawnSync(npm.command, ["ci", ...wanted, "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: folder,
    stdio: "inherit",
    shell: npm.shell,
  });
  if (done.status === 0) return;
  process.stderr.write("npm ci failed: see above\n");
  process.exit(done.status ?? 1);
}

/**
 * Whether node_modules holds what the lock names. npm writes node_modules/.package-lock.json at the very end of an install: an
 * interrupted one has none. Entries that are optional may be missing, since they are for other machines.
 */
export function installed(root) {
  const wanted = packagesOf(join(root, "package-lock.json")) ?? {};
  const there = packagesOf(join(root, "node_modules/.package-lock.json"));
  if (there === undefined) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.includes("node_modules/")) return true;
    const found = there[path];
    if (found === undefined) return entry.optional === true;
    return found.version === entry.version && found.integrity === entry.integrity;
  });
}

function packagesOf(lock) {
  try {
    return JSON.parse(readFileSync(lock, "utf8")).packages;
  } catch (error) {
    if (error.code === "ENOENT" || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The Node that everything of the project runs on: the one that npm brought, so that a run says the same on every machine. */
export function projectNode() {
  const node = broughtNode() ?? runningNode();
  if (node !== undefined) return node;
  process.stderr.write(`npm has no Node 24 for ${process.platform} ${process.arch}: start this with a Node 24 of your own\n`);
  process.exit(1);
}
