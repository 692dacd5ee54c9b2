/** Where this machine's agents are: the one that is installed, and the one that `npm start` runs in this folder. */
import { existsSync } from "node:fs";

/** In the order in which they are tried. `state`: as `--state` names it; undefined for the folders of an installed agent. */
const AGENTS = [
  { socket: "/run/sallyport/agent.sock", folder: "/var/lib/sallyport", state: undefined },
  { socket: "data/agent/agent.sock", folder: "data/agent", state: "data/agent" },
] as const;

export const DOORS = [AGENTS[0].socket, AGENTS[1].socket] as const;
export const STATE_FOLDERS = AGENTS.map(({ folder }) => folder).join(", ");

/** The agents whose records may be read: the named one, or all that there are. */
export function agentsHere(state: string | undefined): { folder: string; state: string | undefined }[] {
  return state === undefined ? AGENTS.filter(({ folder }) => existsSync(folder)) : [{ folder: state, state }];
}
