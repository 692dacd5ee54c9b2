/** Where a request comes from, in one spelling, so that a caller is one source whatever the socket calls it. */
import { isIPv4, isIPv6 } from "node:net";
import type { FastifyRequest } from "fastify";

/**
 * IP literal of the TCP peer, or of what a named proxy says of it (S35: nobody else's X-Forwarded-For is read).
 * `local` on the admin socket, which has no address.
 */
export function clientAddressOf(request: FastifyRequest): string {
  return plainAddress(request.ip);
}

/** `::ffff:192.0.2.1` is what a dual-stack socket calls 192.0.2.1; anything that is no address is `unknown`. */
export function plainAddress(address: string | undefined): string {
  if (address === undefined || address === "") return "local";
  const plain = address.startsWith("::ffff:") ? address.slice(7) : address;
  return isIPv4(plain) || isIPv6(plain) ? plain.toLowerCase() : "unknown";
}
