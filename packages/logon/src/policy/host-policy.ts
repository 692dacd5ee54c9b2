/** The part of an app's policy that a host holds, signed by the org: fail modes, exclusions, permits. */
import type { BreakGlassList, HostPolicy, PolicyDocument, PolicyRule } from "@sallyport/contracts";

/**
 * Becoming another user as root gives root nothing that root has not; refusing it would break cron jobs and package scripts.
 * A document that lists permits has exactly those.
 */
const DEFAULT_PERMITS: HostPolicy["permits"] = [
  { service: "su", method: "root" },
  { service: "runuser", method: "root" },
];

/**
 * Fail modes refuse unless the document opens them. `always` is what no mode may open.
 * @param members of the groups that break-glass names: a host knows no groups of the org, and none of them counts as nobody.
 */
export function hostPolicyOf(document: PolicyDocument, members: Pick<BreakGlassList, "people" | "cut"> = {}): HostPolicy {
  return {
    failModes: { orgUnreachable: "refuse", orgError: "refuse", agentGone: "refuse", ...defined(document.failModes ?? {}) },
    exclusions: document.exclusions ?? [],
    permits: document.permits ?? DEFAULT_PERMITS,
    always: document.rules.filter((rule) => rule.always === true).map(coverage),
    ...defined({ breakGlass: document.breakGlass && listOf(document.breakGlass, members), offline: document.offline }),
  };
}

function listOf(
  { users, groups }: NonNullable<PolicyDocument["breakGlass"]>,
  members: Pick<BreakGlassList, "people" | "cut">,
): BreakGlassList {
  return groups === undefined
    ? defined({ users })
    : { ...defined({ users }), people: members.people ?? [], ...defined({ cut: members.cut }) };
}

/** A host knows service and scenario; every other condition counts as if it held, so that nothing opens that might be covered. */
function coverage(rule: PolicyRule): HostPolicy["always"][number] {
  return defined({ services: rule.if?.services, scenarios: rule.if?.scenarios });
}

function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };
}
