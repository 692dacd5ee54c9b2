/** Opens a connection to a directory that is encrypted and whose other end is known, before a single word is said on it. */
import { once } from "node:events";
import { isIP, connect as netConnect, type Socket } from "node:net";
import * as tls from "node:tls";
import { certificateChain, type LdapSettings, signedPath, spkiHash } from "@sallyport/contracts";
import { Client } from "ldapts";

/** RFC 4511 §4.14. */
const START_TLS = "1.3.6.1.4.1.1466.20037";

export type HowToConnect = Pick<LdapSettings, "trust" | "startTls" | "timeoutSeconds">;

/** Throws what Node or ldapts throw, an error with the code `PIN`, or the signal's reason. The caller ends the socket. */
export async function connect(server: string, how: HowToConnect, signal: AbortSignal): Promise<tls.TLSSocket> {
  const url = new URL(server);
  const inClear = url.protocol === "ldap:";
  // The schema refuses it already; a password must not depend on who wrote the settings.
  if (inClear && !how.startTls) throw Object.assign(new Error("neither ldaps:// nor StartTLS"), { code: "ERR_SSL_WRONG_VERSION_NUMBER" });
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const limit = AbortSignal.any([signal, AbortSignal.timeout(how.timeoutSeconds * 1000)]);
  const plain = netConnect({ host, port: Number(url.port || (inClear ? 389 : 636)) });
  // Whoever waits hears of it by the promise; in between nobody may be listening.
  plain.on("error", () => {});
  try {
    await once(plain, "connect", { signal: limit });
    if (inClear) await startTls(server, plain, how);
    const socket = tls.connect({
      ...trustOf(how.trust),
      socket: plain,
      host,
      minVersion: "TLSv1.2",
      ...(isIP(host) ? {} : { servername: host }),
    });
    socket.on("error", () => {});
    await once(socket, "secureConnect", { signal: limit });
    if (how.trust.pin !== undefined) judgePin(socket, host, how.trust.pin);
    return socket;
  } catch (error) {
    plain.destroy();
    signal.throwIfAborted();
    if (limit.aborted) throw Object.assign(new Error("not connected in time"), { code: "ETIMEDOUT" });
    throw error;
  }
}

/** A client of its own asks for it, and then has no more to do with the socket. */
async function startTls(server: string, plain: Socket, { timeoutSeconds }: HowToConnect): Promise<void> {
  const asking = new Client({ url: server, timeout: timeoutSeconds * 1000, createConnection: (() => plain) as typeof netConnect });
  await asking.exop(START_TLS);
  plain.removeAllListeners("data");
}

function trustOf({ ca, pin }: LdapSettings["trust"]): tls.ConnectionOptions {
  if (pin !== undefined) return { rejectUnauthorized: false };
  return {
    rejectUnauthorized: true,
    ca: ca ?? tls.getCACertificates("system"),
    ...(ca === undefined ? {} : { allowPartialTrustChain: true }),
  };
}

/** The pinned key stands in for an authority: dates and name count all the same. */
function judgePin(socket: tls.TLSSocket, host: string, pin: string): void {
  const path = signedPath(certificateChain(socket.getPeerCertificate(true)));
  const at = path.findIndex((one) => spkiHash(one) === pin);
  if (at < 0) throw Object.assign(new Error("no certificate has the pinned key"), { code: "PIN" });
  const wrongName = tls.checkServerIdentity(host, socket.getPeerCertificate());
  if (wrongName) throw wrongName;
  for (const { validFrom, validTo } of path.slice(0, at + 1)) {
    if (Date.parse(validTo) < Date.now()) throw Object.assign(new Error("expired"), { code: "CERT_HAS_EXPIRED" });
    if (Date.parse(validFrom) > Date.now()) throw Object.assign(new Error("not yet valid"), { code: "CERT_NOT_YET_VALID" });
  }
}
