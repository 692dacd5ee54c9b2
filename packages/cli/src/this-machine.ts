/** Where this machine's agents are: the one that is installed, and the one that `npm start` runs in this folder. */
import { existsSync } from "node:fs";
import { Complaint } from "./complaint.ts";

/** In the order in which they are tried. `state`: as `--state` names it; undefined for the folders of an installed agent. */
const AGENTS = [
  { socket: "/run/sallyport/agent.sock", folder: "/var/lib/sallyport", state: undefined },
  { socket: "data/agent/agent.sock", folder: "data/agent", state: "data/agent" },
] as const;

/** Settings of an agent that a package or an administrator installed. */
const INSTALLED = "/etc/sallyport/agent.json";

export const DOORS = [AGENTS[0].socket, AGENTS[1].socket] as const;
export const STATE_FOLDERS = AGENTS.map(({ folder }) => folder).join(", ");

export const STATE_HELP = `state folder of the agent (default: the installed one's, ${AGENTS[0].folder} with settings in /etc/sallyport; else ${AGENTS[1].folder})`;

/** The state of the one agent that is meant: the named one, else the installed one, else the one that `npm start` made in this folder. */
export function agentHere(state: string | undefined): string | undefined {
  if (state !== undefined) {
    if (!existsSync(state)) throw new Complaint(`--state ${state}: there is no such folder`);
    return state;
  }
  return existsSync(INSTALLED) || !existsSync(AGENTS[1].folder) ? undefined : AGENTS[1].state;
}

/** The agents whose records may be read: the named one, or all that there are. */
export function agentsHere(state: string | undefined): { folder: string; state: string | undefined }[] {
  return state === undefined ? AGENTS.filter(({ folder }) => existsSync(folder)) : [{ folder: state, state }];
}
