/** Builds the pages when they are older than what they are made of; silent when there is nothing to do. Plain JavaScript for Node ≥ 20. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { projectNode, ROOT } from "./prepare.js";

export function preparePages() {
  if (upToDate(ROOT)) return;
  process.stdout.write("Building the pages …\n");
  const build = ["--disable-warning=ExperimentalWarning", join(ROOT, "packages/web/build.ts")];
  const done = spawnSync(projectNode(), build, { cwd: ROOT, stdio: "inherit" });
  if (done.status === 0) return;
  process.stderr.write("The pages could not be built: see above\n");
  process.exit(done.status ?? 1);
}

/** Whether every file that went into the built pages is as it was then, and no page came or went. */
export function upToDate(root) {
  let manifest;
  try {
    manifest = JSON.parse(readFileSync(join(root, "packages/web/dist/manifest.json"), "utf8"));
  } catch (error) {
    if (error.code === "ENOENT" || error instanceof SyntaxError) return false;
    throw error;
  }
  const entries = ["portal", "phone"].filter((page) => existsSync(join(root, `packages/web/src/${page}/main.tsx`)));
  if (Object.keys(manifest.pages).join() !== entries.join()) return false;
  if (manifest.worker !== existsSync(join(root, "packages/web/src/phone/service-worker.ts"))) return false;
  return Object.entries(manifest.inputs).every(([file, hash]) => hashOf(join(root, file)) === hash);
}

function hashOf(file) {
  try {
    return createHash("sha256").update(readFileSync(file)).digest("hex");
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}
