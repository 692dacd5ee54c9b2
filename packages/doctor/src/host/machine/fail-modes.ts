/** Whether the machine asks at all: armed or not, and what the PAM module may do while the agent is gone. */
import { lstatSync, readFileSync, type Stats } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { failModeFile } from "@sallyport/contracts";
import { describeComplaint, readStrictJson } from "@sallyport/settings";
import type { Answer, Check } from "../../check.ts";
import type { AgentFacts, HostFacts } from "../facts.ts";
import { confirmed, notLooked, ruledOut } from "./evidence.ts";

const TITLE = "what happens when the agent is gone";
/** The module never opens for longer. */
const DAY_S = 24 * 60 * 60;

export function failModeChecks(): Check<HostFacts>[] {
  return [
    {
      code: "host.armed",
      title: "whether the agent is armed",
      dependsOn: ["host.armed-file"],
      needs: ["agent"],
      run: async ({ agent }) => judgeArmed(agent),
    },
    {
      code: "host.fail-mode",
      title: TITLE,
      dependsOn: ["host.settings"],
      needs: ["agent", "machine"],
      run: ({ agent, machine }) => judgeFailMode(agent, machine.mayRead, machine.now()),
    },
  ];
}

function judgeArmed({ armed, files }: AgentFacts): Answer {
  if (!armed) return { seen: [] };
  const where = join(files.state, "armed.json");
  if (armed.armed) return { seen: [ruledOut("agent.not-armed", "armed since", armed.since, where)] };
  return { seen: [confirmed("agent.not-armed", [{ what: "disarmed since", value: armed.since, where }])] };
}

async function judgeFailMode({ files }: AgentFacts, mayRead: boolean, now: number): Promise<Answer> {
  const file = join(files.state, "fail-mode");
  if (!mayRead) return notLooked(TITLE, "only root may read it: run this as root");
  // Read at once: a self-check writes the file anew.
  const stat = lstatSync(file, { throwIfNoEntry: false });
  const wrong = stat ? misfit(stat) : undefined;
  const read = stat && !wrong ? readStrictJson(readFileSync(file, "utf8"), failModeFile, { file }) : undefined;
  const gone = !(await isThere(files.socket));
  if (!stat) {
    // The agent writes it whenever it starts: without it there is nothing else to put right than to start the agent.
    const proof = { what: "fail mode", value: "there is none on file: everybody is refused until the agent runs", where: file };
    return { seen: gone ? [confirmed("agent.unreachable", [proof])] : [] };
  }
  if (wrong)
    return {
      seen: [confirmed("config.exposed", [{ what: "reason", value: `${wrong}: the PAM module does not believe it`, where: file }])],
    };
  if (!read?.ok) {
    const reasons = read?.complaints.map((one) => describeComplaint(file, one)) ?? [];
    return {
      seen: [
        confirmed(
          "config.invalid",
          reasons.map((value) => ({ what: "reason", value, where: file })),
        ),
      ],
    };
  }
  const { agentGone, armed, until } = read.value;
  const open = armed && agentGone === "allow" && until > now / 1000 && until <= now / 1000 + DAY_S;
  const end = new Date(until * 1000).toISOString();
  if (open && gone)
    return { seen: [confirmed("logon.fail-open", [{ what: "agentGone", value: `local logons are let in until ${end}`, where: file }])] };
  const kept = open ? `agentGone is "allow" until ${end}, and the agent is there` : "closed while the agent is gone";
  return { seen: [ruledOut("logon.fail-open", "the fail mode", kept, file)] };
}

/** As the PAM module judges it: root's, or the agent's own where it has a folder of its own; nobody else can write it. */
function misfit(stat: Stats): string | undefined {
  const me = process.geteuid?.() ?? 0;
  if (!stat.isFile()) return "it is no regular file";
  if (stat.uid !== 0 && stat.uid !== me) return `it belongs to uid ${stat.uid}`;
  return stat.mode & 0o022 ? `its mode is ${(stat.mode & 0o7777).toString(8)}` : undefined;
}

/** Gone, as the module has it: no socket, or nobody listens. An agent that hangs is not gone. */
function isThere(path: string): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(path);
    const end = (there: boolean) => {
      socket.destroy();
      done(there);
    };
    socket.once("connect", () => end(true));
    socket.once("error", ({ code }: NodeJS.ErrnoException) => end(code !== "ENOENT" && code !== "ECONNREFUSED"));
  });
}
