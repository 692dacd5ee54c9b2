/** The door: the Unix socket through which providers of this machine, and nobody else, speak to the agent. */
import { chmodSync, lstatSync, mkdirSync, unlinkSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { dirname } from "node:path";
import type { Duplex } from "node:stream";
import { describeError, Refusal } from "../finding.ts";
import { checkDoorFolder } from "../state/folders.ts";
import { withPlaces } from "./places.ts";

/**
 * Listens at `path` with mode 0600. Throws `door.untrusted` if a folder above is not safe, `config.invalid` if another process
 * listens there. Beyond `connections` at a time a caller gets one error frame: own overload never opens anything.
 */
export async function openDoor(path: string, connections: number, onConnection: (connection: Duplex) => void): Promise<Server> {
  makeFolder(dirname(path));
  const untrusted = checkDoorFolder(dirname(path));
  if (untrusted) throw new Refusal(untrusted.cause, untrusted.evidence);
  await clearStale(path);
  const server = createServer(withPlaces(connections, onConnection));
  await listen(server, path);
  return server;
}

/** /run is empty after each boot. Only the last folder is made; what stands there already is judged, not changed. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch {
    // It is there, or cannot be made: the check that follows says which.
  }
}

/** The mask holds while the kernel makes the socket, so that there is no moment at which others could connect. */
function listen(server: Server, path: string): Promise<void> {
  return new Promise((done, fail) => {
    const refuse = (error: Error) => fail(new Refusal("door.untrusted", { path, error: describeError(error) }, { cause: error }));
    server.once("error", refuse);
    const mask = process.umask(0o177);
    try {
      server.listen({ path, backlog: 1024 }, () => {
        server.off("error", refuse);
        chmodSync(path, 0o600);
        done();
      });
    } finally {
      process.umask(mask);
    }
  });
}

async function clearStale(path: string): Promise<void> {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat) return;
  if (!stat.isSocket()) throw new Refusal("door.untrusted", { path, reason: "something else than a socket stands there" });
  if (await answers(path)) throw new Refusal("config.invalid", { file: path, reason: "another agent is running here" });
  unlinkSync(path);
}

function answers(path: string): Promise<boolean> {
  return new Promise((done) => {
    const probe = connect(path);
    const end = (alive: boolean) => {
      probe.destroy();
      done(alive);
    };
    probe.once("connect", () => end(true)).once("error", () => end(false));
  });
}
