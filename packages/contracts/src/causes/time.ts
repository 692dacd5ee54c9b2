/** Causes of the stage *time*. */
import type { CauseRows } from "./cause.ts";

export const TIME = {
  "clock.host": {
    kind: "refusal",
    title: "clock.host",
    person: "You could not be logged on. Please try again, or contact support.",
    administrator: "clock.host",
    evidence: [],
    who: "administrator",
    fix: {},
  },
  "clock.org": {
    kind: "refusal",
    title: "clock.org",
    person: "You could not be logged on. Please try again, or contact support.",
    administrator: "clock.org",
    evidence: [],
    who: "administrator",
    fix: {},
  },
  "clock.factor": {
    kind: "refusal",
    title: "clock.factor",
    person: "You could not be logged on. Please try again, or contact support.",
    administrator: "clock.factor",
    evidence: [],
    who: "administrator",
    fix: {},
  },
} as const satisfies CauseRows;
