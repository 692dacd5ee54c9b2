/** Looks at the org's certificates at enrolment and finds the one whose key the enrolment code pins. Sends nothing. */
import { certificateChain, signedPath, spkiHash } from "@sallyport/contracts";
import { openTls, openTo } from "./connect.ts";
import { LinkError } from "./fault.ts";
import type { TrustMarks } from "./trust.ts";

/** Causes: those of connecting, and `tls.inspected` if no certificate that truly leads to the org's has the pinned key. */
export async function probePin(url: URL, pin: string, route: { proxy: URL | undefined; connectMs: number }): Promise<TrustMarks> {
  const socket = await openTls(await openTo({ url, ...route }), url, route.connectMs);
  try {
    const path = signedPath(certificateChain(socket.getPeerCertificate(true)));
    const pinned = path.find((one) => spkiHash(one).startsWith(pin));
    const top = path.at(-1);
    if (!pinned) {
      throw new LinkError("tls.inspected", "tls", {
        issuer: top?.issuer ?? "",
        pinExpected: pin,
        pinFound: top ? spkiHash(top).slice(0, 32) : "",
      });
    }
    return { pin, anchor: pinned.toString(), issuers: [...new Set(path.map((one) => one.issuer))] };
  } finally {
    socket.destroy();
  }
}
