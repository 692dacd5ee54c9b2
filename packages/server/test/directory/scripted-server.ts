/** An LDAP server that says exactly what a test wants, over TLS: for what no real server can be brought to say when it is wanted. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server, type TLSSocket } from "node:tls";

/** One value of BER with this tag (X.690). */
export function ber(tag: number, ...content: (Buffer | string)[]): Buffer {
  const body = Buffer.concat(content.map((part) => Buffer.from(part as string)));
  if (body.length < 128) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  return Buffer.concat([Buffer.from([tag, 0x82, body.length >> 8, body.length & 255]), body]);
}

const OK = [ber(10, Buffer.from([0])), ber(4), ber(4)];

/** The operations of RFC 4511 that a test needs. */
export const answers = {
  bound: () => ber(0x61, ...OK),
  entry: (dn: string, attributes: Record<string, string>) =>
    ber(
      0x64,
      ber(4, dn),
      ber(0x30, ...Object.entries(attributes).map(([type, value]) => ber(0x30, ber(4, type), ber(0x31, ber(4, value))))),
    ),
  reference: (url: string) => ber(0x73, ber(4, url)),
  done: () => ber(0x65, ...OK),
};

/** The control with which a page ends (RFC 2696). */
export const pageControl = (cookie: string) => {
  const value = ber(0x30, ber(2, Buffer.from([0])), ber(4, cookie));
  return ber(0xa0, ber(0x30, ber(4, "1.2.840.113556.1.4.319"), ber(4, value)));
};

/** What is said to one request; the last one carries `controls`. */
export interface Said {
  operations: Buffer[];
  controls?: Buffer;
  /** Written as it is, without the frame of a message. */
  raw?: boolean;
}

export class ScriptedServer {
  readonly #server: Server;
  connections = 0;

  /** @param say by the tag of the operation and its bytes */
  constructor(certificate: { pem: string; key: string }, say: (tag: number, request: Buffer) => Said) {
    const files = { cert: readFileSync(certificate.pem), key: readFileSync(certificate.key) };
    this.#server = createServer(files, (socket) => {
      this.connections += 1;
      converse(socket, say);
    });
  }

  async listen(address: string): Promise<number> {
    this.#server.listen(0, address);
    await once(this.#server, "listening");
    return (this.#server.address() as { port: number }).port;
  }

  close(): void {
    this.#server.close();
  }
}

/** Requests are short: each arrives whole. */
function converse(socket: TLSSocket, say: (tag: number, request: Buffer) => Said): void {
  socket.on("error", () => {});
  socket.on("data", (request) => {
    // 30 LEN 02 LEN ID… TAG: the length is one byte, or 8n and n bytes.
    const start = 2 + ((request[1] ?? 0) & 0x80 ? (request[1] ?? 0) & 0x7f : 0);
    const id = request.subarray(start, start + 2 + (request[start + 1] ?? 0));
    const tag = request[start + id.length] ?? 0;
    if (tag === 0x42) return void socket.end();
    const { operations, controls, raw } = say(tag, request);
    if (raw) for (const bytes of operations) socket.write(bytes);
    else
      for (const [at, operation] of operations.entries()) {
        const last = at === operations.length - 1 && controls !== undefined;
        socket.write(ber(0x30, id, operation, ...(last ? [controls] : [])));
      }
  });
}
