/** Asks a forward proxy for a tunnel to the org (CONNECT, RFC 9110 §9.3.6). */
import type { Socket } from "node:net";
import type { CauseId } from "@sallyport/contracts";
import { describeError } from "../finding.ts";
import { LinkError } from "./fault.ts";

const LONGEST_HEAD = 16 * 1024;

/** Returns when the proxy has opened the tunnel. Causes: `net.proxy-auth` (407), `net.proxy-block`. */
export async function openTunnel(socket: Socket, target: URL, proxy: URL, limitMs: number): Promise<void> {
  const authority = `${target.hostname}:${target.port || (target.protocol === "https:" ? 443 : 80)}`;
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
  const fail = (cause: CauseId, more: Record<string, string | number>) => new LinkError(cause, "proxy", { proxy: proxy.host, ...more });
  const head = await readHead(socket, limitMs).catch((error: unknown) => {
    throw fail("net.proxy-block", { reason: describeError(error) });
  });
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0);
  if (status === 407) throw fail("net.proxy-auth", { status, scheme: /^proxy-authenticate: *(\S+)/im.exec(head)?.[1] ?? "" });
  if (status < 200 || status > 299) throw fail("net.proxy-block", { status, reason: head.split("\r\n")[0]?.slice(0, 128) ?? "" });
}

function readHead(socket: Socket, limitMs: number): Promise<string> {
  return new Promise((done, fail) => {
    let head = Buffer.alloc(0);
    const end = (error?: Error) => {
      clearTimeout(timer);
      socket.off("data", onData).off("error", end).off("close", onClose).pause();
      if (!error) return done(head.toString("latin1"));
      socket.on("error", () => undefined).destroy();
      fail(error);
    };
    const timer = setTimeout(() => end(new Error(`no answer in ${limitMs} ms`)), limitMs);
    const onClose = () => end(new Error("the proxy closed the connection"));
    const onData = (chunk: Buffer) => {
      head = Buffer.concat([head, chunk]);
      const at = head.indexOf("\r\n\r\n");
      if (at >= 0) {
        if (at + 4 < head.length) socket.unshift(head.subarray(at + 4));
        head = head.subarray(0, at);
        end();
      } else if (head.length > LONGEST_HEAD) end(new Error("its answer is too long"));
    };
    socket.on("data", onData).once("error", end).once("close", onClose);
  });
}
