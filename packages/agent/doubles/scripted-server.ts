/** A real TLS server for tests: records each call, and answers as a script says, or as its own kind of server would. */
import { createServer as createHttp, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createHttps, type ServerOptions } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { issue } from "./certificates.ts";

export interface Call {
  path: string;
  raw: string;
  body: Record<string, unknown>;
  claims: Record<string, unknown> | undefined;
}
export interface Reply {
  status?: number;
  body?: unknown;
  /** Sent as it is instead of `body`. */
  text?: string;
  headers?: Record<string, string>;
  /** Cut the connection instead of answering: the answer is lost. */
  cut?: boolean;
}
/** `normal` makes the answer that the org would give. */
export type Script = (call: Call, normal: () => Promise<Reply>) => Promise<Reply> | Reply;

export function error(status: number, errorCode: string, cause?: string, evidence?: object): Reply {
  const body = {
    errorCode,
    errorSummary: "no",
    errorLink: errorCode,
    errorId: "e1",
    errorCauses: [],
    ...(cause ? { cause, evidence: evidence ?? {} } : {}),
  };
  return { status, body };
}

export abstract class ScriptedServer {
  url = "";
  calls: Call[] = [];
  /** By path: what is answered instead. */
  scripts: Record<string, Script> = {};
  readonly ca = issue({ subject: "Test CA", ca: true });
  #server!: Server;
  #sockets = new Set<Socket>();

  protected abstract answer(call: Call, authorization: string | undefined): Promise<Reply>;

  async listen(tls?: ServerOptions | false, port = 0): Promise<void> {
    const handler = (request: IncomingMessage, response: ServerResponse) => void this.#handle(request, response);
    this.#server = tls === false ? createHttp(handler) : (createHttps({ ...this.certificate(), ...tls }, handler) as unknown as Server);
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    this.#server.on("tlsClientError", () => undefined);
    await new Promise<void>((done) => this.#server.listen(port, "127.0.0.1", done));
    this.url = `${tls === false ? "http" : "https"}://localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  certificate(): { cert: string; key: string } {
    const leaf = issue({ subject: "org", names: ["localhost", "127.0.0.1"], issuer: this.ca });
    return { cert: leaf.pem + this.ca.pem, key: leaf.keyPem };
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((done) => this.#server.close(done));
  }

  /** Comes back at the same port, with other certificates if given; also after a stop. */
  async restart(tls?: ServerOptions | false): Promise<void> {
    const port = Number(new URL(this.url).port);
    if (this.#server.listening) await this.stop();
    await this.listen(tls, port);
  }

  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const raw = Buffer.concat(chunks).toString("utf8");
    const path = request.url ?? "";
    const call: Call = { path, raw, body: JSON.parse(raw || "{}") as Record<string, unknown>, claims: undefined };
    this.calls.push(call);
    const normal = () => this.answer(call, request.headers.authorization);
    const script = this.scripts[path] ?? this.scripts[path.replace(/\/factors\/[^/]+/, "/factors/:id")] ?? this.scripts["*"];
    const reply = script ? await script(call, normal) : await normal();
    if (reply.cut) return void request.socket.destroy();
    response.writeHead(reply.status ?? 200, { "content-type": "application/json", ...reply.headers });
    response.end(reply.text ?? JSON.stringify(reply.body ?? {}));
  }
}
