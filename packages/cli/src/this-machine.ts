/** Where this machine's agents are: the one that is installed, and the one that `npm start` runs in this folder. */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { agentFiles } from "@sallyport/agent";
import { Complaint } from "./complaint.ts";

/** Of the agent that a package, an installer or an administrator installed. */
const INSTALLED = agentFiles();
/** `npm start` makes one on Linux. */
const TRIED = "data/agent";

/** In the order in which they are tried. `state`: as `--state` names it; undefined for the folders of an installed agent. */
const AGENTS = [
  { socket: INSTALLED.socket, folder: INSTALLED.state, state: undefined },
  { socket: `${TRIED}/agent.sock`, folder: TRIED, state: TRIED },
];

export const DOORS = AGENTS.map(({ socket }) => socket);
export const STATE_FOLDERS = AGENTS.map(({ folder }) => folder).join(", ");

export const STATE_HELP = `state folder of the agent (default: the installed one's, ${INSTALLED.state} with settings in ${dirname(INSTALLED.settings)}; else ${TRIED})`;

/** The state of the one agent that is meant: the named one, else the installed one, else the one that `npm start` made in this folder. */
export function agentHere(state: string | undefined): string | undefined {
  if (state !== undefined) {
    if (!existsSync(state)) throw new Complaint(`--state ${state}: there is no such folder`);
    return state;
  }
  return existsSync(INSTALLED.settings) || !existsSync(TRIED) ? undefined : TRIED;
}

/** The agents whose records may be read: the named one, or all that there are. */
export function agentsHere(state: string | undefined): { folder: string; state: string | undefined }[] {
  return state === undefined ? AGENTS.filter(({ folder }) => existsSync(folder)) : [{ folder: state, state }];
}
