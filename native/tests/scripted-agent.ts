/** An agent that says what a test tells it to say, well-behaved or not. */
import { mkdirSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { dirname } from "node:path";

export const SOCKET = "/run/sallyport/agent.sock";

// biome-ignore lint/suspicious/noExplicitAny: frames are looked into at any depth, and some are broken on purpose
export type Frame = Record<string, any>;

/** One connection: what came so far, and the way to answer. */
export class Caller {
  readonly frames: Frame[] = [];
  #socket: Socket;
  #rest = "";
  #waiting: (() => void) | undefined;
  closed = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("utf8");
    socket.on("data", (text) => this.#take(String(text)));
    socket.on("error", () => {});
    socket.on("close", () => {
      this.closed = true;
      this.#waiting?.();
    });
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.frames.push(JSON.parse(line));
    this.#waiting?.();
  }

  /** The n-th frame, counted from 0; `undefined` if the module left before. */
  async frame(n: number): Promise<Frame | undefined> {
    while (this.frames.length <= n && !this.closed) await new Promise<void>((done) => (this.#waiting = done));
    return this.frames[n];
  }

  say(...frames: Frame[]): this {
    return this.raw(frames.map((frame) => `${JSON.stringify(frame)}\n`).join(""));
  }

  raw(bytes: string | Buffer): this {
    if (!this.#socket.destroyed) this.#socket.write(bytes);
    return this;
  }

  close(): void {
    this.#socket.end();
  }
}

/** What the agent does from the opening frame on; `opening` is what stands in it. */
export type Script = (caller: Caller, opening: Frame, kind: string) => unknown;

export class ScriptedAgent {
  readonly callers: Caller[] = [];
  #server: Server;
  #sockets = new Set<Socket>();

  private constructor(script: Script) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      const caller = new Caller(socket);
      this.callers.push(caller);
      void caller.frame(1).then((frame) => {
        const [kind] = Object.keys(frame ?? {});
        return frame && kind ? script(caller, frame[kind], kind) : undefined;
      });
    });
  }

  static async listen(script: Script): Promise<ScriptedAgent> {
    clearDoor();
    const agent = new ScriptedAgent(script);
    await new Promise<void>((done) => agent.#server.listen(SOCKET, done));
    return agent;
  }

  /** All frames of all callers, hello included. */
  get heard(): Frame[] {
    return this.callers.flatMap(({ frames }) => frames);
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((done) => this.#server.close(done));
  }
}

/** An empty folder that is root's alone. */
export function clearDoor(): void {
  rmSync(dirname(SOCKET), { recursive: true, force: true });
  mkdirSync(dirname(SOCKET), { mode: 0o755 });
}

export const allow = (opening: Frame): Frame => ({ end: { result: "allow", username: opening["username"], uid: opening["uid"] } });
export const deny = (cause?: string): Frame => ({
  end: { result: "deny", text: "You were not let in.", reference: "K7QF-3M2P", ...(cause === undefined ? {} : { cause }) },
});
export const askCode = { show: { title: "Second factor", fields: [{ id: "code", kind: "code", label: "Code from your app", digits: 6 }] } };
