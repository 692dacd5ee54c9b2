/** Opens connections to an org and says what it met; sends nothing but one request that everybody may send. */
import { lookup } from "node:dns/promises";
import { request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import { connect as connectTcp, isIP } from "node:net";
import * as tls from "node:tls";

export interface Peer {
  authorized: boolean;
  /** OpenSSL's word for what is wrong with the chain, such as CERT_HAS_EXPIRED. */
  error?: string;
  /** What is wrong with the name, if it is. */
  nameError?: string;
  names: string;
  /** Issuer of the topmost certificate that was shown or found. */
  issuer: string;
  /** The chain ends in an authority that browsers trust, not in one of this machine's own. */
  publicRoot: boolean;
  from: Date;
  to: Date;
  version: string;
}

export interface Reply {
  status: number;
  type: string;
  date?: Date;
  /** By this machine's clock, halfway between question and answer. */
  at: number;
  body: string;
}

export const hostOf = (url: URL) => url.hostname.replace(/^\[|\]$/g, "");
export const portOf = (url: URL) => Number(url.port || (url.protocol === "https:" ? 443 : 80));

/** Addresses as the system's resolver gives them. Rejects with the resolver's own error. */
export async function resolveHost(host: string): Promise<string[]> {
  if (isIP(host)) return [host];
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

/** Rejects with the system's error if no connection comes about. */
export function openTcp(url: URL, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host: hostOf(url), port: portOf(url), autoSelectFamily: true, signal });
    socket.once("connect", () => {
      socket.destroy();
      resolve();
    });
    socket.once("error", reject);
  });
}

/** The store of the system, not Node's own: what the other product trusts on Windows is what the system trusts. */
export function systemRoots(): readonly string[] {
  return [...tls.getCACertificates("system"), ...tls.getCACertificates("extra")];
}

/** Shakes hands and judges nothing: a chain that does not hold is a finding, not an error. */
export function shakeHands(url: URL, signal: AbortSignal): Promise<Peer> {
  const host = hostOf(url);
  return new Promise((resolve, reject) => {
    const socket = tls.connect({
      host,
      port: portOf(url),
      ...(isIP(host) ? {} : { servername: host }),
      rejectUnauthorized: false,
      minVersion: "TLSv1.2",
      ca: [...systemRoots()],
      signal,
    } as tls.ConnectionOptions);
    socket.once("error", reject);
    socket.once("secureConnect", () => {
      const peer = peerOf(socket, host);
      socket.destroy();
      resolve(peer);
    });
  });
}

function peerOf(socket: tls.TLSSocket, host: string): Peer {
  const leaf = socket.getPeerCertificate(true);
  let top = leaf;
  for (let depth = 0; depth < 10 && top.issuerCertificate && top.issuerCertificate !== top; depth++) top = top.issuerCertificate;
  const wrongName = tls.checkServerIdentity(host, leaf);
  // Node's types have an Error here, its implementation a code.
  const error = socket.authorizationError as unknown;
  return {
    authorized: socket.authorized,
    ...(error ? { error: error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : String(error) } : {}),
    ...(wrongName ? { nameError: wrongName.message } : {}),
    names: String(leaf.subjectaltname ?? leaf.subject?.CN ?? "").slice(0, 200),
    issuer: [top.issuer?.O, top.issuer?.CN].flat().filter(Boolean).join(", ").slice(0, 200),
    publicRoot: tls.rootCertificates.includes(pem(top.raw)),
    from: new Date(leaf.valid_from),
    to: new Date(leaf.valid_to),
    version: socket.getProtocol() ?? "",
  };
}

function pem(raw: Buffer | undefined): string {
  const lines = (raw?.toString("base64") ?? "").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----`;
}

const MOST_BODY = 16 << 10;

/** One GET that needs no account. The chain is not judged here: time and kind of the answer are wanted also where it does not hold. */
export function ask(url: URL, path: string, signal: AbortSignal, clock: () => number): Promise<Reply> {
  const request = url.protocol === "https:" ? tlsRequest : plainRequest;
  return new Promise((resolve, reject) => {
    const asked = clock();
    const headers = { accept: "application/json", "user-agent": "sallyport-doctor" };
    const call = request(new URL(path, url), { rejectUnauthorized: false, signal, headers, agent: false }, (response) => {
      const at = (asked + clock()) / 2;
      const parts: Buffer[] = [];
      let length = 0;
      response.on("data", (part: Buffer) => {
        length += part.length;
        if (length <= MOST_BODY) parts.push(part);
        else response.destroy();
      });
      response.once("error", () => {});
      response.once("close", () => {
        const date = new Date(response.headers.date ?? "");
        resolve({
          status: response.statusCode ?? 0,
          type: String(response.headers["content-type"] ?? ""),
          ...(Number.isNaN(date.getTime()) ? {} : { date }),
          at,
          body: Buffer.concat(parts).toString("utf8"),
        });
      });
    });
    call.once("error", reject);
    call.end();
  });
}
