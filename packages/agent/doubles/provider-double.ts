/** A provider for tests: speaks through the door like the PAM module, in or out of order. */
import { connect, type Socket } from "node:net";
import { type AgentFrame, agentFrame } from "@sallyport/contracts";

export class ProviderDouble {
  #socket: Socket;
  #text = "";
  #frames: AgentFrame[] = [];
  #waiting: ((frame: AgentFrame | undefined) => void)[] = [];
  #closed = false;
  #inputs = 0;

  constructor(path: string) {
    this.#socket = connect(path);
    this.#socket.setEncoding("utf8");
    this.#socket.on("error", () => undefined);
    this.#socket.on("close", () => {
      this.#closed = true;
      for (const wake of this.#waiting.splice(0)) wake(undefined);
    });
    this.#socket.on("data", (chunk: string) => {
      this.#text += chunk;
      const lines = this.#text.split("\n");
      this.#text = lines.pop() ?? "";
      for (const line of lines) {
        const frame = agentFrame.parse(JSON.parse(line));
        const wake = this.#waiting.shift();
        if (wake) wake(frame);
        else this.#frames.push(frame);
      }
    });
  }

  raw(bytes: string | Uint8Array): void {
    this.#socket.write(bytes);
  }

  send(frame: object): void {
    this.raw(`${JSON.stringify(frame)}\n`);
  }

  hello(more: object = {}): this {
    this.send({ v: 1, hello: { provider: "pam", conversation: true, serial: false, ...more } });
    return this;
  }

  begin(more: object = {}): this {
    this.send({ begin: { username: "alice", password: "verified", scenario: "logon", service: "sshd", ...more } });
    return this;
  }

  input(values: Record<string, string>): void {
    this.#inputs += 1;
    this.send({ input: { id: this.#inputs, values } });
  }

  /** The next frame; `undefined` if the agent closed. */
  next(): Promise<AgentFrame | undefined> {
    const frame = this.#frames.shift();
    if (frame) return Promise.resolve(frame);
    if (this.#closed) return Promise.resolve(undefined);
    return new Promise((done) => this.#waiting.push(done));
  }

  /** Answers each prompt with the next code until the end. */
  async talk(...codes: string[]): Promise<{ end: AgentFrame | undefined; shows: AgentFrame[] }> {
    const shows: AgentFrame[] = [];
    for (;;) {
      const frame = await this.next();
      if (!frame || !("show" in frame)) return { end: frame, shows };
      shows.push(frame);
      this.input({ code: codes.shift() ?? "000000" });
    }
  }

  /** Says that nothing more will come, and goes on listening. */
  finish(): void {
    this.#socket.end();
  }

  leave(): void {
    this.#socket.destroy();
  }
}
