/** Installs what package-lock.json names when it is not there yet; silent when there is nothing to do. Plain JavaScript for Node ≥ 20. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));
const STAMP = join(ROOT, "node_modules/.sallyport-lock");

export function prepare() {
  const lock = createHash("sha256")
    .update(readFileSync(join(ROOT, "package-lock.json")))
    .digest("hex");
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === lock) return;
  process.stdout.write("Installing what the project needs (npm ci) …\n");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const done = spawnSync(npm, ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: ROOT, stdio: "inherit" });
  if (done.status !== 0) {
    process.stderr.write("npm ci failed: see above\n");
    process.exit(done.status ?? 1);
  }
  writeFileSync(STAMP, lock);
}

/** The project's own Node 24. */
export function projectNode() {
  const platform = process.platform === "win32" ? "win" : process.platform;
  return join(ROOT, `node_modules/node-${platform}-${process.arch}/bin/node${platform === "win" ? ".exe" : ""}`);
}
