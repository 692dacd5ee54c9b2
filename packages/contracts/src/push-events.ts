/** The events of pushes to phones, a part of the table of events. */
import type { EventRow } from "./events.ts";

export const PUSH_EVENTS = {
  "push.answered": {
    title: "A phone answered a request",
    severity: "info",
    data: ["factor", "asked", "answer", "service", "address"],
  },
  "push.reported": {
    title: "A person said on the phone that a logon is not theirs: requests from there are stopped",
    severity: "warning",
    data: ["factor", "stop", "scope", "service", "address", "reports"],
  },
  "push.stop-lifted": { title: "Requests to a phone are sent again", severity: "warning", data: ["stop", "scope", "address", "reason"] },
  "push.hosts-changed": {
    title: "Push services that an administrator allows were changed",
    severity: "warning",
    data: ["hosts", "before"],
  },
  "push.subscribed": {
    title: "A phone is woken up by a push service from now on, or no longer",
    severity: "info",
    data: ["factor", "service"],
  },
  "push.verifier-set": { title: "A phone asks for its owner's verification at each yes", severity: "info", data: ["factor"] },
} as const satisfies Record<string, EventRow>;
