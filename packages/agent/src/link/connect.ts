/** Opens one connection to the org and says exactly where it failed if it does. */
import { lookup } from "node:dns/promises";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import * as tls from "node:tls";
import { describeError, type Evidence } from "../finding.ts";
import { LinkError, type Phase } from "./fault.ts";
import { judgePeer, type Trust } from "./trust.ts";
import { openTunnel } from "./tunnel.ts";

export interface Route {
  url: URL;
  proxy: URL | undefined;
  trust: Trust;
  /** Limit of each phase: resolving, TCP, proxy, TLS. */
  connectMs: number;
  /** Only for signed time: a certificate's dates are forgiven, everything else is not. */
  datesOnly?: boolean;
}

/** A socket on which a request may be sent: for https only after the peer was found to be the org. Throws `LinkError`. */
export async function openConnection(route: Route): Promise<Socket> {
  try {
    const socket = await openTo(route);
    if (route.url.protocol !== "https:") return socket;
    const secure = await openTls(socket, route.url, route.connectMs, route.trust.context);
    try {
      judgePeer(secure, hostOf(route.url), route.trust, route.datesOnly);
      return secure;
    } catch (error) {
      secure.destroy();
      throw error;
    }
  } catch (error) {
    if (error instanceof LinkError) error.fault.viaProxy = route.proxy !== undefined;
    throw error;
  }
}

/** TCP to the org, through the proxy if there is one. */
export async function openTo({ url, proxy, connectMs }: Pick<Route, "url" | "proxy" | "connectMs">): Promise<Socket> {
  const socket = await openTcp(proxy ?? url, connectMs);
  if (proxy) await openTunnel(socket, url, proxy, connectMs);
  return socket;
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "");
}

async function openTcp(to: URL, connectMs: number): Promise<Socket> {
  const name = hostOf(to);
  const port = Number(to.port || (to.protocol === "https:" ? 443 : 80));
  const addresses = await resolve(name, connectMs);
  const socket = connectTcp({
    host: name,
    port,
    noDelay: true,
    keepAlive: true,
    autoSelectFamily: true,
    // Resolved already, so that a slow name server is not taken for a slow org.
    lookup: (_host, _options, callback) => (callback as (error: null, addresses: Address[]) => void)(null, addresses),
  });
  const where = { address: addresses.map((one) => one.address).join(" "), port };
  await settle(
    socket,
    "connect",
    "connect",
    connectMs,
    (error) => new LinkError(tcpCause(error), "connect", { ...where, error: describeError(error) }),
    where,
  );
  return socket;
}

type Address = { address: string; family: number };

async function resolve(name: string, limitMs: number): Promise<Address[]> {
  if (isIP(name)) return [{ address: name, family: isIP(name) }];
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new LinkError("net.dns", "resolve", { name, error: `no answer in ${limitMs} ms` })), limitMs);
  });
  try {
    return await Promise.race([lookup(name, { all: true }), late]);
  } catch (error) {
    if (error instanceof LinkError) throw error;
    throw new LinkError("net.dns", "resolve", { name, error: describeError(error) });
  } finally {
    clearTimeout(timer);
  }
}

function tcpCause(error: unknown): "net.refused" | "net.timeout" | "net.unreachable" {
  // With several addresses Node gives one error each; what the last resort said counts.
  const codes =
    error instanceof AggregateError ? error.errors.map((one: NodeJS.ErrnoException) => one.code) : [(error as NodeJS.ErrnoException).code];
  if (codes.includes("ECONNREFUSED")) return "net.refused";
  return codes.includes("ETIMEDOUT") ? "net.timeout" : "net.unreachable";
}

/** Shakes hands without a verdict on the peer: whoever calls must give one before anything is sent. */
export async function openTls(socket: Socket, url: URL, connectMs: number, context?: tls.SecureContext): Promise<tls.TLSSocket> {
  const name = hostOf(url);
  const secure = tls.connect({
    socket,
    ...(context ? { secureContext: context } : {}),
    minVersion: "TLSv1.2",
    ALPNProtocols: ["http/1.1"],
    ...(isIP(name) ? {} : { servername: name }),
    rejectUnauthorized: false,
  });
  await settle(secure, "secureConnect", "tls", connectMs, tlsError, { limitMs: connectMs });
  return secure;
}

/** Alerts and errors of OpenSSL by which a missing common version or cipher shows. */
const VERSION =
  /UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION|HANDSHAKE_FAILURE|NO_SHARED_CIPHER|VERSION_TOO_LOW|NO_PROTOCOLS_AVAILABLE|INSUFFICIENT_SECURITY|NO_CIPHERS/;

function tlsError(error: NodeJS.ErrnoException): LinkError {
  const code = error.code ?? "";
  const evidence: Evidence = { error: describeError(error) };
  if (VERSION.test(code)) return new LinkError("tls.version", "tls", { ...evidence, offered: "TLS 1.2, TLS 1.3" });
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/.test(code)) {
    return new LinkError("url.wrong-org", "tls", { ...evidence, answer: "the other side does not speak TLS" });
  }
  if (/ECONNRESET|EPIPE/.test(code)) return new LinkError("net.unreachable", "tls", evidence);
  return new LinkError("tls.untrusted", "tls", evidence);
}

/** Waits for `event`, an error, the end or the limit; destroys the socket unless the event came. */
export async function settle(
  socket: Socket,
  event: string,
  phase: Phase,
  limitMs: number,
  explain: (error: NodeJS.ErrnoException) => LinkError,
  where: Evidence,
): Promise<void> {
  const begun = performance.now();
  try {
    await new Promise<void>((done, fail) => {
      const timer = setTimeout(() => fail(timedOut(begun, phase, limitMs, where)), limitMs);
      const end = (error?: Error) => {
        clearTimeout(timer);
        socket.off(event, succeed).off("error", onError).off("close", onClose);
        if (error) fail(error);
        else done();
      };
      const succeed = () => end();
      const onError = (error: NodeJS.ErrnoException) => end(explain(error));
      const onClose = () => end(explain(Object.assign(new Error("the connection was closed"), { code: "ECONNRESET" })));
      socket.once(event, succeed).once("error", onError).once("close", onClose);
    });
  } catch (error) {
    socket.on("error", () => undefined);
    socket.destroy();
    throw error;
  }
}

/** A timer that fires late speaks of this process, not of the network: own overload never opens a fail mode. */
const LATE_MS = 500;

function timedOut(begun: number, phase: Phase, limitMs: number, where: Evidence): LinkError {
  const waited = Math.round(performance.now() - begun);
  if (waited > limitMs + LATE_MS)
    return new LinkError("agent.fault", "queue", { step: phase, reason: "the agent itself is overloaded", lateMs: waited - limitMs });
  return new LinkError("net.timeout", phase, { ...where, phase, limitMs });
}
