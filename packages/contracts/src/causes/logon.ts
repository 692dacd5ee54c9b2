/** Causes of the stage *logon*. */
import type { CauseRows } from "./cause.ts";

export const LOGON = {
  "logon.cancelled": {
    kind: "refusal",
    title: "logon.cancelled",
    person: "You could not be logged on. Please try again, or contact support.",
    administrator: "logon.cancelled",
    evidence: [],
    who: "administrator",
    fix: {},
  },
  "logon.expired": {
    kind: "refusal",
    title: "logon.expired",
    person: "You could not be logged on. Please try again, or contact support.",
    administrator: "logon.expired",
    evidence: [],
    who: "administrator",
    fix: {},
  },
  "logon.out-of-order": {
    kind: "refusal",
    title: "logon.out-of-order",
    person: "You could not be logged on. Please try again, or contact support.",
    administrator: "logon.out-of-order",
    evidence: [],
    who: "administrator",
    fix: {},
  },
  "logon.fail-open": {
    kind: "warning",
    title: "logon.fail-open",
    person: "You could not be logged on. Please try again, or contact support.",
    administrator: "logon.fail-open",
    evidence: [],
    who: "administrator",
    fix: {},
  },
} as const satisfies CauseRows;
