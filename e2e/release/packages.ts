/** The Debian packages of a story: built, installed and asked by the commands that an administrator types. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { must, type Ran, ROOT, run } from "../machine/processes.ts";

export const DIST = join(ROOT, "dist");

/** Builds the release; answers each file's SHA-256 by its path in dist/. `env`: what must make no difference. */
export async function build(env: Record<string, string> = {}): Promise<Record<string, string>> {
  const done = await run("sh", ["-c", `umask ${env["UMASK"] ?? "022"}; exec npm run release`], { env, timeout: 600_000 });
  if (done.code !== 0) throw new Error(done.out);
  const files = readdirSync(DIST, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile());
  const sums = files.map((entry) => {
    const path = join(entry.parentPath, entry.name);
    return [path.slice(DIST.length + 1), createHash("sha256").update(readFileSync(path)).digest("hex")];
  });
  return Object.fromEntries(sums);
}

export function deb(name: string, folder = DIST): string {
  const file = readdirSync(folder).find((one) => one.startsWith(`${name}_`) && one.endsWith(".deb"));
  if (file === undefined) throw new Error(`no ${name} in ${folder}`);
  return join(folder, file);
}

/** The command as the packages put it on the path. */
export function sallyport(args: string[], input?: string): string {
  return must("/usr/bin/sallyport", args, input);
}

/** The same package with a higher version, as a later release would be. */
export function laterVersion(name: string, version: string): string {
  const tree = `/run/story/${name}`;
  must("dpkg-deb", ["-R", deb(name), tree]);
  must("sed", ["-i", `s/^Version: .*/Version: ${version}/`, join(tree, "DEBIAN/control")]);
  must("dpkg-deb", ["-Zzstd", "-z1", "--root-owner-group", "-b", tree, "/run/story"]);
  return deb(name, "/run/story");
}

/** Every path with the product's name in it, outside dpkg's list of what is known about packages and the story's own folders. */
export function traces(): string[] {
  const found = must("find", ["/etc", "/usr", "/lib/x86_64-linux-gnu/security", "/var", "/run", "-xdev", "-name", "*sallyport*"])
    .trim()
    .split("\n");
  return found.filter((path) => path !== "" && !path.startsWith(`${ROOT}/`) && !path.startsWith("/run/story"));
}

/** PAM asked as a program would ask it: real stack, real modules. `items`: what the program says of the logon, such as tty=tty1. */
export function pam(
  service: string,
  user: string,
  password: string,
  items: string[] = [],
  steps = ["authenticate", "acct_mgmt"],
): Promise<Ran> {
  const said = items.flatMap((item) => ["-I", item]);
  return run("pamtester", [...said, service, user, ...steps], { input: `${password}\n` });
}

export function stacks(): Record<string, string> {
  return Object.fromEntries(readdirSync("/etc/pam.d").map((name) => [name, readFileSync(join("/etc/pam.d", name), "utf8")]));
}
