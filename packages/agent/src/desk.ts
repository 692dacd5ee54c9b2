/** What a conversation needs of the running agent, gathered in one place and made by `run.ts`. */
import type { OrgClock } from "./clock.ts";
import type { Finding } from "./finding.ts";
import type { OrgLink } from "./link/link.ts";
import type { Org } from "./link/org.ts";
import type { Trust } from "./link/trust.ts";
import type { AgentLog } from "./log.ts";
import type { PolicyStore } from "./policy.ts";
import type { Reports } from "./reports.ts";
import type { Settings } from "./settings.ts";
import type { HostIdentity } from "./state/host-identity.ts";
import type { HostState } from "./state/host-state.ts";

/** An enrolled host whose files are all in order. */
export interface Host {
  identity: HostIdentity;
  state: HostState;
  clock: OrgClock;
  trust: Trust;
  link: OrgLink;
  org: Org;
  policy: PolicyStore;
}

export interface Desk {
  settings: Settings;
  log: AgentLog;
  reports: Reports;
  /** The host, or why there is none: every logon is then refused with this finding (S22). */
  host(): { ok: true; host: Host } | { ok: false; finding: Finding };
  /** Since when the org could not be asked, ISO 8601 UTC; set by the first fault, cleared by the next answer. */
  outage: string | undefined;
}
