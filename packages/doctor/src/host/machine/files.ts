/** The agent's own files, as the agent reads them: there, readable, valid, nobody else's; typed values that can be right. */
import type { CauseId } from "@sallyport/contracts";
import type { Answer, Check, Seen } from "../../check.ts";
import type { AgentFacts, AgentFinding, HostFacts } from "../facts.ts";
import { isDenied, notLooked, ruledOut, seenOf } from "./evidence.ts";

type Part = AgentFacts["read"][number]["what"];

/** What a part that was read in order rules out. */
const RULED_OUT: Record<"settings" | "identity" | "armed", readonly CauseId[]> = {
  settings: ["config.missing", "config.unreadable", "config.invalid", "config.exposed", "url.malformed", "client.id-mangled"],
  identity: ["client.secret-mangled"],
  armed: [],
};

export function fileChecks(): Check<HostFacts>[] {
  return [
    partCheck("host.settings", "the agent's settings", "settings", []),
    partCheck("host.identity", "the agent's key and state files", "identity", ["host.settings"]),
    partCheck("host.armed-file", "the file that says whether the agent is armed", "armed", ["host.settings"]),
    {
      code: "host.standing",
      title: "the agent's settings, what was forgiven in them",
      dependsOn: [],
      needs: ["agent"],
      run: async ({ agent }) => ({ seen: agent.standing.filter(isOurs).map((finding) => seenOf(finding, agent.files.settings)) }),
    },
  ];
}

/** The look at the URL tells of its slash, with the place. */
const isOurs = ({ cause }: AgentFinding) => cause !== "url.trailing-slash";

function partCheck(code: string, title: string, part: keyof typeof RULED_OUT, dependsOn: string[]): Check<HostFacts> {
  return {
    code,
    title,
    dependsOn,
    needs: ["agent", "machine"],
    run: async ({ agent, machine }) => judge(agent, machine.mayRead, part, title),
  };
}

function judge({ read, files }: AgentFacts, mayRead: boolean, part: keyof typeof RULED_OUT, title: string): Answer {
  const found = read.find(({ what }) => what === (part as Part));
  if (!found) return { seen: [] };
  const { finding } = found;
  if (finding && !mayRead && isDenied(finding)) return notLooked(title, "only root may read it: run this as root");
  if (finding) return { seen: [seenOf(finding, files.settings)] };
  return {
    seen: RULED_OUT[part].map(
      (cause): Seen => ruledOut(cause, "read", "whole, and in order", part === "settings" ? files.settings : files.state),
    ),
  };
}
