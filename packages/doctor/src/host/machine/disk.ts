/** Whether what the agent must write can be written: looked at, not tried. */
import { accessSync, constants, existsSync, type StatsFs, statfsSync } from "node:fs";
import { dirname } from "node:path";
import type { Proof } from "@sallyport/contracts";
import type { Check } from "../../check.ts";
import type { HostFacts } from "../facts.ts";
import { confirmed, ruledOut } from "./evidence.ts";

/** The agent writes each of its small files anew before the old one goes: with less room than this it cannot. */
const ROOM = 64 * 1024;

export function diskChecks(): Check<HostFacts>[] {
  return [
    {
      code: "host.disk",
      title: "room on the disk for the agent's state and log",
      dependsOn: [],
      needs: ["agent", "machine"],
      run: async ({ agent, machine }) => {
        const folders = [agent.files.state, dirname(agent.files.log)].filter((folder) => existsSync(folder));
        const proofs = folders.flatMap((folder) => judgeFolder(folder, machine.mayRead));
        if (proofs.length > 0) return { seen: [confirmed("host.disk", proofs)] };
        return { seen: folders.map((folder) => ruledOut("host.disk", "free", roomOf(statfsSync(folder)), folder)) };
      },
    },
  ];
}

function judgeFolder(folder: string, mayWrite: boolean): Proof[] {
  const stat = statfsSync(folder);
  const proofs: Proof[] = [];
  const free = (process.geteuid?.() === 0 ? stat.bfree : stat.bavail) * stat.bsize;
  if (free < ROOM) proofs.push({ what: "error", value: `the disk is full: ${free} bytes free`, where: folder });
  // File systems without a fixed number of inodes say 0 of 0.
  if (stat.files > 0 && stat.ffree === 0) proofs.push({ what: "error", value: "the disk has no inode left", where: folder });
  const refused = mayWrite ? refusal(folder) : undefined;
  if (refused === "EROFS") proofs.push({ what: "error", value: "the file system is read-only", where: folder });
  return proofs;
}

/** access(2) answers EROFS without writing anything. */
function refusal(folder: string): string | undefined {
  try {
    accessSync(folder, constants.W_OK);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}

function roomOf({ bavail, bsize }: StatsFs): string {
  return `${Math.round((bavail * bsize) / 1e6)} MB`;
}
