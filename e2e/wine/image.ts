/** Machines that the stories start from, made once and kept by what went into them: Wine takes half a minute for what a copy has in a second. */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { must, ROOT } from "../machine/processes.ts";

/** Not below e2e: drive Z of a prefix is the whole file system, and the type checker would walk into it. On disk: a prefix is 700 MB. */
export const BUILD = join(ROOT, "native/windows/build/wine");

/** Another Wine, or another description of its own Windows, would bring a copy up to date at its first start. */
export function wineKey(): string {
  const { mtimeMs, size } = statSync("/usr/share/wine/wine.inf");
  return keyOf([`${size} ${mtimeMs}`]);
}

export function keyOf(parts: (string | Buffer)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length} `).update(part);
  return hash.digest("hex").slice(0, 16);
}

/** The folder `NAME-KEY`, made by `make` where it is missing; those of the name with another key are of other sources, and go. */
export async function keptFolder(name: string, key: string, make: () => Promise<string>): Promise<string> {
  mkdirSync(BUILD, { recursive: true });
  const folder = join(BUILD, `${name}-${key}`);
  const kept = readdirSync(BUILD).filter((one) => one.startsWith(`${name}-`));
  for (const other of kept) if (join(BUILD, other) !== folder) rmSync(join(BUILD, other), { recursive: true, force: true });
  if (kept.includes(`${name}-${key}`)) return folder;
  const made = await make();
  renameSync(made, folder);
  return folder;
}

/** Registry, owners and the attributes of Windows included. */
export function copyMachine(image: string, to: string): void {
  must("cp", ["-a", "--reflink=auto", `${image}/.`, to]);
}
