/** Which browser began: a cookie that no script reads and no other site sets, so that a session token is worth nothing elsewhere (S36). */
import type { FastifyReply, FastifyRequest } from "fastify";
import { random256 } from "../flows/ids.ts";
import { readCookie, setCookie } from "./own-cookies.ts";

const NAME = "__Host-sallyport-browser";
const SECONDS = 3600;

/** Value of the cookie that this browser has or gets now; undefined for a program, which sends no `Origin`. */
export function browserOf(request: FastifyRequest): string | undefined {
  return browserCookie(request) ?? (request.headers.origin === undefined ? undefined : random256());
}

/** What the browser brought; undefined if it brought nothing, or nothing of ours. */
export function browserCookie(request: FastifyRequest): string | undefined {
  return readCookie(request, NAME);
}

/** One value for all tabs of a browser, for the time of a few transactions. */
export function keepBrowser(reply: FastifyReply, value: string): void {
  setCookie(reply, NAME, value, SECONDS);
}
