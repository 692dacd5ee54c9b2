/** Requests over kept connections to a Unix socket, at the least cost to the client: it runs on the processors of what it measures. */
import { connect, type Socket } from "node:net";

const END_OF_HEAD = Buffer.from("\r\n\r\n");

/** Waits for one answer, whose head must say how long it is. */
interface Waiting {
  resolve(body: string): void;
  reject(why: Error): void;
}

/** One request at a time. */
class Connection {
  readonly #socket: Socket;
  #heard: Buffer = Buffer.alloc(0);
  #waiting: Waiting | undefined;

  constructor(path: string) {
    this.#socket = connect(path);
    this.#socket.on("data", (part) => this.#hear(part));
    this.#socket.on("error", (error) => this.#waiting?.reject(error));
    this.#socket.on("close", () => this.#waiting?.reject(new Error("the org closed the connection")));
  }

  post(path: string, body: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      const head = `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}`;
      this.#socket.write(`${head}\r\n\r\n${body}`);
    });
  }

  close(): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  #hear(part: Buffer): void {
    this.#heard = this.#heard.length === 0 ? part : Buffer.concat([this.#heard, part]);
    const at = this.#heard.indexOf(END_OF_HEAD);
    if (at < 0) return;
    const head = this.#heard.toString("latin1", 0, at);
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? Number.NaN);
    const begin = at + END_OF_HEAD.length;
    // What is no number is no length either.
    if (this.#heard.length < begin + length) return;
    const body = this.#heard.toString("utf8", begin);
    const waiting = this.#waiting;
    this.#heard = Buffer.alloc(0);
    this.#waiting = undefined;
    if (head.startsWith("HTTP/1.1 200 ") && Number.isInteger(length)) waiting?.resolve(body);
    else waiting?.reject(new Error(`${head}\n${body}`));
  }
}

/** As many connections as there are requests at once. */
export class KeptConnections {
  readonly #path: string;
  readonly #all: Connection[] = [];
  readonly #idle: Connection[] = [];

  constructor(path: string) {
    this.#path = path;
  }

  /** Answers the parsed body; rejects with all that came for anything but a 200. */
  async post(path: string, body: object): Promise<any> {
    const one = this.#idle.pop() ?? this.#open();
    const text = await one.post(path, JSON.stringify(body));
    this.#idle.push(one);
    return JSON.parse(text);
  }

  close(): void {
    for (const one of this.#all.splice(0)) one.close();
  }

  #open(): Connection {
    const made = new Connection(this.#path);
    this.#all.push(made);
    return made;
  }
}
