/** What is not as it should be on this host although it refuses nobody by itself: for self-checks and for each logon's record. */
import { LIMITS } from "@sallyport/contracts";
import type { Host } from "./desk.ts";
import { clockFinding, type Finding } from "./finding.ts";
import type { Settings } from "./settings.ts";

export function standingFindings(settings: Settings, { identity }: Pick<Host, "identity">): Finding[] {
  const { signing } = identity;
  const legacy: Finding[] =
    signing.alg === "HS256" ? [{ cause: "client.legacy", evidence: { client: signing.client, app: identity.app } }] : [];
  return [...settings.findings, ...legacy];
}

/** The same with the host's clock as it is now. */
export function findingsNow(settings: Settings, host: Host): Finding[] {
  const off = Math.abs(host.clock.hostOffset()) > LIMITS.clockFindingMs;
  return [...standingFindings(settings, host), ...(off ? [clockFinding(host.clock)] : [])];
}
