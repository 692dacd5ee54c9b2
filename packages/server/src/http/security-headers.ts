/** Headers of every answer (S31): nothing may be framed, sniffed, referred or loaded; a page states its own exception. */
import type { FastifyHelmetOptions } from "@fastify/helmet";

export function securityHeaders(orgUrl: string): FastifyHelmetOptions {
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { "default-src": ["'none'"], "frame-ancestors": ["'none'"], "form-action": ["'none'"], "base-uri": ["'none'"] },
    },
    // Told to browsers only where TLS is certain; on plain loopback http it would lock `localhost` out of other uses.
    strictTransportSecurity: orgUrl.startsWith("https://") ? { maxAge: 31_536_000, includeSubDomains: false } : false,
    referrerPolicy: { policy: "no-referrer" },
    frameguard: { action: "deny" },
    crossOriginResourcePolicy: { policy: "same-origin" },
    crossOriginOpenerPolicy: { policy: "same-origin" },
  };
}

/** The policy of a page that runs our own script: everything from here, nothing inline without the nonce of this very answer. */
export function scriptedPagePolicy(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "connect-src 'self'",
    "img-src 'self' data:",
    "manifest-src 'self'",
    "worker-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

/** A service worker may ask the org, and nobody else. */
export function workerPolicy(): string {
  return "default-src 'none'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";
}

/** The policy of a server-rendered page without any script: one nonced style, images within the page, forms to itself. */
export function pagePolicy(styleNonce: string): string {
  return [
    "default-src 'none'",
    `style-src 'nonce-${styleNonce}'`,
    "img-src 'self' data:",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}
