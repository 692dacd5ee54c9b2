/** By whose word the org knows a server that it sends to: authorities that an administrator gave, or else those of the system. */
import { getCACertificates } from "node:tls";

/** Options of a TLS connection. @param ca PEM; need not go up to a root. */
export function trustedBy(ca: string | undefined) {
  return ca === undefined ? { ca: getCACertificates("system") } : { ca, allowPartialTrustChain: true };
}
