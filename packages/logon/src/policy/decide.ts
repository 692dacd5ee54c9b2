/** Decides by an app's policy: the first rule that matches; the last one, *ask for a factor*, always does. */
import type { FactorKind, PolicyDocument, PolicyRule } from "@sallyport/contracts";
import { CHECKS, type Situation } from "./checks.ts";

export interface PolicyInput extends Situation {
  document: PolicyDocument;
}

export interface TraceLine {
  rule: string;
  matched: boolean;
  /** Why it did not match; of the deciding rule, what it says. */
  because: string;
  /** The check that did not hold. */
  check?: string;
}

export interface PolicyDecision {
  outcome: "factor" | "allow" | "deny";
  rule: string;
  /** `policy.no-mfa` for allow (a warning), `policy.denies` or `address.unknown` for deny. */
  cause?: "policy.denies" | "policy.no-mfa" | "address.unknown";
  /** Kinds that the rule allows; all if absent. */
  factors?: FactorKind[];
  always: boolean;
  trace: TraceLine[];
}

/** Not written in any document and not to be deleted. */
export const LAST_RULE: PolicyRule = { name: "Ask for a factor", then: "factor" };

export function decidePolicy({ document, ...situation }: PolicyInput): PolicyDecision {
  const trace: TraceLine[] = [];
  let skippedForAddress = false;
  for (const rule of [...document.rules, LAST_RULE]) {
    const verdict = judgeRule(rule, situation);
    const { held, because, check } = verdict;
    if (held === "yes") {
      trace.push({ rule: rule.name, matched: true, because: SAYS[rule.then] });
      return decision(rule, trace, skippedForAddress ? "address.unknown" : "policy.denies");
    }
    trace.push({ rule: rule.name, matched: false, because, check });
    if (held === "no") continue;
    // A rule that denies and cannot be judged must not be slipped past; one that lets in must not be reached without proof.
    if (rule.then === "deny") return decision(rule, trace, ADDRESS_CHECKS.has(check) ? "address.unknown" : "policy.denies");
    skippedForAddress ||= ADDRESS_CHECKS.has(check);
  }
  throw new Error("the last rule matches everything");
}

const SAYS = { factor: "asks for a factor", allow: "lets in without a factor", deny: "denies" } as const;
const ADDRESS_CHECKS = new Set(["zones", "notZones"]);

type Judged = { held: "yes"; because: ""; check: "" } | { held: "no" | "unknown"; because: string; check: string };

/** All checks are looked at: a check that plainly does not hold outweighs one that cannot be judged. */
function judgeRule(rule: PolicyRule, situation: Situation): Judged {
  let open: Judged | undefined;
  for (const check of CHECKS) {
    const verdict = check.judge(rule.if ?? {}, situation);
    if (verdict.held === "no") return { held: "no", because: verdict.because, check: check.name };
    if (verdict.held === "unknown") open ??= { held: "unknown", because: verdict.because, check: check.name };
  }
  return open ?? { held: "yes", because: "", check: "" };
}

function decision(rule: PolicyRule, trace: TraceLine[], denial: "policy.denies" | "address.unknown"): PolicyDecision {
  const cause = rule.then === "deny" ? { cause: denial } : rule.then === "allow" ? { cause: "policy.no-mfa" as const } : {};
  const factors = rule.then === "factor" && rule.factors ? { factors: rule.factors } : {};
  return { outcome: rule.then, rule: rule.name, ...cause, ...factors, always: rule.always === true, trace };
}
