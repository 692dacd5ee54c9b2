/** Whether a logon may be let in although the org could not be asked: the three fail modes, nothing wider. */
import { type BeginFrame, type CauseId, type FailModeFile, type HostPolicyClaims, LIMITS } from "@sallyport/contracts";
import type { LinkFault } from "./link/fault.ts";

export type Opened = { open: true; mode: "org-unreachable" | "org-error" } | { open: false; cause: CauseId; why: string };

/** Faults of the network before anybody answered. A reset, a captive page, TLS or a proxy never count. */
const UNREACHABLE: ReadonlySet<CauseId> = new Set(["net.dns", "net.refused", "net.timeout", "net.unreachable"]);

export interface FaultyLogon {
  fault: LinkFault;
  begin: BeginFrame["begin"];
  /** A transaction was opened or something was shown: from then on nothing opens. */
  begun: boolean;
  policy: HostPolicyClaims | undefined;
  /** Org time, epoch ms; `undefined` if unknown since boot. */
  now: number | undefined;
}

/** Pure. `cause` of a refusal is the fault's own, or `policy.stale` where only the policy's age stands in the way. */
export function judgeFailMode(logon: FaultyLogon): Opened {
  const { fault, begin, policy } = logon;
  const refuse = (why: string, cause: CauseId = fault.cause): Opened => ({ open: false, cause, why });
  const mode = modeFor(fault);
  if (!mode) return refuse("this kind of fault never opens");
  if (logon.begun) return refuse("a transaction was open or something was shown");
  if (begin.scenario === "elevate") return refuse("elevation never opens");
  if (begin.password === "none") return refuse("nobody checked a password");
  if (!policy) return refuse("no valid signed policy");
  if ((mode === "org-unreachable" ? policy.failModes.orgUnreachable : policy.failModes.orgError) !== "allow")
    return refuse("the mode is set to refuse");
  if (isAlways(policy, begin)) return refuse("a rule is marked always");
  if (!isFresh(policy, logon.now)) return refuse("the signed policy is older than 24 h", "policy.stale");
  return { open: true, mode };
}

/** Nobody was spoken to: the org's name is not known, or nothing answers there. TLS, proxies and answers of any kind are no outage. */
export function isUnreachable(fault: LinkFault): boolean {
  return modeFor(fault) === "org-unreachable";
}

function modeFor(fault: LinkFault): "org-unreachable" | "org-error" | undefined {
  if (fault.viaProxy) return undefined;
  if ((fault.phase === "resolve" || fault.phase === "connect") && UNREACHABLE.has(fault.cause)) return "org-unreachable";
  // 5xx counts only where TLS proved who says so; 501 and 505 speak of the request, 511 of a captive network.
  const failed = fault.status !== undefined && fault.status >= 500 && fault.status <= 599 && ![501, 505, 511].includes(fault.status);
  return failed && fault.phase === "answer" && fault.authenticated ? "org-error" : undefined;
}

function isAlways(policy: HostPolicyClaims, begin: BeginFrame["begin"]): boolean {
  return policy.always.some((one) => (one.services?.includes(begin.service) ?? true) && (one.scenarios?.includes(begin.scenario) ?? true));
}

function isFresh(policy: HostPolicyClaims, now: number | undefined): boolean {
  if (now === undefined) return false;
  return policy.exp * 1000 > now && policy.iat * 1000 > now - LIMITS.openPolicySeconds * 1000;
}

/**
 * What the PAM module, or on Windows the service, may do when the agent is gone. `until` is in epoch seconds of the host's clock, because they have no other:
 * `hostNow` − `orgNow` carries the policy's end over.
 */
export function writeFailMode(
  armed: boolean,
  policy: HostPolicyClaims | undefined,
  orgNow: number | undefined,
  hostNow: number,
): FailModeFile {
  if (!policy || orgNow === undefined || policy.failModes.agentGone !== "allow") return { v: 1, armed, agentGone: "refuse", until: 0 };
  const end = Math.min(policy.exp, policy.iat + LIMITS.openPolicySeconds, orgNow / 1000 + LIMITS.openPolicySeconds);
  const until = Math.floor(end + (hostNow - orgNow) / 1000);
  // They do not know rules: one marked always for what they would open bars the mode as a whole.
  const barred = policy.always.some((one) => !neverOpened(one.services, REMOTE) && !neverOpened(one.scenarios, ["elevate"]));
  return barred ? { v: 1, armed, agentGone: "refuse", until: 0 } : { v: 1, armed, agentGone: "allow", until: Math.max(0, until) };
}

/** What they refuse anyway when the agent is gone (S35). */
const REMOTE = ["xrdp", "rdp", "sshd"];

function neverOpened(covered: string[] | undefined, shut: string[]): boolean {
  return covered?.every((one) => shut.includes(one)) ?? false;
}
