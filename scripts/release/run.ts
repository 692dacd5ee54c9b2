/** Runs the tools that a release needs, and says in one sentence what is missing. */
import { spawnSync } from "node:child_process";

/** Why there is no release: one sentence. */
export class ReleaseRefused extends Error {}

/** Runs to the end; answers standard output. Throws `ReleaseRefused` with the tool's own words. */
export function run(command: string, args: string[], env: Record<string, string> = {}): string {
  const done = spawnSync(command, args, { encoding: "utf8", env: { ...process.env, ...env, LC_ALL: "C" }, maxBuffer: 64 * 1024 * 1024 });
  if (done.status !== 0)
    throw new ReleaseRefused(`${command} ${args[0] ?? ""} failed: ${done.error?.message ?? `${done.stdout}${done.stderr}`}`);
  return done.stdout;
}

/** What builds the PAM module and the packages. Each by a file or a command that proves it. */
export function requireTools(): void {
  const needed: [string, string, string[]][] = [
    ["gcc", "gcc", ["--version"]],
    ["make", "make", ["--version"]],
    ["libpam0g-dev", "test", ["-e", "/usr/include/security/pam_modules.h"]],
    ["dpkg", "dpkg-deb", ["--version"]],
  ];
  const missing = needed.filter(([, command, args]) => spawnSync(command, args, { stdio: "ignore" }).status !== 0).map(([name]) => name);
  if (missing.length === 0) return;
  throw new ReleaseRefused(
    `this machine lacks what builds the packages; as root: apt-get install -y --no-install-recommends ${missing.join(" ")}`,
  );
}
