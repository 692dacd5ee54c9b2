/** What the agent listens on, whatever the operating system makes of it: the door, and its control socket beside it. */
import type { Duplex } from "node:stream";
import { openDoor } from "./door.ts";

/** Who is at the other end, as far as the operating system told the relay: for the log alone, never for a decision. */
export interface Peer {
  pid: number;
  session: number;
  sid?: string | undefined;
}

export interface Doors {
  /** Beyond `connections` at a time a caller is refused. Throws a `Refusal` if it cannot be opened safely. */
  open(
    which: "door" | "control",
    at: { path: string; connections: number },
    onConnection: (connection: Duplex, peer?: Peer) => void,
  ): Promise<{ close(): void }>;
  /** Resolves with the reason when nobody can come in any more. */
  gone: Promise<string>;
}

/** Unix sockets; they stay until the agent closes them. */
export const unixDoors: Doors = {
  open: (_, { path, connections }, onConnection) => openDoor(path, connections, onConnection),
  gone: new Promise(() => undefined),
};
