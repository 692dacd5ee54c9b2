/** Causes of the stage *logon*: how the attempt as a whole went. */
import type { CauseRows } from "./cause.ts";
import { LET_IN, REFUSED, TOO_LONG } from "./person.ts";

export const LOGON = {
  "logon.cancelled": {
    kind: "refusal",
    title: "The person left the logon",
    person: "The logon was cancelled.",
    administrator: "The person closed the prompt, pressed escape or lost the connection before answering. Nothing is wrong.",
    evidence: ["step", "endedBy", "tries", "service"],
    who: "person",
    fix: { any: "Log on again. If people say that they did not leave, look for a connection that breaks off: RDP or ssh client, VPN." },
  },
  "logon.expired": {
    kind: "refusal",
    title: "The logon stayed open too long",
    person: TOO_LONG,
    administrator: "A logon ends ten minutes after it was opened, however far it has come.",
    evidence: ["tries", "service"],
    who: "person",
    fix: { any: "Log on again and answer at once." },
    dependsOn: ["clock.org"],
  },
  "logon.out-of-order": {
    kind: "refusal",
    title: "A step came that the logon does not allow now",
    person: REFUSED,
    administrator:
      "The org was asked for a step that does not follow from the state of this logon: a second window went on with the same logon, or a client does not keep the order.",
    evidence: ["status", "factor"],
    who: "administrator",
    fix: {
      any: "The person logs on again in one window. If it comes back, compare the agent's version in `sallyport host show HOST` with the org's.",
    },
    dependsOn: ["agent.version"],
  },
  "logon.fail-open": {
    kind: "warning",
    title: "A fail mode let a logon in without a second factor",
    person: LET_IN,
    administrator:
      "The org or the agent could not be asked, and the policy says that such a logon may pass with the password alone. The evidence says by which mode and since when.",
    evidence: ["mode", "since", "fault", "policyVersion"],
    who: "administrator",
    fix: {
      any: "Repair what the evidence names, so that people are asked again. If this should never happen, set the mode to `refuse` under `failModes`: `sallyport policy show --app APP > policy.json`, edit, `sallyport policy set policy.json --app APP`.",
    },
    dependsOn: ["net.dns", "net.refused", "net.timeout", "net.unreachable", "http.server-error", "agent.unreachable"],
  },
} as const satisfies CauseRows;
