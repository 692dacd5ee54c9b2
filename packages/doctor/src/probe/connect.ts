/** Opens a connection step by step, the proxy's tunnel included; each step rejects with what the system said. */
import { execFile } from "node:child_process";
import { lookup } from "node:dns/promises";
import { request } from "node:http";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { isSea } from "node:sea";

export const hostOf = (url: URL) => url.hostname.replace(/^\[|\]$/g, "");
export const portOf = (url: URL) => Number(url.port || (url.protocol === "https:" ? 443 : 80));

const LOOKUP = `
require("node:dns").lookup(process.argv[1], { all: true }, (error, found) =>
  process.stdout.write(JSON.stringify(error ? { code: error.code } : { addresses: found.map(({ address }) => address) })));
`;

/** What the system's resolver said instead of an address; any other error of a look-up is this machine's. */
export class Unresolved extends Error {
  /** Such as ENOTFOUND. */
  readonly code: string;
  constructor(code: string) {
    super(`the name does not resolve: ${code}`);
    this.code = code;
  }
}

/**
 * Addresses as the system's resolver gives them. Rejects with `Unresolved`. In a process of its own: once begun, nothing
 * ends the system's look-up (getaddrinfo), and whoever asked silent name servers could not even exit before it gives up.
 */
export function resolveHost(host: string, signal: AbortSignal): Promise<string[]> {
  if (isIP(host)) return Promise.resolve([host]);
  if (isSea()) return resolveHere(host, signal);
  return new Promise((resolve, reject) => {
    execFile(process.execPath, ["-e", LOOKUP, "--", host], { signal, killSignal: "SIGKILL" }, (error, out) => {
      if (error) return reject(error);
      const { code = "", addresses } = JSON.parse(out) as { code?: string; addresses?: string[] };
      if (addresses) resolve(addresses);
      else reject(new Unresolved(code));
    });
  });
}

/** A single executable runs no other program than its own; its commands end by themselves, whatever is still looked up. */
async function resolveHere(host: string, signal: AbortSignal): Promise<string[]> {
  const aborted = new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
  try {
    const found = await Promise.race([lookup(host, { all: true }), aborted]);
    return found.map(({ address }) => address);
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Unresolved((error as NodeJS.ErrnoException).code ?? "");
  }
}

/** `addresses` as resolved before, so that a slow name server is not taken for a slow way. The caller destroys the socket. */
export async function openTcp(to: URL, addresses: readonly string[], signal: AbortSignal): Promise<Socket> {
  const socket = connectTcp({
    host: hostOf(to),
    port: portOf(to),
    noDelay: true,
    autoSelectFamily: true,
    lookup: (_host, _options, callback) =>
      (callback as (error: null, found: { address: string; family: number }[]) => void)(
        null,
        addresses.map((address) => ({ address, family: isIP(address) })),
      ),
  });
  await settled(socket, "connect", signal);
  return socket;
}

/** Waits for `event`. An error, the end of the connection or the signal destroys the socket and rejects. */
export async function settled(socket: Socket, event: string, signal: AbortSignal): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      const end = (error?: unknown) => {
        socket.off(event, succeed).off("error", end).off("close", onClose);
        signal.removeEventListener("abort", onAbort);
        if (error === undefined) resolve();
        else reject(error);
      };
      const succeed = () => end();
      const onClose = () => end(Object.assign(new Error("the connection was closed"), { code: "ECONNRESET" }));
      const onAbort = () => end(signal.reason);
      if (signal.aborted) return end(signal.reason);
      socket.once(event, succeed).once("error", end).once("close", onClose);
      signal.addEventListener("abort", onAbort, { once: true });
    });
  } catch (error) {
    socket.on("error", () => {});
    socket.destroy();
    throw error;
  }
}

export interface TunnelAnswer {
  status: number;
  /** The proxy's own words. */
  reason: string;
  /** How it wants to be told who asks, such as `Basic`. */
  scheme?: string;
}

/** Asks a forward proxy for a tunnel (CONNECT, RFC 9110 §9.3.6). After any answer but 2xx the socket is destroyed. */
export function askTunnel(socket: Socket, target: URL, signal: AbortSignal): Promise<TunnelAnswer> {
  const authority = `${target.hostname}:${portOf(target)}`;
  return new Promise((resolve, reject) => {
    const call = request({ method: "CONNECT", path: authority, headers: { host: authority }, createConnection: () => socket });
    const onAbort = () => call.destroy(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    call.once("error", reject);
    call.once("close", () => signal.removeEventListener("abort", onAbort));
    call.once("connect", (response, _socket, head) => {
      signal.removeEventListener("abort", onAbort);
      const status = response.statusCode ?? 0;
      const scheme = /^\S+/.exec(response.headers["proxy-authenticate"] ?? "")?.[0];
      if (status < 200 || status > 299) socket.destroy();
      else if (head.length > 0) socket.unshift(head);
      resolve({ status, reason: (response.statusMessage ?? "").slice(0, 128), ...(scheme === undefined ? {} : { scheme }) });
    });
    call.end();
  });
}
