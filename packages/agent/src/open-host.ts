/** Opens an enrolled host: its identity, state, policy and link to the org. */
import { machineClocks, OrgClock, readBootId } from "./clock.ts";
import type { Host } from "./desk.ts";
import type { Finding } from "./finding.ts";
import { OrgLink } from "./link/link.ts";
import { Org } from "./link/org.ts";
import { Transport } from "./link/transport.ts";
import { makeTrust } from "./link/trust.ts";
import { PolicyStore } from "./policy.ts";
import type { Settings } from "./settings.ts";
import { readIdentity } from "./state/host-identity.ts";
import { HostState } from "./state/host-state.ts";

/** Causes: `config.*` of the file that is missing, exposed or broken. A broken kept policy is a finding, not an end: the org sends it anew. */
export async function openHost(
  settings: Settings,
): Promise<{ ok: true; host: Host; findings: Finding[] } | { ok: false; finding: Finding }> {
  const read = await readIdentity(settings);
  if (!read.ok) return read;
  const opened = HostState.read(settings.files.state);
  if (!opened.ok) return opened;
  const { identity } = read;
  const { state } = opened;
  const clock = new OrgClock(machineClocks);
  if (state.value.time) clock.restore(state.value.time, readBootId());
  const policy = new PolicyStore({ folder: settings.files.state, host: identity.host, key: identity.decisionKeys, clock, state });
  const broken = await policy.load();
  const trust = makeTrust(identity.trust, clock, state.value.lastGood);
  const link = openLink(settings, { identity, state, clock, trust });
  return { ok: true, host: { identity, state, clock, trust, link, org: new Org(link), policy }, findings: broken ? [broken] : [] };
}

function openLink(settings: Settings, { identity, state, clock, trust }: Pick<Host, "identity" | "state" | "clock" | "trust">): OrgLink {
  const url = new URL(settings.org);
  const proxy = settings.proxy === undefined ? undefined : new URL(settings.proxy);
  return new OrgLink({
    transport: new Transport({ url, proxy, trust, connectMs: settings.connectMs }),
    clock,
    state,
    signer: { host: identity.host, org: settings.org, signing: identity.signing },
    decisionKeys: identity.decisionKeys,
    answerMs: settings.answerMs,
    secure: url.protocol === "https:",
    viaProxy: proxy !== undefined,
  });
}
