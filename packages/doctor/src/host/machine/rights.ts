/** Whether anybody else can read or change what the agent keeps: each file and each folder above it, by owner and mode. */
import { lstatSync, readdirSync, type Stats } from "node:fs";
import { dirname, join } from "node:path";
import type { Proof } from "@sallyport/contracts";
import type { Answer, Check } from "../../check.ts";
import type { AgentFiles, HostFacts } from "../facts.ts";
import { confirmed, notLooked, ruledOut } from "./evidence.ts";

const TITLE = "rights of the agent's files and folders";
/** Holds a key, a secret or what decides whether somebody is let in. */
const SECRET = ["host.json", "state.json", "client.secret", "armed.json", "policy.jws", "decision-keys.json"];
const STICKY = 0o1000;

export function rightChecks(): Check<HostFacts>[] {
  return [
    {
      code: "host.rights",
      title: TITLE,
      dependsOn: [],
      needs: ["agent", "machine"],
      run: async ({ agent, machine }) =>
        machine.mayRead ? judgeRights(agent.files) : notLooked(TITLE, "only root may judge them: run this as root"),
    },
  ];
}

function judgeRights({ settings, state, log }: AgentFiles): Answer {
  const names = namesIn(state);
  const proofs = [
    ...judgeFile(settings, 0o022),
    ...names.filter((name) => SECRET.includes(name)).flatMap((name) => judgeFile(join(state, name), 0o077)),
    ...judgeFile(log, 0o022),
    // Above the log's own folder others may write on purpose: /var/log is the group's of syslog on Ubuntu.
    ...[...new Set([...[settings, join(state, "x")].map((file) => dirname(file)).flatMap(upwards), dirname(log)])].flatMap(judgeFolder),
  ];
  if (proofs.length > 0) return { seen: [confirmed("config.exposed", proofs)] };
  return {
    seen: names.length === 0 ? [] : [ruledOut("config.exposed", "owner and mode", "nobody else may read or change them", state)],
  };
}

function judgeFile(file: string, forbidden: number): Proof[] {
  const stat = lstatSync(file, { throwIfNoEntry: false });
  return stat ? judge(file, stat, forbidden) : [];
}

/** In a sticky folder, as /tmp, nobody can replace what is another's. */
function judgeFolder(folder: string): Proof[] {
  const stat = lstatSync(folder, { throwIfNoEntry: false });
  return stat ? judge(folder, stat, stat.mode & STICKY ? 0 : 0o022) : [];
}

function judge(path: string, stat: Stats, forbidden: number): Proof[] {
  if (stat.isSymbolicLink()) return [];
  const { uid, mode } = stat;
  const me = process.geteuid?.();
  if (me === undefined) return [];
  const proofs: Proof[] = [];
  if (uid !== 0 && uid !== me) proofs.push({ what: "owner", value: `uid ${uid}, not ${me}`, where: path });
  if (mode & forbidden) proofs.push({ what: "mode", value: (mode & 0o7777).toString(8), where: path });
  return proofs;
}

function upwards(folder: string): string[] {
  return folder === dirname(folder) ? [folder] : [folder, ...upwards(dirname(folder))];
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
