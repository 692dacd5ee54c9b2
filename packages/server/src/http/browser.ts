/** Which browser began: a cookie that no script reads and no other site sets, so that a session token is worth nothing elsewhere (S36). */
import type { FastifyReply, FastifyRequest } from "fastify";
import { random256 } from "../flows/ids.ts";

/** `__Host-`: of this very origin, over TLS (or to localhost), for every path. */
const NAME = "__Host-sallyport-browser";
const VALUE = /^[A-Za-z0-9_-]{43}$/;

/** Value of the cookie that this browser has or gets now; undefined for a program, which sends no `Origin`. */
export function browserOf(request: FastifyRequest): string | undefined {
  return browserCookie(request) ?? (request.headers.origin === undefined ? undefined : random256());
}

/** What the browser brought; undefined if it brought nothing, or nothing of ours. */
export function browserCookie(request: FastifyRequest): string | undefined {
  for (const part of (request.headers.cookie ?? "").split(";")) {
    const [name = "", value = ""] = part.trim().split("=", 2);
    if (name === NAME && VALUE.test(value)) return value;
  }
  return undefined;
}

/** One value for all tabs of a browser, for the time of a few transactions. */
export function keepBrowser(reply: FastifyReply, value: string): void {
  reply.header("set-cookie", `${NAME}=${value}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=3600`);
}
