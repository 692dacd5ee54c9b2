/** The browser's session cookie: read, set, taken away. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { readCookie, setCookie } from "../own-cookies.ts";

const SESSION_COOKIE = "__Host-sallyport";

export function cookieOf(request: FastifyRequest): string | undefined {
  return readCookie(request, SESSION_COOKIE);
}

/** Without an age of its own: it ends with the browser, and before that with the session in the org. */
export function setSessionCookie(reply: FastifyReply, token: string): void {
  setCookie(reply, SESSION_COOKIE, token);
}

export function clearSessionCookie(reply: FastifyReply): void {
  setCookie(reply, SESSION_COOKIE, "", 0);
}
