/** What the looks at the way to the org are told about this host; whoever composes a diagnosis gathers it. */

import type { timeAnswer } from "@sallyport/contracts";
import type * as z from "zod";
import type { TimeServer } from "../../probe/sntp.ts";

export interface NetworkFacts {
  /** As `readOrgUrl` gives it. Missing if what was typed is no URL. */
  org: URL;
  /** The URL as it stands in the settings, or was typed, where nobody else has judged its shape. */
  orgTyped?: { value: string; where: string } | undefined;
  /** The forward proxy that the agent uses (CONNECT). */
  proxy?: URL | undefined;
  /** How long the agent waits for each step of the way, in milliseconds; 3000 if left out. */
  connectMs?: number | undefined;
  /** What the host kept of its enrolment; nothing on a host that is not enrolled. */
  trust?: OrgTrust | undefined;
  /** Where to ask for the time besides the org. `asked`: a person named it, so that its silence is not passed over. */
  timeServers?: readonly KnownTimeServer[] | undefined;
}

export interface OrgTrust {
  /** Hex of the first 16 bytes of the SHA-256 of the SPKI of the org's certificate or of a CA above it. */
  pin?: string | undefined;
  /** PEM that the host trusts besides the system's store. */
  anchor?: string | undefined;
  /** Issuers seen at enrolment, as `X509Certificate.issuer` writes them. */
  issuers: readonly string[];
  /** Opens what the org signs. */
  time?: PinnedTime | undefined;
}

/** The org's signed time, opened by the keys that the host pinned: whoever holds these keys makes it. Changes nothing. */
export interface PinnedTime {
  /** Thumbprint (RFC 7638) of the newest decision key that the host knows. */
  newest: string;
  /** `now` in milliseconds since 1970, if the org that the host was enrolled in signed it for this nonce. */
  open(answer: z.output<typeof timeAnswer>, nonce: string): Promise<{ ok: true; now: number } | { ok: false; detail: string }>;
}

export interface KnownTimeServer extends TimeServer {
  /** A file, or the option that named it. */
  from: string;
  asked?: boolean;
}

/** How a person brings what is missing. */
export const BRING_NETWORK: Readonly<Record<"org", string>> = {
  org: "this host knows no usable address of an org",
};
