/** What may stand where the org should: each a real server, to which the org's name is pointed. */
import { readFileSync } from "node:fs";
import { createServer as createHttp, type RequestListener } from "node:http";
import { createServer as createHttps } from "node:https";
import { connect as connectTcp, createServer as createTcp, type Server, type Socket } from "node:net";
import { connect as connectTls, createServer as createTls, type TlsOptions } from "node:tls";
import { type Certificate, chainOf } from "../machine/certificates.ts";
import { ORG_NAME, ORG_PORT } from "../machine/org.ts";

const ORG = { host: "127.0.0.1", port: ORG_PORT };
const OTHER = "127.0.0.2";
export const PROXY_PORT = 3128;

/** Answers how to end it, which is when its port is free again. */
type End = () => Promise<void>;

/** The org behind a TLS server that shows another certificate: whoever gets through it hears the true org. */
export function tlsFront(shown: Certificate, more: Certificate[] = [], options: TlsOptions = {}): Promise<End> {
  const tls = { key: readFileSync(shown.key), cert: chainOf(shown, ...more), ...options };
  const server = createTls(tls, (from) => {
    const to = connectTls({ ...ORG, rejectUnauthorized: false });
    joined(from, to);
  });
  return listen(server, OTHER, ORG_PORT);
}

/** With the org's own key and certificate: what a reverse proxy in front of it answers by itself. */
export function httpsFront(org: Certificate & { chain: string }, answer: RequestListener, address = OTHER): Promise<End> {
  return listen(createHttps({ key: readFileSync(org.key), cert: readFileSync(org.chain) }, answer), address, ORG_PORT);
}

export function httpFront(answer: RequestListener, port: number): Promise<End> {
  return listen(createHttp(answer), OTHER, port);
}

/** A forward proxy. `refuse`: what it answers instead of a tunnel. */
export function forwardProxy(refuse?: string): Promise<End> {
  const server = createTcp((from) => {
    from.once("data", (asked) => {
      if (refuse !== undefined) {
        from.end(`HTTP/1.1 ${refuse}\r\nContent-Length: 0\r\n\r\n`);
        return;
      }
      const [, name = "", port = ""] = /^CONNECT ([^:\s]+):([0-9]+) /.exec(asked.toString()) ?? [];
      const to = connectTcp({ host: name, port: Number(port) }, () => {
        from.write("HTTP/1.1 200 Connection established\r\n\r\n");
        joined(from, to);
      });
      to.once("error", () => from.destroy());
    });
    from.on("error", () => from.destroy());
  });
  return listen(server, "127.0.0.1", PROXY_PORT);
}

function joined(from: Socket, to: Socket): void {
  for (const [one, other] of [
    [from, to],
    [to, from],
  ] as const)
    one.on("error", () => other.destroy()).once("close", () => other.destroy());
  from.pipe(to).pipe(from);
}

async function listen(server: Server, host: string, port: number): Promise<End> {
  const open = new Set<Socket>();
  server.on("connection", (socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  // A client that breaks off a handshake is what these servers are for.
  server.on("tlsClientError", () => {});
  await new Promise<void>((done, fail) => server.once("error", fail).listen(port, host, done));
  return async () => {
    const closed = new Promise((done) => server.close(done));
    for (const socket of open) socket.destroy();
    await closed;
  };
}

/** The line of /etc/hosts that points the org's name to what stands in for it. */
export const pointed = (hosts: string, address = OTHER) =>
  hosts.replace(new RegExp(`^\\S+ ${ORG_NAME.replaceAll(".", "\\.")}$`, "m"), `${address} ${ORG_NAME}`);
