/** Judges the arguments and the file of our module as the module itself does (native/pam/options.c, docs/pam.md). */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Rule } from "./stack.ts";

const PLAIN = ["verify", "failed", "split", "serial"];
const PATHS = ["socket", "failmode", "attempts"];
const NUMBERS: Record<string, [least: number, most: number]> = { timeout: [1, 600], digits: [6, 8] };

/** Why an argument refuses every logon; `undefined` if all are as they should be. */
export function wrongArgument({ args }: Rule): string | undefined {
  for (const arg of args) {
    const [name = "", value] = arg.split(/=(.*)/s);
    if (value === undefined ? PLAIN.includes(name) : isGood(name, value)) continue;
    return `${arg} is no argument of pam_sallyport.so: it refuses every logon`;
  }
  return undefined;
}

function isGood(name: string, value: string): boolean {
  if (PATHS.includes(name)) return value.startsWith("/");
  if (name === "service") return value !== "";
  const [least, most] = NUMBERS[name] ?? [1, 0];
  return /^\d+$/.test(value) && Number(value) >= least && Number(value) <= most;
}

/** The door that the line knocks at. */
export function doorOf({ args }: Rule): string {
  return args.find((arg) => arg.startsWith("socket=/"))?.slice("socket=".length) ?? "/run/sallyport/agent.sock";
}

/** Whether PAM finds the module: a plain name in the folders of the system's own modules. */
export function isInstalled(root: string, module: string): boolean {
  if (module.startsWith("/")) return existsSync(join(root, module));
  return moduleFolders(root).some((folder) => existsSync(join(folder, module)));
}

function moduleFolders(root: string): string[] {
  const libraries = ["lib", "lib64", "usr/lib", "usr/lib64"].map((folder) => join(root, folder)).filter((folder) => existsSync(folder));
  const multiarch = libraries.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.includes("-linux-"))
      .map((name) => join(folder, name)),
  );
  return [...libraries, ...multiarch].map((folder) => join(folder, "security"));
}
