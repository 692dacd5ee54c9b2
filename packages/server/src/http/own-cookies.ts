/** The org's own cookies: each holds 256 random bits, goes to this very origin alone, and is read by no script. */
import type { FastifyReply, FastifyRequest } from "fastify";

/** `__Host-`: only this host, only over TLS (or localhost), for the whole of it; no other site and no subdomain can set it (RFC 6265bis §4.1.3.2). */
export type OwnCookie = `__Host-${string}`;
const SHAPE = "Path=/; Secure; HttpOnly; SameSite=Lax";
/** 32 bytes in base64url. */
const VALUE = /^[A-Za-z0-9_-]{43}$/;

/** Undefined if there is none of ours, or more than one: then nobody knows which is meant. */
export function readCookie(request: FastifyRequest, name: OwnCookie): string | undefined {
  const found = (request.headers.cookie ?? "")
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
  const [value, other] = found;
  return other === undefined && value !== undefined && VALUE.test(value) ? value : undefined;
}

/** @param seconds that it lives; left out, it ends with the browser. */
export function setCookie(reply: FastifyReply, name: OwnCookie, value: string, seconds?: number): void {
  reply.header("set-cookie", `${name}=${value}; ${seconds === undefined ? "" : `Max-Age=${seconds}; `}${SHAPE}`);
}
