/** The agent's door: nobody else's, and somebody behind it. */
import { closeSync, fstatSync, lstatSync, openSync, readSync, type Stats } from "node:fs";
import { connect } from "node:net";
import { dirname } from "node:path";
import type { Proof } from "@sallyport/contracts";
import type { Answer, Check } from "../../check.ts";
import type { AgentFacts, HostFacts } from "../facts.ts";
import { confirmed, notLooked, proofsOf, ruledOut } from "./evidence.ts";
import { listenerOf } from "./unix-listener.ts";

const TAIL = 16 * 1024;
/** On Windows the door is no file. */
const PIPE = "\\\\.\\pipe\\";

export function doorChecks(): Check<HostFacts>[] {
  return [
    {
      code: "host.door",
      title: "the agent's door and the folders above it",
      dependsOn: [],
      needs: ["agent", "machine"],
      run: async ({ agent, machine }) => judgeDoor(agent, machine.mayRead),
    },
    {
      code: "host.agent",
      title: "the running agent",
      dependsOn: ["host.door"],
      needs: ["agent"],
      run: ({ agent }, signal) => findAgent(agent, signal),
    },
  ];
}

function judgeDoor(agent: AgentFacts, mayRead: boolean): Answer {
  const { socket, control } = agent.files;
  const folder = dirname(socket);
  if (!mayRead) return notLooked("the agent's door and the folders above it", "only root may judge them: run this as root");
  // Nobody made it in this boot: that is for the look at the running agent.
  if (!statOf(folder)) return { seen: [] };
  const judged = agent.read.find(({ what }) => what === "door")?.finding;
  const proofs = judged ? proofsOf(judged, folder) : [];
  for (const path of [socket, control]) proofs.push(...judgeSocket(path));
  if (proofs.length > 0) return { seen: [confirmed("door.untrusted", proofs)] };
  return { seen: [ruledOut("door.untrusted", "owner and mode", "as the agent made them", folder)] };
}

function judgeSocket(path: string): Proof[] {
  const stat = statOf(path);
  if (!stat) return [];
  if (!stat.isSocket()) return [{ what: "reason", value: "something else than a socket stands there", where: path }];
  const me = process.geteuid?.() ?? 0;
  const strange = (uid: number) => uid !== 0 && uid !== me;
  const proofs: Proof[] = [];
  if (strange(stat.uid)) proofs.push({ what: "owner", value: `uid ${stat.uid}`, where: path });
  if (stat.mode & 0o022) proofs.push({ what: "mode", value: (stat.mode & 0o7777).toString(8), where: path });
  const listener = listenerOf(path);
  if (listener && strange(listener.uid)) {
    proofs.push({ what: "peer", value: `${listener.program}, pid ${listener.pid}, uid ${listener.uid}`, where: path });
  }
  return proofs;
}

/** The control socket answers how it stands; the door itself must take a connection as well. Nothing is said through the door. */
async function findAgent(agent: AgentFacts, signal: AbortSignal): Promise<Answer> {
  const { socket, control, log } = agent.files;
  const unreachable = (proof: Proof): Answer => ({ seen: [confirmed("agent.unreachable", [proof, ...lastWord(log)])] });
  const silent = (error: unknown): Answer => unreachable({ what: "error", value: (error as Error).message, where: control });
  // Shorter than the time of the check, so that what was seen until then is told.
  const patience = AbortSignal.any([signal, AbortSignal.timeout(3000)]);
  const asked = agent.ask("status", patience).then(
    (status) => ({ status }),
    (error: unknown) => ({ error: patience.aborted ? new Error("somebody listens, and does not answer") : error }),
  );
  const [refused, answer] = await Promise.all([knock(socket), asked]);
  if (refused) return unreachable({ what: "door", value: refused, where: socket });
  if ("error" in answer) return silent(answer.error);
  if (answer.status === undefined) return unreachable({ what: "control socket", value: "nobody listens", where: control });
  const { version } = answer.status as { version?: string };
  return { seen: [ruledOut("agent.unreachable", "the agent", `answers, version ${version}`, socket)] };
}

/** What the agent wrote last: why it stopped, or that it never did. */
function lastWord(log: string): Proof[] {
  try {
    const descriptor = openSync(log, "r");
    const tail = Buffer.alloc(TAIL);
    const from = Math.max(0, fstatSync(descriptor).size - TAIL);
    const text = tail.toString("utf8", 0, readSync(descriptor, tail, 0, TAIL, from));
    closeSync(descriptor);
    const line = JSON.parse(text.trimEnd().split("\n").at(-1) ?? "") as { time?: string; event?: string; cause?: string; error?: string };
    const said = [line.event, line.cause, line.error].filter((one) => typeof one === "string").join(", ");
    return [{ what: `the agent's last word, ${line.time}`, value: said, where: log }];
  } catch {
    // No log, no right to read it, or a line that was cut off: then nothing is said.
    return [];
  }
}

/** Why nobody can come in; `undefined` if the door takes a connection. */
function knock(path: string): Promise<string | undefined> {
  if (!path.startsWith(PIPE) && !statOf(path)) return Promise.resolve("the socket is not there: no agent runs");
  return new Promise((done) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      done(undefined);
    });
    socket.once("error", ({ code, message }: NodeJS.ErrnoException) => {
      done(code === "ECONNREFUSED" || code === "ENOENT" ? "nobody listens there: no agent runs" : message);
    });
  });
}

function statOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}
