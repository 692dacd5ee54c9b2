/** The story's machine under the real systemd, with nothing but our packages to run. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must, ROOT, run, until } from "../machine/processes.ts";

const SYSTEMD = "^/lib/systemd/systemd --system --unit=story.target";
const UNITS = "/etc/systemd/system";
/** Of the machine that runs the story: one hierarchy, or the two that systemd uses beside the old controllers. */
const HIERARCHIES = existsSync("/sys/fs/cgroup/cgroup.procs") ? ["/sys/fs/cgroup"] : ["/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"];

export class BootedMachine {
  #first: ChildProcess;
  #groups: string[];

  private constructor(first: ChildProcess, groups: string[]) {
    this.#first = first;
    this.#groups = groups;
  }

  static async boot(): Promise<BootedMachine> {
    // What Debian's systemd would start otherwise belongs to real hardware.
    for (const name of readdirSync("/lib/systemd/system").filter((one) =>
      /^(systemd-|dbus|networking|console|keyboard|apparmor)/.test(one),
    ))
      if (name.endsWith(".service") && name !== "systemd-journald.service" && !existsSync(join(UNITS, name)))
        symlinkSync("/dev/null", join(UNITS, name));
    writeFileSync("/etc/fstab", "");
    writeFileSync(join(UNITS, "story.target"), "[Unit]\nDefaultDependencies=no\n");
    const groups = HIERARCHIES.map((folder) => join(folder, `sallyport-story-${process.hrtime.bigint()}`));
    for (const folder of groups) mkdirSync(folder);
    const enter = groups.map((folder) => `echo $$ > ${folder}/cgroup.procs`).join("; ");
    const boot = `${enter}; exec unshare -mpfCi --kill-child --mount-proc ${join(ROOT, "e2e/systemd/boot.sh")}`;
    const first = spawn("sh", ["-c", boot], { stdio: ["ignore", "inherit", "inherit"] });
    const machine = new BootedMachine(first, groups);
    try {
      await until("systemd", () => machine.#ready(), 90);
    } catch (error) {
      await machine.end();
      throw error;
    }
    return machine;
  }

  /** As a command typed on that machine: systemd hears only those whose process it can see. */
  must(command: string, ...args: string[]): string {
    return must("nsenter", [...this.#inside(), command, ...args]);
  }

  active(unit: string): string {
    return this.must("systemctl", "show", "-p", "ActiveState", "--value", unit).trim();
  }

  async #ready(): Promise<true | undefined> {
    if ((await run("pgrep", ["-f", SYSTEMD])).code !== 0) return undefined;
    const said = await run("nsenter", [...this.#inside(), "systemctl", "is-system-running"]);
    return /running|degraded|starting/.test(said.out) ? true : undefined;
  }

  #inside(): string[] {
    return ["-t", must("pgrep", ["-o", "-f", SYSTEMD]).trim(), "-m", "-p", "-C"];
  }

  async end(): Promise<void> {
    if (this.#first.exitCode === null && this.#first.signalCode === null) {
      const gone = once(this.#first, "exit");
      this.#first.kill("SIGKILL");
      await gone;
    }
    await Promise.all(this.#groups.map((folder) => until(`${folder} to be empty`, () => removed(folder) || undefined)));
  }
}

/** A control group goes once its last process has gone. */
function removed(folder: string): boolean {
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) if (entry.isDirectory()) removed(join(folder, entry.name));
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

/** What the kernel says of the process that runs this file. */
export function kernelStatus(file: string): { pid: number; status: string } {
  const pid = Number(must("pgrep", ["-f", file]).trim().split("\n")[0]);
  return { pid, status: readFileSync(`/proc/${pid}/status`, "utf8") };
}
