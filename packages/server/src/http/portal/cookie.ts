/** The browser's session cookie: read, set, taken away. */
import type { FastifyReply, FastifyRequest } from "fastify";

/** `__Host-`: only this host, only over TLS (or localhost), for the whole of it; no other site and no subdomain can set it (RFC 6265bis §4.1.3.2). */
export const SESSION_COOKIE = "__Host-sallyport";
const SHAPE = "Path=/; Secure; HttpOnly; SameSite=Lax";

/** Undefined if there is none, or more than one: then nobody knows which is meant. */
export function cookieOf(request: FastifyRequest, name: string = SESSION_COOKIE): string | undefined {
  const found = (request.headers.cookie ?? "")
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
  const [value, other] = found;
  return other === undefined && value !== undefined && /^[A-Za-z0-9_-]{22,128}$/.test(value) ? value : undefined;
}

/** Without an age of its own: it ends with the browser, and before that with the session in the org. */
export function setSessionCookie(reply: FastifyReply, token: string): void {
  reply.header("set-cookie", `${SESSION_COOKIE}=${token}; ${SHAPE}`);
}

export function clearSessionCookie(reply: FastifyReply): void {
  reply.header("set-cookie", `${SESSION_COOKIE}=; Max-Age=0; ${SHAPE}`);
}
