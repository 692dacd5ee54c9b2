/** Makes the project's folder as good as freshly cloned for one story: what it writes there is gone with the namespace. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { must, ROOT } from "./processes.ts";

/** Home folders of the story's own: ssh keeps known hosts below root's, useradd makes new ones. */
export function freshHomes(): void {
  for (const [folder, mode] of [
    ["/root", "700"],
    ["/home", "755"],
  ])
    must("mount", ["-t", "tmpfs", "-o", `mode=${mode}`, "tmpfs", folder ?? ""]);
}

/** What a build or an earlier `npm start` may have left. */
const LEFT = ["data", "dist", "packages/web/dist", "native/pam/build"];

export function freshProject(): string {
  const folder = "/mnt/fresh";
  for (const name of ["upper", "work"]) mkdirSync(join(folder, name), { recursive: true });
  must("mount", ["-t", "overlay", "overlay", "-o", `lowerdir=${ROOT},upperdir=${folder}/upper,workdir=${folder}/work`, ROOT]);
  for (const name of LEFT) rmSync(join(ROOT, name), { recursive: true, force: true });
  return ROOT;
}
